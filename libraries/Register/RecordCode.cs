using System.Security.Cryptography;
using System.Text;

namespace Register;

/// <summary>
/// A record's name in raw lines and the base of its code in exports. Computed from what the typed row holds too, so that a record has one code
/// whichever way it is exported.
/// </summary>
public sealed class RecordCode(long participantId, string collection) : IDisposable
{
    /// <summary>Hex digits, which are bytes of ASCII.</summary>
    public const int Length = 32;

    readonly byte[] _prefix = Encoding.UTF8.GetBytes($"{participantId}/{collection}/");
    readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256); // kept: threads that hash at once wait for each other when one is made

    /// <summary>Of a single record.</summary>
    public static string Of(long participantId, string collection, string id)
    {
        using var code = new RecordCode(participantId, collection);
        Span<byte> written = stackalloc byte[Length];
        code.Write(id, written);
        return Encoding.ASCII.GetString(written);
    }

    /// <param name="code">Of <see cref="Length"/>, for the hex digits.</param>
    public void Write(string id, Span<byte> code)
    {
        Span<byte> text = stackalloc byte[256];
        Span<byte> hash = stackalloc byte[Length / 2];
        Hash(Encoding.UTF8.TryGetBytes(id, text, out var length) ? text[..length] : Encoding.UTF8.GetBytes(id), hash);
        Convert.TryToHexStringLower(hash, code, out _);
    }

    /// <param name="id">UTF-8.</param>
    /// <param name="hash">Of half <see cref="Length"/>: the bytes whose hex digits the code is.</param>
    public void Hash(ReadOnlySpan<byte> id, Span<byte> hash)
    {
        Span<byte> text = stackalloc byte[256];
        Span<byte> whole = stackalloc byte[32];
        _prefix.CopyTo(text);
        _sha256.AppendData(id.TryCopyTo(text[_prefix.Length..]) ? text[..(_prefix.Length + id.Length)] : [.. _prefix, .. id]);
        _sha256.GetHashAndReset(whole);
        whole[..hash.Length].CopyTo(hash);
    }

    public void Dispose() => _sha256.Dispose();
}
