using System.Globalization;

namespace Nightscout;

/// <summary>Times as Nightscout records carry them.</summary>
public static class RecordTime
{
    const double MinMilliseconds = -62135596800000, MaxMilliseconds = 253402300799999; // years 1 to 9999

    /// <summary>Unix milliseconds, fractions included (Swift uploaders send them).</summary>
    public static bool TryFromMilliseconds(double milliseconds, out DateTimeOffset time)
    {
        time = default;
        if (!(milliseconds is >= MinMilliseconds and <= MaxMilliseconds))
            return false;
        time = DateTimeOffset.UnixEpoch.AddTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond));
        return true;
    }

    /// <summary>Text: a number of milliseconds, or a date with any offset; one without an offset counts as UTC, as the server counts it.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
            ? TryFromMilliseconds(milliseconds, out time)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    /// <summary>
    /// Where a text stands in the server's order, which compares text: its wall clock, whatever its offset. Null when it does not start with a date.
    /// </summary>
    public static DateTimeOffset? WallClock(string text) =>
        text.Length >= 19 && DateTime.TryParseExact(text.AsSpan(0, 19), ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock)
            ? new DateTimeOffset(clock, TimeSpan.Zero)
            : null;
}
