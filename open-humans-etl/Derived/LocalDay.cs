namespace OpenHumansEtl.Derived;

/// <summary>A calendar day where the participant was, [<paramref name="FromUtc"/>, <paramref name="ToUtc"/>): 24 hours, or 23 or 25 when clocks change.</summary>
/// <param name="Day">By the participant's clock.</param>
/// <param name="FromUtc">The first instant at which the clock showed this day.</param>
/// <param name="ToUtc">The first instant at which it showed a later one; not after <paramref name="FromUtc"/> when a journey skipped the day.</param>
public readonly record struct LocalDay(DateOnly Day, DateTime FromUtc, DateTime ToUtc)
{
    public bool IsEmpty => ToUtc <= FromUtc;
}
