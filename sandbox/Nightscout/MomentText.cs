using System.Globalization;

namespace Sandbox;

/// <summary>Times and integers as JavaScript reads them.</summary>
static class MomentText
{
    const double Year2000 = 946684800000;
    const double Year10000 = 253402300800000;

    /// <summary>Text without a zone counts as UTC, which is where servers run.</summary>
    /// <returns>Null for what is no time.</returns>
    public static DateTimeOffset? Parse(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>As API v3 takes a time: text with a zone or without, or a number of milliseconds or, when that is before 2000, of seconds.</summary>
    /// <returns>Null for what is no time, and for one before 2000.</returns>
    public static DateTimeOffset? ParseV3(Scalar value)
    {
        if (value.Kind is not (ScalarKind.Text or ScalarKind.Number))
            return null;
        if (!double.TryParse(value.ToString(), CultureInfo.InvariantCulture, out var number))
            return Parse(value.ToString()) is { } time && time.ToUnixTimeMilliseconds() >= Year2000 ? time : null;
        var milliseconds = number < Year2000 ? number * 1000 : number;
        return milliseconds is >= Year2000 and < Year10000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }

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
