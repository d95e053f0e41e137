using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox;

/// <summary>What a signed embedding token names.</summary>
/// <param name="Params">Slug to value.</param>
sealed record MetabaseToken(JsonElement Resource, IReadOnlyDictionary<string, JsonElement> Params)
{
    static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    /// <summary>Checks as Metabase does: HS256 by the text of the key's hexadecimal digits, and the time with a minute's leeway.</summary>
    /// <exception cref="MetabaseRefusal">With Metabase's own words.</exception>
    public static MetabaseToken Read(string token, string? secretKey, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(secretKey))
            throw new MetabaseRefusal("The embedding secret key has not been set.");
        if (token.Split('.') is not [{ } head, { } body, { } signature])
            throw new MetabaseRefusal("Message seems corrupt or manipulated");
        var header = Parse(head);
        if (!header.TryGetProperty("alg", out var algorithm) || algorithm.GetString() == "none")
            throw new MetabaseRefusal("JWT is missing `alg`.");
        var expected = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secretKey), Encoding.ASCII.GetBytes($"{head}.{body}")));
        if (algorithm.GetString() != "HS256" || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(signature)))
            throw new MetabaseRefusal("Message seems corrupt or manipulated");
        var claims = Parse(body);
        if (claims.TryGetProperty("exp", out var expires) && DateTimeOffset.FromUnixTimeSeconds(expires.GetInt64()) + Leeway < now)
            throw new MetabaseRefusal($"Token is expired ({expires.GetInt64()})");
        if (!claims.TryGetProperty("resource", out var resource))
            throw new MetabaseRefusal("Token is missing value for keypath [:resource]");
        if (!claims.TryGetProperty("params", out var values) || values.ValueKind != JsonValueKind.Object)
            throw new MetabaseRefusal("Token is missing value for keypath [:params]");
        return new(resource, values.EnumerateObject().ToDictionary(value => value.Name, value => value.Value));
    }

    static JsonElement Parse(string part)
    {
        try
        {
            return JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;
        }
        catch (Exception problem) when (problem is FormatException or JsonException)
        {
            throw new MetabaseRefusal("Message seems corrupt or manipulated");
        }
    }
}

/// <summary>400 with nothing but the message, as every failure under <c>/api/embed</c>.</summary>
sealed class MetabaseRefusal(string message) : Exception(message);
