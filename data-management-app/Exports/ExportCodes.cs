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

    const int BlockLength = RecordCode.Length / 2;

    readonly byte[] _key, _in = new byte[BlockLength], _out = new byte[BlockLength];
    readonly ICryptoTransform _cipher;

    /// <param name="key">32 bytes, for instance of <see cref="Accounts.Grants.CodeKey"/>.</param>
    public ExportCodes(byte[] key)
    {
        _key = key;
        using var aes = Aes.Create();
        (aes.Mode, aes.Padding, aes.Key) = (CipherMode.ECB, PaddingMode.None, HMACSHA256.HashData(key, "codes of records"u8)); // one block each: there is no pattern to show
        _cipher = aes.CreateEncryptor();
    }

    public string Participant(long participantId) => $"P{DeviceName.Code($"participant/{participantId}", _key)}";

    /// <param name="hash">The 16 bytes of <see cref="RecordCode.Hash"/>.</param>
    /// <param name="code">Of <see cref="RecordLength"/>.</param>
    public void Record(ReadOnlySpan<byte> hash, Span<byte> code)
    {
        hash.CopyTo(_in);
        _cipher.TransformBlock(_in, 0, BlockLength, _out, 0);
        Convert.TryToHexStringLower(_out.AsSpan(0, RecordLength / 2), code, out _);
    }

    /// <summary>Of a single record.</summary>
    public string Record(long participantId, string collection, string id)
    {
        using var record = new RecordCode(participantId, collection);
        Span<byte> hash = stackalloc byte[BlockLength];
        Span<byte> code = stackalloc byte[RecordLength];
        record.Hash(Encoding.UTF8.GetBytes(id), hash);
        Record(hash, code);
        return Encoding.ASCII.GetString(code);
    }

    public void Dispose() => _cipher.Dispose();
}
