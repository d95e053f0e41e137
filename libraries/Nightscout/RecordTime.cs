using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Nightscout;

/// <summary>Times as Nightscout records carry them.</summary>
public static partial class RecordTime
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

    /// <summary>The same of UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        if (TryParseUsual(text, out time))
            return true;
        return Utf8Parser.TryParse(text, out double milliseconds, out var read) && read == text.Length ? TryFromMilliseconds(milliseconds, out time) : TryParse(Encoding.UTF8.GetString(text), out time);
    }

    /// <summary>2026-11-20T10:00:00Z or 2026-11-20T10:00:00.000Z, which nearly all are: read at a tenth of the framework's cost.</summary>
    public static bool TryParseUsual(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length is not (20 or 24) || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[^1] != 'Z' || text.Length == 24 && text[19] != '.')
            return false;
        var (year, month, day) = (Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]));
        var (hour, minute, second, millisecond) = (Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]), text.Length == 24 ? Digits(text[20..23]) : 0);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59 || millisecond < 0)
            return false;
        time = new(year, month, day, hour, minute, second, millisecond, TimeSpan.Zero);
        return true;
    }

    /// <returns>-1 when they are not all digits.</returns>
    static int Digits(ReadOnlySpan<byte> text)
    {
        var number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return -1;
            number = number * 10 + digit - '0';
        }
        return number;
    }

    /// <summary>A text that stands among dates in the server's order, which compares text. Sites are asked for the others by it, so it is all that <see cref="WallClock"/> reads.</summary>
    public const string Date = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])($|[T ]([01][0-9]|2[0-3]):[0-5][0-9])";

    /// <summary>Where a text stands in the server's order: its wall clock, whatever its offset; the last of February for its 31st. Null when it does not start with a date.</summary>
    public static DateTimeOffset? WallClock(string text)
    {
        if (!DateText().IsMatch(text))
            return null;
        var (year, month, day) = (Math.Max(1, int.Parse(text.AsSpan(0, 4))), int.Parse(text.AsSpan(5, 2)), int.Parse(text.AsSpan(8, 2)));
        var date = new DateTimeOffset(year, month, Math.Min(day, DateTime.DaysInMonth(year, month)), 0, 0, 0, TimeSpan.Zero);
        if (text.Length < 16)
            return date;
        var seconds = text.Length >= 19 && text[16] == ':' && int.TryParse(text.AsSpan(17, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : 0;
        return date.AddHours(int.Parse(text.AsSpan(11, 2))).AddMinutes(int.Parse(text.AsSpan(14, 2))).AddSeconds(seconds);
    }

    [GeneratedRegex(Date)]
    private static partial Regex DateText();
}
