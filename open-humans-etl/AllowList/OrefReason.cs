using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OpenHumansEtl.AllowList;

/// <summary>Unit in which a text of a controller gives glucose.</summary>
public enum GlucoseUnit
{
    MgDl,
    MmolL,
}

/// <summary>
/// The text in which oref0 and what descends from it (AAPS, FreeAPS X, iAPS, Trio) explain a decision, over the years:
/// <c>COB: 12, Dev: -5, BGI: -1.2, ISF: 50, CR: 10, Target: 100, minPredBG 90, IOBpredBG 100; Eventual BG 94 >= 90, temp 0.8 ~ req 0.85U/hr</c>.
/// </summary>
/// <remarks>
/// What is kept is nothing but the tokens of the grammar below, in their order, with ", " between them. Numbers have up to three digits before the
/// point and must end where the token ends, so that no telephone number and no part of one passes.
/// </remarks>
public sealed partial class OrefReason
{
    const int Longest = 20_000, MostDecimals = 4;

    static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    static readonly SearchValues<char> InNumbers = SearchValues.Create("-.0123456789");
    static readonly SearchValues<char> AfterLabels = SearchValues.Create(":-0123456789");
    static readonly string[] Arrows = ["→", "->"];

    /// <summary>Targets and what is predicted are kept within limits by the algorithm (39 to 401 mg/dL, 2.2 to 22.3 mmol/L), so the two units do not overlap.</summary>
    static readonly string[] Bounded = ["Target", "IOBpredBG", "COBpredBG", "UAMpredBG"];

    /// <summary>No leading zeros and no plus, which controllers do not write and telephone numbers have.</summary>
    const string N = @"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,17})?(?!\.?[0-9])";

    /// <summary>Behind a token: not another digit, and nothing that joins groups of digits.</summary>
    const string End = @"(?=\s*(?:$|[^\s\p{N}/+:@_\-–]|:(?!\s*[0-9])))";

    const string Rate = @"\s?U/hr?\b";

    const string Labels = @"COB|IOB|Dev|BGI|ISF|CR|Target|TDD|AF|CSF|Autosens\s[Rr]atio|Basal\s[Rr]atio|SMB\s(?:Delivery\s)?Ratio|minPredBG|minGuardBG|minIOBPredBG|minCOBPredBG|minUAMPredBG"
        + @"|IOBpredBG|COBpredBG|UAMpredBG|ZTpredBG|[Ee]ventual\s?BG|naive_eventualBG|minDelta|maxDelta|Delta|Avg\.\sDelta|expectedDelta|[Ii]nsulin\s?[Rr]eq|maxBolus|max_iob|maxIOB|basaliob|carbsReq"
        + @"|[Tt]hreshold";

