using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>Decimal numbers of any length by value: 1.50, +1.5 and 15e-1 are one text, so none is lost to a double or a decimal.</summary>
static partial class DecimalText
{
    const int LongestExponent = 400;

    /// <returns>Null for what is no number.</returns>
    public static string? Of(string text)
    {
        var number = Number.Match(text);
        if (!number.Success || number.Groups["e"].Length > 5)
            return null;
        var exponent = number.Groups["e"].Success ? int.Parse(number.Groups["e"].ValueSpan) : 0;
        if (Math.Abs(exponent) > LongestExponent)
            return null;

        var whole = number.Groups["whole"].Value;
        var digits = whole + number.Groups["fraction"].Value;
        var point = whole.Length + exponent;
        if (point < 0)
            (digits, point) = (new string('0', -point) + digits, 0);
        else if (point > digits.Length)
            digits = digits.PadRight(point, '0');

        var before = digits[..point].TrimStart('0');
        var after = digits[point..].TrimEnd('0');
        if (before.Length + after.Length == 0)
            return "0";
        return (number.Groups["sign"].Value == "-" ? "-" : "") + (before.Length == 0 ? "0" : before) + (after.Length == 0 ? "" : "." + after);
    }

    [GeneratedRegex(@"^(?<sign>[+-])?(?=\.?\d)(?<whole>\d*)(\.(?<fraction>\d*))?([eE](?<e>[+-]?\d+))?$", RegexOptions.ExplicitCapture)]
    static partial Regex Number { get; }
}
