using System.Security.Cryptography;
using System.Text;

namespace Register;

/// <summary>
/// A record's name in raw lines and the base of its code in exports. Computed from what the typed row holds too, so that a record has one code
/// whichever way it is exported.
/// </summary>
public static class RecordCode
{
    /// <returns>32 hex digits.</returns>
    public static string Of(long participantId, string collection, string id) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{participantId}/{collection}/{id}")).AsSpan(0, 16));
}
