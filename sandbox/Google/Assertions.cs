using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox;

/// <summary>Checks what a service account signs for an access token, as strictly as Google does (RFC 7523; lifetime at most an hour).</summary>
static class Assertions
{
    const string Scopes = "https://www.googleapis.com/auth/spreadsheets.readonly https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive.readonly";

    static readonly TimeSpan LongestLife = TimeSpan.FromHours(1), ClockSkew = TimeSpan.FromMinutes(5);

    sealed record Header(string Alg, string? Typ, string? Kid);

    sealed record Claims(string Iss, string Scope, string Aud, long Iat, long Exp);

    /// <returns>The account's e-mail, or what is wrong with the assertion, in Google's words.</returns>
    public static (string? Account, string Problem) Check(string assertion, GoogleState state)
    {
        if (assertion.Split('.') is not [var header, var claims, var signature] || Parse<Header>(header) is not { } head || Parse<Claims>(claims) is not { } said)
            return (null, "Bad Request");
        if (head is not { Alg: "RS256", Typ: null or "JWT" })
            return (null, "Invalid JWT: alg must be RS256.");
        if (state.FindAccount(said.Iss) is not { } account)
            return (null, "Invalid grant: account not found");
        if (head.Kid is { } kid && kid != account.KeyId || !IsSigned(account.Key, $"{header}.{claims}", signature))
            return (null, "Invalid JWT Signature.");
        var (now, issued, expires) = (state.Time.GetUtcNow(), DateTimeOffset.FromUnixTimeSeconds(said.Iat), DateTimeOffset.FromUnixTimeSeconds(said.Exp));
        if (issued > now + ClockSkew || expires < now || expires > issued + LongestLife)
            return (null, "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.");
        if (said.Aud != state.TokenUrl.AbsoluteUri)
            return (null, "Invalid JWT: Failed audience check.");
        return said.Scope.Split(' ').Any(scope => Scopes.Split(' ').Contains(scope)) ? (said.Iss, "") : (null, "Invalid OAuth scope or ID token audience provided.");
    }

    static bool IsSigned(RSA key, string signed, string signature) => Base64Url.IsValid(signature)
        && key.VerifyData(Encoding.ASCII.GetBytes(signed), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    static T? Parse<T>(string part) where T : class
    {
        try
        {
            return Base64Url.IsValid(part) ? JsonSerializer.Deserialize<T>(Base64Url.DecodeFromChars(part), JsonSerializerOptions.Web) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
