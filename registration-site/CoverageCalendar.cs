using System.Globalization;

namespace RegistrationSite;

/// <param name="Readings">Glucose readings in the files on Open Humans.</param>
/// <param name="Source">Records at the Nightscout site when the day was last read; null: not read since the files were taken over.</param>
/// <param name="Copied">Records in the files.</param>
public sealed record SummaryDay(DateOnly Day, int Readings, int? Source, int Copied);

/// <param name="Step">0: no readings; 1 to 4: under a third, under 70 %, under 95 %, as good as all; null: not known, or not over.</param>
/// <param name="Note">What is missing, and why.</param>
public sealed record CalendarDay(DateOnly Day, int? Step, SummaryDay? Summary, string Note);

/// <summary>The last weeks of glucose readings, one square a day.</summary>
public sealed class CoverageCalendar
{
    public const int Weeks = 12;

    static readonly Texts T = Texts.Of("CoverageCalendar");

    /// <summary>One reading every five minutes.</summary>
    const int EveryFiveMinutes = 288;

    /// <summary>With fewer days with readings, what a full day is cannot be told from them.</summary>
    const int DaysToJudgeBy = 7;

    /// <param name="today">On the participant's clock.</param>
    /// <param name="days">Rows of the summary, in any order; a day without readings has none.</param>
    /// <param name="copiedFrom">Days before it have not been read yet; null: nothing has been read.</param>
    /// <param name="begins">Day of the first reading there is; null: there is none.</param>
    public CoverageCalendar(DateOnly today, IReadOnlyList<SummaryDay> days, DateOnly? copiedFrom, DateOnly? begins)
    {
        var known = days.ToDictionary(day => day.Day);
        var first = FirstDay(today);
        var counts = days.Where(day => day.Day < today && day.Readings > 0).Select(day => day.Readings).Order().ToList();
        FullDay = counts.Count < DaysToJudgeBy ? EveryFiveMinutes : counts[(int)Math.Ceiling(0.9 * counts.Count) - 1]; // sensors differ: 96 to 1,440 readings a day
        Days = [.. Enumerable.Range(0, today.DayNumber - first.DayNumber + 1).Select(number => Judge(first.AddDays(number)))];

        CalendarDay Judge(DateOnly day)
        {
            var summary = known.GetValueOrDefault(day);
            var readings = summary?.Readings ?? 0;
            if (day == today)
                return new(day, null, summary, T["SoFar", $"{readings:N0}"]);
            var isCopied = copiedFrom is not null && day >= copiedFrom;
            if (readings == 0 && !isCopied)
            {
                HasNotCopied = true;
                return new(day, null, summary, T["NotCopied"]);
            }
            if (readings == 0 && (begins is null || day < begins))
            {
                HasBefore = true;
                return new(day, null, summary, T["Before"]);
            }
            if (readings == 0)
                return new(day, 0, summary, summary?.Source > summary?.Copied ? T["NotCopied.There"] : T["None"]);
            var part = (double)readings / FullDay;
            var step = part switch { < 1.0 / 3 => 1, < 0.7 => 2, < 0.95 => 3, _ => 4 };
            var late = summary!.Source - summary.Copied is > 0 and var waiting ? "; " + T["Late", $"{waiting:N0}"] : "";
            return new(day, step, summary, (step == 4 ? T["All"] : T["Part", $"{part * 100:0}"]) + late);
        }
    }

    /// <summary>A Monday.</summary>
    public static DateOnly FirstDay(DateOnly today) => today.AddDays(-(((int)today.DayOfWeek + 6) % 7) - 7 * (Weeks - 1));

    /// <summary>From a Monday to today, oldest first.</summary>
    public IReadOnlyList<CalendarDay> Days { get; }

    /// <summary>Readings of a full day: what nine of ten days with readings do not exceed.</summary>
    public int FullDay { get; }

    /// <summary>Days were not read yet.</summary>
    public bool HasNotCopied { get; private set; }

    /// <summary>Days lie before the first reading.</summary>
    public bool HasBefore { get; private set; }

    public bool IsEmpty => Days.All(day => day.Summary is null or { Readings: 0 });

    public int Count(int step) => Days.Count(day => day.Step == step);

    /// <summary>Readings so far of days that are over or not.</summary>
    public long Readings => Days.Sum(day => (long)(day.Summary?.Readings ?? 0));

    public string Csv() => string.Concat(Days.Select(day => string.Create(CultureInfo.InvariantCulture,
        $"{day.Day:yyyy-MM-dd},{day.Summary?.Readings ?? 0},{day.Summary?.Source},{day.Summary?.Copied ?? 0},{day.Step},\"{day.Note}\"\r\n")).Prepend("day,readings,records_on_nightscout,records_on_open_humans,step,note\r\n"));
}
