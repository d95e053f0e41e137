namespace Glucose;

/// <summary>Where a basal rate comes from.</summary>
public enum BasalSource
{
    Scheduled,
    Temp,
    Suspend,
}

/// <summary>A time with one basal rate, [Start, End).</summary>
/// <param name="UnitsPerHour">U/h.</param>
public readonly record struct BasalSegment(DateTimeOffset Start, DateTimeOffset End, double UnitsPerHour, BasalSource Source)
{
    /// <summary>Insulin in U.</summary>
    public double Units => UnitsPerHour * (End - Start).TotalHours;
}

/// <summary>A schedule and the instant from which it holds, until the next one.</summary>
public readonly record struct BasalProfile(DateTimeOffset From, BasalSchedule Schedule);

/// <summary>Puts schedules and temp basals together to what was delivered when.</summary>
public static class BasalTimeline
{
    /// <summary>The basal rates of [<paramref name="from"/>, <paramref name="to"/>).</summary>
    /// <remarks>
    /// A temp basal holds to its end or to the start of the next one, whichever is first; then the schedule holds again. A percentage follows the schedule
    /// through its changes. Of temp basals with the same start the last one of the list holds.
    /// </remarks>
    /// <returns>
    /// Segments without overlap, ascending. Before the first profile there is no scheduled rate and so no segment, except for temp basals with a rate.
    /// </returns>
    public static IReadOnlyList<BasalSegment> Build(
        IEnumerable<BasalProfile> profiles, IEnumerable<TempBasal> temps, DateTimeOffset from, DateTimeOffset to)
    {
        var timeline = new Timeline([.. profiles.OrderBy(profile => profile.From)]);
        var ordered = temps.OrderBy(temp => temp.Start).ToArray();
        var at = from;
        for (var i = 0; i < ordered.Length; i++)
        {
            var temp = ordered[i];
            var cutOff = i + 1 < ordered.Length ? Min(ordered[i + 1].Start, to) : to;
            var start = Max(temp.Start, from);
            var end = temp.Duration < cutOff - temp.Start ? temp.Start + temp.Duration : cutOff;
            if (end <= start)
                continue;

            timeline.Follow(at, start, 100, BasalSource.Scheduled);
            if (temp.PercentOfScheduled is { } percent)
                timeline.Follow(start, end, percent, BasalSource.Temp);
            else
                timeline.Add(start, end, temp.UnitsPerHour!.Value, temp.IsSuspend ? BasalSource.Suspend : BasalSource.Temp);
            at = end;
        }
        timeline.Follow(at, to, 100, BasalSource.Scheduled);
        return timeline.Segments;
    }

    static DateTimeOffset Min(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    sealed class Timeline(BasalProfile[] profiles)
    {
        public List<BasalSegment> Segments { get; } = [];

        public void Follow(DateTimeOffset from, DateTimeOffset to, double percent, BasalSource source)
        {
            for (var i = 0; i < profiles.Length; i++)
            {
                var start = Max(from, profiles[i].From);
                var end = i + 1 < profiles.Length ? Min(to, profiles[i + 1].From) : to;
                if (end <= start)
                    continue;
                foreach (var change in profiles[i].Schedule.ChangesBetween(start, end).Append(end))
                {
                    Add(start, change, profiles[i].Schedule.RateAt(start) * percent / 100, source);
                    start = change;
                }
            }
        }

        public void Add(DateTimeOffset start, DateTimeOffset end, double unitsPerHour, BasalSource source)
        {
            if (Segments.Count > 0 && Segments[^1] is var last && last.End == start && last.UnitsPerHour == unitsPerHour && last.Source == source)
                Segments[^1] = last with { End = end };
            else
                Segments.Add(new BasalSegment(start, end, unitsPerHour, source));
        }
    }
}
