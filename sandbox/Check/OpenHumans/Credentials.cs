using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>What must not reach a file: docs/data-way.md §1, "What the ingester changes in a record".</summary>
static partial class Credentials
{
    static readonly FrozenSet<string> Fields = new[]
    {
        "deviceToken", "pushToken", "token", "accessToken", "access_token", "refreshToken", "refresh_token", "sessionToken",
        "jwt", "authorization", "secret", "apiSecret", "api_secret", "password", "passwd",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsField(string name) => Fields.Contains(name);

    /// <summary>Whether the bytes of a string may hold one; most do not, and need not be unescaped then.</summary>
    public static bool MayBeIn(JsonElement text)
    {
        var bytes = text.Bytes();
        return bytes.ContainsAny((byte)'=', (byte)'@') || bytes.IndexOf("eyJ"u8) >= 0 || bytes.IndexOf("\\u"u8) >= 0;
    }

    public static string TakenOut(string text) => WebToken.Replace(UserInAddress.Replace(Parameter.Replace(text, "$1="), "://"), "");

    [GeneratedRegex("""(token|secret)=[^&#"'\s]+""", RegexOptions.IgnoreCase)]
    static partial Regex Parameter { get; }

    [GeneratedRegex("""://[^/?#@"'\s]*@""")]
    static partial Regex UserInAddress { get; }

    [GeneratedRegex(@"eyJ[\w-]+\.[\w-]+\.[\w-]*")]
    static partial Regex WebToken { get; }
}
