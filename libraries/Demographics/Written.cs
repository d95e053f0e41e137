using System.Globalization;
using System.Text.RegularExpressions;

namespace Demographics;

/// <summary>Numbers, dates and times as people and spreadsheets write them.</summary>
public static partial class Written
{
    /// <summary>Day 0 of a spreadsheet's dates.</summary>
    static readonly DateTime Epoch = new(1899, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Numbers below are years, ages or nothing; from here on they are days since <see cref="Epoch"/> (1905).</summary>
    const int FirstDay = 2101, LastDay = 100_000;

    const int OldestAge = 120;

    /// <summary>A number with nothing else but a unit or a word of doubt around it; a comma may stand for the point.</summary>
    public static decimal? Number(string? text) =>
        text is not null && NumberAlone().Match(text) is { Success: true } match && decimal.TryParse(match.Groups[1].Value.Replace(',', '.'), NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    /// <summary>When a form was sent: a spreadsheet's own number, or text with the month first, or year-month-day; without an offset UTC.</summary>
    public static DateTime? Time(string? text)
    {
        if (Number(text) is { } days)
            return days is >= FirstDay and < LastDay ? Epoch.AddDays((double)days) : null;
        if (text is null || ReadDate(text) is not ({ } date, var rest) || TimeOfDay().Match(rest) is not { Success: true } time)
            return null;
        var hour = time.Groups[1].Success ? Whole(time, 1) : 0;
        if (time.Groups[4].Success)
            hour = hour % 12 + (time.Groups[4].Value.StartsWith("p", StringComparison.OrdinalIgnoreCase) ? 12 : 0);
        var offset = TimeSpan.FromMinutes((time.Groups[5].Value == "-" ? -1 : 1) * (Whole(time, 6) * 60 + Whole(time, 7)));
        return hour < 24 && Whole(time, 2) < 60 && Whole(time, 3) < 60
            ? date.ToDateTime(new(hour, Whole(time, 2), Whole(time, 3)), DateTimeKind.Utc) - offset : null;
    }

    /// <summary>A day as far as it was given: of a month its first day, of a year the 1st of January.</summary>
    /// <param name="answered">Two digits of a year are of the hundred years before it.</param>
    public static DateOnly? Date(string? text, DateOnly answered)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (Number(text) is { } number)
            return number is >= FirstDay and < LastDay ? DateOnly.FromDateTime(Epoch.AddDays((double)number))
                : number is >= 1850 and < FirstDay && decimal.IsInteger(number) ? new((int)number, 1, 1) : null;
        var (read, after) = ReadDate(text);
        if (after.Length < text.Length) // a whole date, or one that no calendar has
            return read is { Year: <= 99 } date ? Century(date, answered) : read;
        if (MonthAndYear().Match(text) is { Success: true } month)
            return Make(Whole(month, 3), MonthOf(month.Groups[1].Value + month.Groups[2].Value), 1);
        return Years().Matches(text) is [var only] ? new(int.Parse(only.Value), 1, 1) : null; // "summer 1992"
    }

    /// <summary>As <see cref="Date"/>, or from an age in years at the time of the answer.</summary>
    public static DateOnly? Born(string? text, DateOnly answered) =>
        Number(text) is >= 0 and <= OldestAge and var age ? answered.AddYears(-(int)age) : Date(text, answered);

    /// <returns>The date at the beginning and what follows it; a year of two digits stays below 100.</returns>
    static (DateOnly? Date, string After) ReadDate(string text)
    {
        if (YearFirst().Match(text) is { Success: true } iso)
            return (Make(Whole(iso, 1), Whole(iso, 2), Whole(iso, 3)), text[iso.Length..]);
        if (NumbersOnly().Match(text) is { Success: true } numbers)
        {
            var (first, second, year) = (Whole(numbers, 1), Whole(numbers, 3), Whole(numbers, 4));
            var monthFirst = numbers.Groups[2].Value == "/" && first <= 12 || second > 12; // as the surveys' own sheets write it; with points the day comes first
            return (monthFirst ? Make(year, first, second) : Make(year, second, first), text[numbers.Length..]);
        }
        if (DayAndName().Match(text) is { Success: true } dayName)
            return (Make(Whole(dayName, 3), MonthOf(dayName.Groups[2].Value), Whole(dayName, 1)), text[dayName.Length..]);
        if (NameAndDay().Match(text) is { Success: true } nameDay)
            return (Make(Whole(nameDay, 3), MonthOf(nameDay.Groups[1].Value), Whole(nameDay, 2)), text[nameDay.Length..]);
        return (null, text);
    }

    static DateOnly? Century(DateOnly date, DateOnly answered) =>
        Make(date.Year + 2000, date.Month, date.Day) is { } recent && recent <= answered ? recent : Make(date.Year + 1900, date.Month, date.Day);

    static DateOnly? Make(int year, int month, int day) =>
        year is >= 1 and < 2200 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) ? new(year, month, day) : null;

    static int MonthOf(string text) => int.TryParse(text, out var number) ? number
        : 1 + "janfebmaraprmayjunjulaugsepoctnovdec".IndexOf(text[..3].ToLowerInvariant(), StringComparison.Ordinal) / 3;

    static int Whole(Match match, int group) => match.Groups[group].Length > 0 ? int.Parse(match.Groups[group].Value) : 0;

    const string Month = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";

    [GeneratedRegex(@"^\s*(?:about|approx\.?|approximately|around|circa|ca\.?|~|≈)?\s*(\d{1,6}(?:[.,]\d+)?)\s*(?:%|percent|u|iu|units?|g|gr|grams?|mmol/mol|years?(?: old)?|yrs?)?(?:/day| per day| a day)?\s*\.?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex NumberAlone();

    [GeneratedRegex(@"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")]
    private static partial Regex YearFirst();

    [GeneratedRegex(@"^\s*(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")]
    private static partial Regex NumbersOnly();

    [GeneratedRegex($@"^\s*(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?({Month})[a-z]*[\s,.-]+(\d{{4}})(?!\d)", RegexOptions.IgnoreCase)]
    private static partial Regex DayAndName();

    [GeneratedRegex($@"^\s*({Month})[a-z]*[\s.]+(\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(\d{{4}})(?!\d)", RegexOptions.IgnoreCase)]
    private static partial Regex NameAndDay();

    [GeneratedRegex($@"^\s*(?:({Month})[a-z]*[\s,.-]+(?:of\s+)?|(\d{{1,2}})\s*[/.-]\s*)(\d{{4}})\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex MonthAndYear();

    [GeneratedRegex(@"(?<!\d)(?:19|20)\d\d(?!\d)")]
    private static partial Regex Years();

    [GeneratedRegex(@"^\s*(?:T?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?)?\s*(?:Z|(?:GMT|UTC)?\s*(?:([+-])(\d{1,2})(?::?(\d{2}))?)?))?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex TimeOfDay();
}
