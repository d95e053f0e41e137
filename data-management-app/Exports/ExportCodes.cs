using System.Security.Cryptography;
using System.Text;
using Nightscout;
using Register;

namespace DataManagementApp.Exports;

/// <summary>Codes that stand for participants and records under a key: a study's, or a release's. Not for several threads at once.</summary>
/// <remarks>A record's code is the block that AES makes of the 128 bits of <see cref="RecordCode"/>, 80 bits of it: to who has not the key as good as a keyed hash, and a tenth of its price.</remarks>
public sealed class ExportCodes : IDisposable
{
    /// <summary>Hex digits.</summary>
    public const int RecordLength = 20;

    public const int BlockLength = RecordCode.Length / 2;

    readonly byte[] _key;
    readonly Aes _aes = Aes.Create();

    /// <param name="key">32 bytes, for instance of <see cref="Accounts.Grants.CodeKey"/>.</param>
    public ExportCodes(byte[] key)
    {
        _key = key;
        _aes.Key = HMACSHA256.HashData(key, "codes of records"u8);
    }

    public string Participant(long participantId) => $"P{DeviceName.Code($"participant/{participantId}", _key)}";

    /// <summary>Of many records at once: there is a block of theirs in the place of each hash then.</summary>
    /// <param name="hashes">The 16 bytes of <see cref="RecordCode.Hash"/> each.</param>
    public void Records(Span<byte> hashes) => _aes.EncryptEcb(hashes, hashes, PaddingMode.None); // one block each, all different: there is no pattern to show

    /// <param name="block">16 bytes, of <see cref="Records"/>.</param>
    /// <param name="code">Of <see cref="RecordLength"/>.</param>
    public static void Write(ReadOnlySpan<byte> block, Span<byte> code) => Convert.TryToHexStringLower(block[..(RecordLength / 2)], code, out _);

    /// <summary>Of a single record.</summary>
    public string Record(long participantId, string collection, string id)
    {
        using var record = new RecordCode(participantId, collection);
        Span<byte> hash = stackalloc byte[BlockLength];
        Span<byte> code = stackalloc byte[RecordLength];
        record.Hash(Encoding.UTF8.GetBytes(id), hash);
        Records(hash);
        Write(hash, code);
        return Encoding.ASCII.GetString(code);
    }

    public void Dispose() => _aes.Dispose();
}
