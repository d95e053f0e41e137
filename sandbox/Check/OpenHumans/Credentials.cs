using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>What must not reach a file: docs/scrubbing.md.</summary>
static partial class Credentials
{
    static readonly SearchValues<byte> Signs = SearchValues.Create("=@:% \\"u8);

    public static bool IsField(string name) => FieldName.IsMatch(Filler.Replace(name, ""));

    /// <summary>Whether the bytes of a string may hold one; most do not, and need not be unescaped then.</summary>
    public static bool MayBeIn(JsonElement text)
    {
        var bytes = text.Bytes();
        return bytes.ContainsAny(Signs) || bytes.IndexOf("eyJ"u8) >= 0;
    }

    public static string TakenOut(string text)
    {
        text = Parameter.Replace(text, "$1");
        text = LinkParameter.Replace(text, "$1");
        text = Header.Replace(text, "$1");
        text = CutField.Replace(text, "$1");
        text = Bearer.Replace(text, "$1");
        text = UserInAddress.Replace(text, "://");
        text = WebToken.Replace(text, "");
        return AccessToken.Replace(text, "");
    }

    /// <summary>The JSON object or list that a text is, null when it is another text.</summary>
    public static JsonDocument? Inside(string text)
    {
        if (text.TrimStart() is not ['{' or '[', ..])
            return null;
        try
        {
            return JsonDocument.Parse(text, new() { MaxDepth = 128 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex("[-_. ]")]
    static partial Regex Filler { get; }

    [GeneratedRegex("((token|secret|password|credential)s?|(token|secret|password)hash|secretsha1|passwd|passphrase|authorization|jwt|(api|auth|access|private|secret|shared|user|maker|pushover)key)$|^(auth|bearer|(set)?cookie|cookies|otp|pushover(user)?)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex FieldName { get; }

    [GeneratedRegex("""((token|secret|passw(or)?d|passphrase|api[-_]?key|jwt)( ?= ?|%3D))[^&#"'\s]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex Parameter { get; }

    [GeneratedRegex("""([?&](auth|key|pw|pwd|sig|signature|session|sid|code)=)[^&#"'\s]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex LinkParameter { get; }

    [GeneratedRegex("""((api[-_ ]?(secret|key)|passw(or)?d|passphrase|authorization)["']?\s?:\s?["']?)((basic|bearer)\s)?[^"',;&\s]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex Header { get; }

    [GeneratedRegex("""("\w*(token|secret)"\s?:\s?")[^"]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex CutField { get; }

    [GeneratedRegex(@"(\bbearer\s)(?=\S*\d)[\w.~+/=-]{8,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    static partial Regex Bearer { get; }

    [GeneratedRegex("""://[^/?#"'\s]*@""")]
    static partial Regex UserInAddress { get; }

    [GeneratedRegex(@"\b(?<!-)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")]
    static partial Regex WebToken { get; }

    [GeneratedRegex(@"(?<=\s)[a-z0-9]{1,10}-[0-9a-f]{16}(?=$|[\s.,;!?)])|^[a-z0-9]{1,10}-[0-9a-f]{16}(?=\s)")]
    static partial Regex AccessToken { get; }
}
