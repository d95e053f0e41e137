using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>The JSON Web Tokens of one site: HS256 over the access token, in whole seconds (contract §3).</summary>
sealed class Jwts
{
    static readonly TimeSpan Life = TimeSpan.FromHours(8);
    static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    volatile byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The key is made at install, so a redeploy ends every JWT before its time.</summary>
    public void ChangeKey() => _key = RandomNumberGenerator.GetBytes(32);

    /// <returns>The JWT and its times in Unix seconds.</returns>
    public (string Jwt, long IssuedAt, long Expires) Issue(string accessToken, DateTimeOffset now)
    {
        var (issuedAt, expires) = (now.ToUnixTimeSeconds(), (now + Life).ToUnixTimeSeconds());
        var claims = new JsonObject { ["accessToken"] = accessToken, ["iat"] = issuedAt, ["exp"] = expires };
        var signed = $"{Header}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return ($"{signed}.{Signature(signed)}", issuedAt, expires);
    }

    /// <returns>The access token within; null for a JWT that is over or was never issued with this key.</returns>
    public string? AccessToken(string jwt, DateTimeOffset now)
    {
        if (jwt.LastIndexOf('.') is not (> 0 and var end) || jwt[(end + 1)..] != Signature(jwt[..end]))
            return null;
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(jwt.AsSpan(Header.Length + 1, end - Header.Length - 1)))!;
        return now.ToUnixTimeSeconds() < (long)claims["exp"]! ? (string)claims["accessToken"]! : null;
    }

    string Signature(string signed) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(signed)));
}
