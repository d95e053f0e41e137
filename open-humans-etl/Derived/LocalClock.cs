namespace OpenHumansEtl.Derived;

/// <summary>A participant's clock: local time and local days, from the intervals of their offset timeline.</summary>
/// <remarks>Days follow each other without gap or overlap: an hour that the clock shows again after midnight belongs to the day it had already come to.</remarks>
/// <param name="intervals">From the beginning to the end of time, ascending, without gaps.</param>
public sealed class LocalClock(IReadOnlyList<OffsetInterval> intervals)
{
    /// <summary>Of whom nothing is known: UTC.</summary>
    public static readonly LocalClock Unknown = new(UtcOffsetTimeline.Build([], []));

    public IReadOnlyList<OffsetInterval> Intervals => intervals;

    /// <summary>Minutes that local time is ahead of UTC.</summary>
    public int OffsetAt(DateTime utc) => intervals[IndexAt(utc)].OffsetMinutes;

    /// <summary>The bounds of a local day.</summary>
    public LocalDay Day(DateOnly day) => new(day, StartOf(day), StartOf(day.AddDays(1)));

    /// <summary>The local days that [<paramref name="fromUtc"/>, <paramref name="toUtc"/>) touches, ascending; those a journey skipped are among them, empty.</summary>
    public IEnumerable<LocalDay> DaysOf(DateTime fromUtc, DateTime toUtc)
    {
        var day = Day(DateOnly.FromDateTime(fromUtc.AddMinutes(OffsetAt(fromUtc))));
        while (day.FromUtc > fromUtc)
            day = Day(day.Day.AddDays(-1));
        for (; day.FromUtc < toUtc; day = Day(day.Day.AddDays(1)))
            if (day.ToUtc > fromUtc)
                yield return day;
    }

    /// <summary>Where another clock showed another time, as far as it lies within [<paramref name="fromUtc"/>, <paramref name="toUtc"/>).</summary>
    public IEnumerable<(DateTime FromUtc, DateTime ToUtc)> DifferencesTo(LocalClock other, DateTime fromUtc, DateTime toUtc)
    {
        for (var at = fromUtc; at < toUtc;)
        {
            var (mine, theirs) = (intervals[IndexAt(at)], other.Intervals[other.IndexAt(at)]);
            var end = new[] { mine.ToUtc, theirs.ToUtc, toUtc }.Min();
            if (mine.OffsetMinutes != theirs.OffsetMinutes)
                yield return (at, end);
            at = end;
        }
    }

    DateTime StartOf(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc); // by the clock; the kind only keeps it comparable
        foreach (var interval in intervals)
        {
            var start = midnight.AddMinutes(-interval.OffsetMinutes);
            if (interval.ToUtc > start)
                return start > interval.FromUtc ? start : interval.FromUtc;
        }
        throw new InvalidOperationException("The timeline ends.");
    }

    int IndexAt(DateTime utc)
    {
        var (low, high) = (0, intervals.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = intervals[middle].FromUtc <= utc ? (middle, high) : (low, middle - 1);
        }
        return low;
    }
}
