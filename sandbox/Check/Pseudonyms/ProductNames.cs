using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>Names of devices and apps: what tells the product may stay, what may name a person may not.</summary>
/// <remarks>From docs/scrubbing.md and the names that uploaders are known to send.</remarks>
static partial class ProductNames
{
    /// <summary>Must be recognisable afterwards.</summary>
    static readonly string[] Families =
        ["loop://", "openaps://", "loop", "openaps", "share2", "trio", "xdrip", "androidaps", "nightscout-librelink-up", "nightscout", "connect"];

    /// <summary>Alone they are no one's name and stay.</summary>
    static readonly HashSet<string> Alone = new(StringComparer.OrdinalIgnoreCase) { "share2", "Trio", "xDrip-DexcomG6" };

    static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        "loop", "openaps", "oref0", "oref1", "aps", "aaps", "aapsclient", "androidaps", "androidapsclient", "nsclient", "trio", "iaps", "freeaps", "freeapsx", "fax", "x",
        "xdrip", "xdrip4ios", "xdripswift", "xdripjs", "xdripplus", "spike", "glimp", "diabox", "juggluco", "sugarmate", "tidepool", "mobile", "follow", "follower",
        "share", "share2", "dexcom", "dexcomg4", "dexcomg5", "dexcomg6", "dexcomg7", "dexcomone", "g4", "g5", "g6", "g7", "one", "native", "xg5", "cgm", "cgmblekit",
        "libre", "libre2", "libre3", "freestyle", "freestylelibre", "librelink", "librelinkup", "libreoop", "libreblock", "limitter", "up", "bluereader", "miaomiao", "bubble",
        "blucon", "nightscout", "connect", "dexcomshare", "minimed", "minimedconnect", "carelink", "medtronic", "mm", "enlite", "guardian", "eversense", "medtrum",
        "omnipod", "dash", "eros", "tandem", "dana", "danar", "danars", "danai", "tconnectsync", "glooko", "accuchek", "insight", "combo", "animas", "ypsopump",
        "uploader", "client", "careportal", "web", "android", "ios", "ns", "bridge", "remote", "via", "command", "pump", "system", "bolus", "wizard", "unknown",
    };

    public static bool IsPseudonym(string text) => Pseudonym.IsMatch(text);

    /// <returns>What is wrong with the pseudonym of the name, null when nothing is.</returns>
    public static string? Wrong(string original, string found)
    {
        if (Array.Find(Families, family => StartsWithWord(original, family)) is { } family && !StartsWithWord(found, family))
            return "the product cannot be recognised";
        if (Alone.Contains(original) && found != original)
            return "the name of a product alone stays";

        var pseudonyms = 0;
        foreach (var token in Token.EnumerateMatches(found))
        {
            var word = found[token.Index..(token.Index + token.Length)];
            if (IsHarmless(word) && original.Contains(word, StringComparison.OrdinalIgnoreCase))
                continue;
            if (found == original)
                return "a name is left as it was";
            if (!IsPseudonym(word))
                return "more than the product stays";
            pseudonyms++;
        }
        return pseudonyms == 0 && found != original ? "neither the name nor a pseudonym" : null;
    }

    static bool IsHarmless(string word) => Words.Contains(word) || Version.IsMatch(word);

    static bool StartsWithWord(string text, string word) =>
        text.StartsWith(word, StringComparison.OrdinalIgnoreCase)
        && (word.EndsWith('/') || text.Length == word.Length || !char.IsLetterOrDigit(text[word.Length]));

    [GeneratedRegex("^[a-z0-9]{10}$")]
    static partial Regex Pseudonym { get; }

    [GeneratedRegex(@"\d+(\.\d+)+|[\p{L}\p{M}\p{N}]+")]
    static partial Regex Token { get; }

    // More digits or points may be a year, a serial, a telephone number or an address.
    [GeneratedRegex(@"^\d{1,3}(\.\d{1,3}){0,2}$")]
    static partial Regex Version { get; }
}
