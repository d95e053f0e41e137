namespace OpenHumansEtl.Derived;

static class DayRuns
{
    /// <summary>What is in memory at once: some 15,000 readings of a usual sensor, and as many cycles.</summary>
    const int Longest = 50;

    /// <summary>Days that follow each other, together: one read of the index finds the records of each run.</summary>
    /// <param name="days">Ascending.</param>
    public static IEnumerable<List<LocalDay>> Runs(this IReadOnlyList<LocalDay> days)
    {
        var run = new List<LocalDay>();
        foreach (var day in days.Where(day => !day.IsEmpty))
        {
            if (run.Count == Longest || run.Count > 0 && run[^1].ToUtc != day.FromUtc)
            {
                yield return run;
                run = [];
            }
            run.Add(day);
        }
        if (run.Count > 0)
            yield return run;
    }

    /// <summary>UTC days that follow each other, together: [from, to) of each span.</summary>
    public static IEnumerable<(DateTime From, DateTime To)> Spans(this IEnumerable<DateOnly> days)
    {
        (DateTime From, DateTime To)? span = null;
        foreach (var start in days.Distinct().Order().Select(day => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)))
        {
            if (span is { } before && before.To != start)
                yield return before;
            span = (span?.To == start ? span.Value.From : start, start.AddDays(1));
        }
        if (span is { } last)
            yield return last;
    }
}
