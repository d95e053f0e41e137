using System.Globalization;

namespace Sandbox;

/// <summary>Times and integers as JavaScript reads them.</summary>
static class MomentText
{
    /// <summary>Text without a zone counts as UTC, which is where servers run.</summary>
    /// <returns>Null for what is no time.</returns>
    public static DateTimeOffset? Parse(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    /// <summary>The leading digits: <c>1e6</c> is 1, <c>50.9</c> is 50, <c>abc</c> is nothing (contract §1).</summary>
    public static long? ParseInt(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var sign = trimmed.StartsWith("-") || trimmed.StartsWith("+") ? 1 : 0;
        var end = sign;
        while (end < trimmed.Length && char.IsAsciiDigit(trimmed[end]))
            end++;
        return long.TryParse(trimmed[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
