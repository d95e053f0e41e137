using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MetabaseProvisioner;

/// <summary>Signs a dashboard as the portal does, to see whether it can be embedded.</summary>
static class EmbedToken
{
    /// <summary>HS256; the key is the text of the hexadecimal digits, not the bytes they stand for.</summary>
    public static string Of(long dashboard, string project, string secretKey, DateTimeOffset expires)
    {
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Encode(JsonSerializer.SerializeToUtf8Bytes(new { resource = new { dashboard }, @params = new { project }, exp = expires.ToUnixTimeSeconds() }))}";
        return $"{signed}.{Encode(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secretKey.Trim()), Encoding.ASCII.GetBytes(signed)))}";

        static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
    }
}
