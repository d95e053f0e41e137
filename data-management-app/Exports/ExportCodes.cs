using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nightscout;
using Register;

namespace DataManagementApp.Exports;

/// <summary>Codes that stand for participants, records, devices and identifiers under a key: a study's, or a release's. Not for several threads at once.</summary>
/// <remarks>A record's code is the block that AES makes of the 128 bits of <see cref="RecordCode"/>, 80 bits of it: to who has not the key as good as a keyed hash, and a tenth of its price.</remarks>
public sealed class ExportCodes : IDisposable
{
    /// <summary>Hex digits.</summary>
    public const int RecordLength = 20;

    public const int BlockLength = RecordCode.Length / 2;

    static readonly SearchValues<byte> InCodes = SearchValues.Create(Encoding.ASCII.GetBytes(DeviceName.Alphabet));

    readonly byte[] _key;
    readonly Aes _aes = Aes.Create(), _aesOfPseudonyms = Aes.Create();
    readonly List<int> _places = [];
    byte[] _blocks = new byte[64 * BlockLength];

    /// <param name="key">32 bytes, for instance of <see cref="Accounts.Grants.CodeKey"/>.</param>
    public ExportCodes(byte[] key)
    {
        _key = key;
        _aes.Key = HMACSHA256.HashData(key, "codes of records"u8);
        _aesOfPseudonyms.Key = HMACSHA256.HashData(key, "pseudonyms of devices and identifiers"u8);
    }

    public string Participant(long participantId) => $"P{DeviceName.Code($"participant/{participantId}", _key)}";

    /// <summary>Of many records at once: there is a block of theirs in the place of each hash then.</summary>
    /// <param name="hashes">The 16 bytes of <see cref="RecordCode.Hash"/> each.</param>
    public void Records(Span<byte> hashes) => _aes.EncryptEcb(hashes, hashes, PaddingMode.None); // one block each, all different: there is no pattern to show

    /// <param name="block">16 bytes, of <see cref="Records"/>.</param>
    /// <param name="code">Of <see cref="RecordLength"/>.</param>
    public static void Write(ReadOnlySpan<byte> block, Span<byte> code) => Convert.TryToHexStringLower(block[..(RecordLength / 2)], code, out _);

    /// <summary>Puts the study's pseudonyms in the place of the warehouse's, which are as long: what stands for a device or an identifier in two studies is not the same.</summary>
    public void Pseudonyms(Span<byte> text)
    {
        _places.Clear();
        for (var at = 0; text[at..].IndexOf((byte)DeviceName.Mark[0]) is >= 0 and var found;)
        {
            at += found + 1;
            if (text.Length - at < DeviceName.CodeLength || text.Slice(at, DeviceName.CodeLength).ContainsAnyExcept(InCodes))
                continue;
            if (_blocks.Length == _places.Count * BlockLength)
                Array.Resize(ref _blocks, 2 * _blocks.Length);
            var block = Block(_places.Count);
            block.Clear();
            text.Slice(at, DeviceName.CodeLength).CopyTo(block);
            _places.Add(at);
            at += DeviceName.CodeLength;
        }
        var blocks = _blocks.AsSpan(0, _places.Count * BlockLength);
        _aesOfPseudonyms.EncryptEcb(blocks, blocks, PaddingMode.None);
        for (var number = 0; number < _places.Count; number++)
        {
            var bits = BinaryPrimitives.ReadUInt64LittleEndian(Block(number));
            for (var i = 0; i < DeviceName.CodeLength; i++, bits >>= 5)
                text[_places[number] + i] = (byte)DeviceName.Alphabet[(int)(bits & 31)];
        }

        Span<byte> Block(int number) => _blocks.AsSpan(number * BlockLength, BlockLength);
    }

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

    public void Dispose()
    {
        _aes.Dispose();
        _aesOfPseudonyms.Dispose();
    }
}
