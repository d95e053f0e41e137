namespace Glucose;

/// <summary>Insulin given at once.</summary>
/// <param name="Units">U.</param>
public readonly record struct Bolus(DateTimeOffset At, double Units);

/// <summary>Insulin of one calendar day, in U.</summary>
public readonly record struct DailyInsulin(DateOnly Day, double BasalUnits, double BolusUnits)
{
    /// <summary>Total daily dose (TDD).</summary>
    public double Total => BasalUnits + BolusUnits;

    /// <summary>By the days of a zone; a segment over midnight is split there, also on days of 23 and 25 hours.</summary>
    /// <param name="basal">Without overlap, as <see cref="BasalTimeline.Build"/> makes it.</param>
    /// <returns>Days that hold insulin or a segment, ascending; the first and the last are whole only if the segments cover them.</returns>
    public static IReadOnlyList<DailyInsulin> Of(IEnumerable<BasalSegment> basal, IEnumerable<Bolus> boluses, TimeZoneInfo zone)
    {
        var days = new SortedDictionary<DateOnly, DailyInsulin>();
        foreach (var segment in basal)
        {
            var start = segment.Start;
            while (start < segment.End)
            {
                var day = DayOf(start, zone);
                var midnight = LocalTime.StartOf(day.AddDays(1), zone);
                var end = midnight > start && midnight < segment.End ? midnight : segment.End;
                Add(day, (segment with { Start = start, End = end }).Units, 0);
                start = end;
            }
        }
        foreach (var bolus in boluses)
            Add(DayOf(bolus.At, zone), 0, bolus.Units);
        return [.. days.Values];

        void Add(DateOnly day, double basalUnits, double bolusUnits)
        {
            var sofar = days.GetValueOrDefault(day, new DailyInsulin(day, 0, 0));
            days[day] = sofar with { BasalUnits = sofar.BasalUnits + basalUnits, BolusUnits = sofar.BolusUnits + bolusUnits };
        }
    }

    static DateOnly DayOf(DateTimeOffset instant, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);
}
