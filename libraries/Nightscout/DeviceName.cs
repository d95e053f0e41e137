using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Nightscout;

/// <summary>
/// Names of devices and of people who entered something ("loop://Ann's iPhone", "openaps://edison1", "Mum") as stable pseudonyms:
/// the same name gives the same pseudonym under the same key, and what tells the app or sensor family stays readable.
/// </summary>
public static partial class DeviceName
{
    /// <summary>Stands before each pseudonym of the warehouse, and nowhere else before ten such characters: by it exports find them and put others, of the study, in their place.</summary>
    public const string Mark = "~";

    /// <summary>Characters of a code.</summary>
    public const int CodeLength = 10;

    /// <summary>What codes are written with.</summary>
    public const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <param name="mark">What stands before the ten characters.</param>
    /// <returns><c>family</c> for a name that is only that, else <c>family://xxxxxxxxxx</c>, <c>family-xxxxxxxxxx</c> or <c>xxxxxxxxxx</c>.</returns>
    public static string Pseudonym(string name, ReadOnlySpan<byte> key, string mark = "")
    {
        if (name.Length == 0 || Product().IsMatch(name))
            return name;
        if (Scheme().Match(name) is { Success: true } scheme)
            return scheme.Value + mark + Code(name, key);
        if (Family().Match(name) is { Success: true } family)
            return $"{family.Value.TrimEnd('-', ' ')}-{mark}{Code(name, key)}";
        return mark + Code(name, key);
    }

    /// <summary>Ten characters a-z 2-7 (48 bits) that stand for the text under the key.</summary>
    public static string Code(string text, ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text), hash);
        var bits = BitConverter.ToUInt64(hash);
        return string.Create(CodeLength, bits, static (code, bits) =>
        {
            for (var i = 0; i < code.Length; i++, bits >>= 5)
                code[i] = Alphabet[(int)(bits & 31)];
        });
    }

    /// <summary>Names of products alone: they say nothing of a person.</summary>
    [GeneratedRegex("""
        ^(share2|dexcom|xdrip\+?|xdrip4ios|xdripswift|spike|loop|openaps|oref0|androidaps|aaps|nsclient|trio|iaps|freeaps([ ]x)?|nightscout|careportal
        |nightscout-librelink-up|nightscout-connect|librelink(up)?|minimed-connect|carelink|medtronic|omnipod|tandem|tidepool|glooko|dexcom-bridge
        |(xdrip|androidaps|trio|spike)-(dexcomg[4-7]|libre[23]?|limitter|eversense|medtrum(a6|s7|nano)?|follower|nsfollow(er)?|sharefollow(er)?|g[4-7])([ ]g[4-7])?([ ]native)?)$
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Product();

    [GeneratedRegex("^(openaps|loop|medtronic|dexcom|omnipod|tandem|connect|share2|trio|xdrip|androidaps)://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    /// <summary>A word of its own: Triona is a person.</summary>
    [GeneratedRegex("""
        ^(connect-|libre/0
        |((xdrip|androidaps|spike|trio)-(dexcomg[4-7]|libre[23]?|limitter|eversense|medtrum|follower)?|xdrip4ios|xdrip|androidaps|openaps|loop|trio|iaps|freeaps
        |nightscout-librelink-up|nightscout-connect|nightscout|minimed-connect|libre|miaomiao|bubble|dexcom|share2|medtronic|omnipod|tandem)(?!\p{L}))
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Family();
}
