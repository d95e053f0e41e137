using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Register;

/// <summary>
/// A record's name in raw lines and the base of its code in exports. Computed from what the typed row holds too, so that a record has one code
/// whichever way it is exported.
/// </summary>
public static class RecordCode
{
    /// <returns>32 hex digits.</returns>
    public static string Of(long participantId, string collection, string id)
    {
        Span<byte> code = stackalloc byte[Length];
        Write(participantId, collection, id, code);
        return Encoding.ASCII.GetString(code);
    }

    /// <param name="code">32 bytes, for its hex digits.</param>
    public static void Write(long participantId, string collection, string id, Span<byte> code)
    {
        Span<byte> name = stackalloc byte[1024];
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Utf8.TryWrite(name, $"{participantId}/{collection}/{id}", out var written) ? name[..written] : Encoding.UTF8.GetBytes($"{participantId}/{collection}/{id}"), hash);
        Convert.TryToHexStringLower(hash[..16], code, out _);
    }

    const int Length = 32;
}