    /// <summary>Those of <see cref="Labels"/> that are one word.</summary>
    static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> PlainLabels =
        Labels.Split('|').Where(label => label.All(char.IsAsciiLetter)).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    static readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Known = new Dictionary<string, int>(
        new[] { "COB", "Dev", "BGI", "ISF", "CR", "Target", "minPredBG", "minGuardBG", "Eventual BG", "IOBpredBG", "COBpredBG", "UAMpredBG", "insulinReq", "Insulin req", "Autosens ratio" }
            .Select((label, at) => KeyValuePair.Create(label, at)), StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    (decimal? EventualBg, (GlucoseUnit Unit, string Evidence)? Unit)? _unit;

    readonly decimal?[] _numbers = new decimal?[Known.Dictionary.Count];

    OrefReason()
    {
    }

    /// <returns>The canonical text, null when nothing of the text is known. Reducing the canonical text gives itself.</returns>
    public static string? Reduce(string text)
    {
        if (text.Length > Longest)
            return null;
        var reduced = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
            if (IsStart(text, at) && LengthOfToken(text, at) is > 0 and var length)
            {
                Append(text.AsSpan(at, length), reduced.Length == 0 ? reduced : reduced.Append(", "));
                at += length - 1;
            }
        return reduced.Length == 0 ? null : reduced.ToString();
    }

    /// <summary>All tokens begin with one of these, and never within a word or a number.</summary>
    static bool IsStart(string text, int at) =>
        (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '-') && (at == 0 || !(char.IsLetter(text[at - 1]) || char.IsNumber(text[at - 1]) || text[at - 1] is '_' or '.'));

    /// <summary>Most tokens are a label and a number: the grammar is asked about the others.</summary>
    static int LengthOfToken(string text, int at)
    {
        if (LengthOfPlain(text.AsSpan(at)) is > 0 and var length)
            return length;
        foreach (var token in Token().EnumerateMatches(text, at))
            return token.Length;
        return 0;
    }

    /// <returns>Of a label, a number and a comma or a semicolon the length without that; 0 of anything else.</returns>
    static int LengthOfPlain(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExcept(Letters);
        if (end <= 0 || !PlainLabels.Contains(text[..end]))
            return 0;
        end += text[end] == ' ' ? 1 : 0;
        end += Is(text, end, ':') ? 1 : 0;
        end += Is(text, end, ' ') ? 1 : 0;
        end += Is(text, end, '-') ? 1 : 0;
        var whole = Digits(text[end..]);
        if (whole is 0 or > 3 || whole > 1 && text[end] == '0')
            return 0;
        end += whole;
        if (Is(text, end, '.'))
        {
            var decimals = Digits(text[(end + 1)..]);
            if (decimals is 0 or > 17)
                return 0;
            end += 1 + decimals;
        }
        return Is(text, end, ',') || Is(text, end, ';') ? end : 0;

        static bool Is(ReadOnlySpan<char> text, int at, char letter) => at < text.Length && text[at] == letter;

        static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;
    }

    /// <summary>With one blank for several, and four decimals of a number like 9.666666666666666.</summary>
    static void Append(ReadOnlySpan<char> token, StringBuilder reduced)
    {
        var decimals = -1; // before a point
        foreach (var letter in token)
        {
            var isDigit = char.IsAsciiDigit(letter);
            decimals = isDigit && decimals >= 0 ? decimals + 1 : letter == '.' ? 0 : -1;
            if (isDigit && decimals > MostDecimals || char.IsWhiteSpace(letter) && reduced[^1] == ' ')
                continue;
            reduced.Append(char.IsWhiteSpace(letter) ? ' ' : letter);
        }
    }

    /// <param name="reduced">The canonical text.</param>
    public static OrefReason Read(string reduced)
    {
        var reason = new OrefReason();
        var seen = 0;
        foreach (var range in reduced.AsSpan().Split(", "))
        {
            var token = reduced.AsSpan()[range];
            var end = token.IndexOfAny(AfterLabels);
            if (end <= 0 || !Known.TryGetValue(token[..end].TrimEnd(), out var label) || (seen & 1 << label) != 0)
                continue;
            seen |= 1 << label;
            reason._numbers[label] = NumberAt(token[end..].TrimStart(':').TrimStart());
        }
        return reason;
    }

    /// <summary>Where it changes ("50→45") the new one.</summary>
    static decimal? NumberAt(ReadOnlySpan<char> number)
    {
        foreach (var arrow in Arrows)
            if (number.IndexOf(arrow) is var at and >= 0)
                number = number[(at + arrow.Length)..].TrimStart();
        var end = number.IndexOfAnyExcept(InNumbers);
        return decimal.TryParse(end < 0 ? number : number[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>The number behind the first token of that label, null when there is none.</summary>
    /// <param name="label">One of those that columns are made of, like <c>ISF</c>.</param>
    public decimal? Number(string label) => _numbers[Known.Dictionary[label]];

    /// <summary>The unit in which the text gives glucose, and how that is known; none when the text does not tell.</summary>
    /// <param name="eventualBg">The record's own field, always mg/dL, null when it has none.</param>
    public (GlucoseUnit Unit, string Evidence)? UnitOf(decimal? eventualBg)
    {
        if (_unit is not { } known || known.EventualBg != eventualBg) // asked for each column
            _unit = known = (eventualBg, FindUnit(eventualBg));
        return known.Unit;
    }

    (GlucoseUnit Unit, string Evidence)? FindUnit(decimal? eventualBg)
    {
        if (eventualBg is { } mgdl && Math.Abs(mgdl) >= 20 && Number("Eventual BG") is { } written)
        {
            if (Math.Abs(written - mgdl) <= 1)
                return (GlucoseUnit.MgDl, "eventual BG");
            if (Math.Abs(written * 18 - mgdl) <= 2)
                return (GlucoseUnit.MmolL, "eventual BG");
        }
        var (least, most) = (decimal.MaxValue, decimal.MinValue);
        foreach (var label in Bounded)
            if (Number(label) is { } bounded)
                (least, most) = (Math.Min(least, bounded), Math.Max(most, bounded));
        return least >= 2 && most is >= 2 and < 30 ? (GlucoseUnit.MmolL, "range") : least >= 39 && most is >= 39 and < 1000 ? (GlucoseUnit.MgDl, "range") : null;
    }

    [GeneratedRegex($"""
        \G(?:
         maxDelta\s{N}\s?>\s?{N}%\sof\sBG\s{N}{End}
        |(?:{Labels})\s?:?\s?{N}(?:\s?(?:→|->|<=|>=|<|>|=)\s?(?:(?:max_iob|expectedDelta|threshold)\s)?{N})?{End}
        |(?:Eventual\sBG\s)?{N}-{N}\sin\srange\b
        |temp\s{N}\s?[<>~=]+(?:\s[<>~=]+)?\s?(?:req\s)?{N}{Rate}
        |setting\s(?:{N}\s?m\s)?(?:(?:low|zero|neutral|high)\s)?temp(?:\sof\s{N}{Rate})?\b
        |setting\scurrent\sbasal\sof\s{N}\sas\stemp\b
        |setting\s{N}{Rate}
        |{N}\s?m@{N}(?:{Rate})?{End}
        |Microbolusing\s{N}(?:/{N})?\s?U\b
        |Waiting\s{N}\s?m(?:\s{N}\s?s)?\sto\smicrobolus\sagain\b
        |{N}\sadd'l\scarbs\sreq\sw/in\s{N}\s?m\b
        |adj\.\sreq\.\srate:?\s{N}\sto\smaxSafeBasal:?\s{N}{End}
        |{N}%\sBolus\s{N}%\sBasal\b
        |Dynamic\sISF(?:/CR)?:\s(?:On|Off)(?:/(?:On|Off))?\b
        |Sigmoid\sfunction\b|Logarithmic\sformula\b
        |no\stemp\srequired\b|no\stemp\b|in\srange\b|doing\snothing\b
        |cancel(?:l?ing)?\s(?:(?:high|low|zero)\s)?temp\b
        |BG\sdata\sis\stoo\sold\b|CGM\sdata\sis\sunchanged\b|CGM\swas\sjust\scalibrated\b
        )
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
