namespace Glucose;

/// <summary>Instants at which a zone's clocks show what is asked, also where they are put forward or back.</summary>
static class LocalTime
{
    /// <summary>The first instant of a calendar day.</summary>
    public static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone) => InstantsOf(day.ToDateTime(TimeOnly.MinValue), zone).Min();

    /// <summary>Two instants for a time that clocks show twice; for one they skip, the instant at which they skip or one after it.</summary>
    public static IEnumerable<DateTimeOffset> InstantsOf(DateTime clock, TimeZoneInfo zone) =>
        (zone.IsAmbiguousTime(clock) ? zone.GetAmbiguousTimeOffsets(clock) : [zone.GetUtcOffset(clock)])
            .Select(offset => TimeZoneInfo.ConvertTime(new DateTimeOffset(clock, offset), zone));

    /// <summary>The instant, to the minute, at which the clocks were changed in (from, to]; null when both have the same offset.</summary>
    public static DateTimeOffset? ChangeBetween(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        var (before, after) = (zone.GetUtcOffset(from), zone.GetUtcOffset(to));
        if (before == after)
            return null;
        while (to - from > TimeSpan.FromMinutes(1))
        {
            var middle = from + TimeSpan.FromMinutes((long)((to - from).TotalMinutes / 2 + 0.5));
            (from, to) = zone.GetUtcOffset(middle) == before ? (middle, to) : (from, middle);
        }
        return TimeZoneInfo.ConvertTime(to, zone);
    }
}
