using System.Globalization;
using System.Text.RegularExpressions;

namespace Demographics;

/// <summary>Height and weight as people write them.</summary>
public static partial class Body
{
    const decimal CmPerFoot = 30.48m, CmPerInch = 2.54m, KgPerPound = 0.45359237m, KgPerStone = 6.35029318m;

    /// <summary>Reads 5'10", 5 ft 10, 5 10, 70 inches, 178cm, 178, 1.78, 1,78 m, 1m78.</summary>
    /// <returns>Centimetres, and whether they were given in metric units; null when no unit makes sense of it (a bare 71).</returns>
    public static (decimal Cm, bool Metric)? Height(string? text)
    {
        if (text is null)
            return null;
        var plain = Plain(text);
        if (Centimetres().Match(plain) is { Success: true } cm)
            return (Value(cm, 1), true);
        if (MetresAndCentimetres().Match(plain) is { Success: true } split)
            return (Value(split, 1) * 100 + Value(split, 2), true);
        if (Metres().Match(plain) is { Success: true } metres)
            return (Value(metres, 1) * 100, true);
        if ((Feet().Match(plain) is { Success: true } named ? named : FeetByPosition().Match(plain)) is { Success: true } feet && Value(feet, 2) + Half(feet, 3) < 12)
            return (Value(feet, 1) * CmPerFoot + (Value(feet, 2) + Half(feet, 3)) * CmPerInch, false);
        if (Inches().Match(plain) is { Success: true } inches)
            return ((Value(inches, 1) + Half(inches, 2)) * CmPerInch, false);
        return Bare().Match(plain) is { Success: true } bare ? Value(bare, 1) switch
        {
            >= 100 and <= 250 and var whole => (whole, true),
            >= 1 and <= 2.5m and var small => (small * 100, true),
            _ => null,
        } : null;
    }

    /// <summary>Reads 80 kg, 176 lbs, 12 st 8, 12 stone; a bare number in the units the height was given in.</summary>
    /// <param name="metric">Of the height; null: unknown.</param>
    /// <returns>Kilograms; null when the unit is missing and unknown.</returns>
    public static decimal? Weight(string? text, bool? metric)
    {
        if (text is null)
            return null;
        var plain = Plain(text);
        if (Kilograms().Match(plain) is { Success: true } kg)
            return Value(kg, 1);
        if (Stones().Match(plain) is { Success: true } stones)
            return Value(stones, 1) * KgPerStone + Value(stones, 2) * KgPerPound;
        if (Pounds().Match(plain) is { Success: true } pounds)
            return Value(pounds, 1) * KgPerPound;
        return Bare().Match(plain) is { Success: true } bare && metric is { } known ? Value(bare, 1) * (known ? 1 : KgPerPound) : null;
    }

    static string Plain(string text) => Quotes().Replace(text.ToLowerInvariant().Replace(',', '.').Replace("1/2", "½"), match => match.Value is "\"" or "”" or "“" or "″" or "''" or "’’" or "′′" ? "\"" : "'");

    static decimal Value(Match match, int group) =>
        match.Groups[group].Length > 0 ? decimal.Parse(match.Groups[group].Value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) : 0;

    static decimal Half(Match match, int group) => match.Groups[group].Length > 0 ? 0.5m : 0;

    [GeneratedRegex(@"''|’’|′′|[""”“″'’‘′´`]")]
    private static partial Regex Quotes();

    [GeneratedRegex(@"(?<![\d.])(\d{2,3}(?:\.\d+)?)\s*(?:cm|centim)")]
    private static partial Regex Centimetres();

    [GeneratedRegex(@"(?<![\d.])([12])\s*m(?:etres?|eters?)?\s*(\d{2})(?!\d)")]
    private static partial Regex MetresAndCentimetres();

    [GeneratedRegex(@"(?<![\d.])([0-2]?\.\d{1,3}|[12])\s*m(?:t|ts|tr|trs|etres?|eters?|etros?)?\b")]
    private static partial Regex Metres();

    [GeneratedRegex(@"(?<![\d.])([1-8])\s*(?:'|-?\s*f(?:oo|ee)?t\b\.?|ft)\s*(?:and\s*)?(\d{1,2}(?:\.\d+)?)?\s*(½)?(?!\d)")]
    private static partial Regex Feet();

    [GeneratedRegex(@"^\s*([3-8])(?:\s+|\s*-\s*)(\d{1,2}(?:\.\d+)?)\s*(½)?\s*(?:""|in(?:ch(?:es)?)?\.?)?\s*$")]
    private static partial Regex FeetByPosition();

    [GeneratedRegex(@"(?<![\d.'])(\d{2}(?:\.\d+)?)\s*(½)?\s*(?:""|in\b|inch)")]
    private static partial Regex Inches();

    [GeneratedRegex(@"^\s*(\d{1,3}(?:\.\d+)?)\s*\.?\s*$")]
    private static partial Regex Bare();

    [GeneratedRegex(@"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s*(?:kg|kilo|k\b)")]
    private static partial Regex Kilograms();

    [GeneratedRegex(@"(?<![\d.])(\d{1,2}(?:\.\d+)?)\s*st(?:ones?)?\.?\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:lbs?|pounds?)?)?")]
    private static partial Regex Stones();

    [GeneratedRegex(@"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s*(?:lb|pound|#)")]
    private static partial Regex Pounds();
}
