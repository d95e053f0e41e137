using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ServiceDefaults;

/// <summary>Signs a dashboard of Metabase: a JSON Web Token, HS256. It names one dashboard and one value of its locked parameter <c>project</c>; Metabase checks it with every request.</summary>
public static class EmbedToken
{
    /// <param name="project">openaps, nsf or all.</param>
    /// <param name="secretKey">Metabase's embedding secret, 64 hexadecimal digits. The key is the text of the digits, not the bytes they stand for.</param>
    public static string Of(long dashboard, string project, string secretKey, DateTimeOffset expires)
    {
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Encode(JsonSerializer.SerializeToUtf8Bytes(new { resource = new { dashboard }, @params = new { project }, exp = expires.ToUnixTimeSeconds() }))}";
        return $"{signed}.{Encode(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secretKey.Trim()), Encoding.ASCII.GetBytes(signed)))}";

        static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
    }
}
