namespace OpenHumansEtl.Derived;

/// <summary>A time in which local time was a constant offset from UTC, [<paramref name="FromUtc"/>, <paramref name="ToUtc"/>): a row of <c>openaps.utc_offset_timeline</c>.</summary>
/// <param name="FromUtc"><see cref="DateTime.MinValue"/>: since ever.</param>
/// <param name="ToUtc"><see cref="DateTime.MaxValue"/>: for ever.</param>
/// <param name="OffsetMinutes">Minutes that local time is ahead of UTC.</param>
/// <param name="Zone">The profile's zone, when the offset is its own.</param>
/// <param name="Source">profile, record, both or none.</param>
/// <param name="Confidence">high, medium or low.</param>
public sealed record OffsetInterval(DateTime FromUtc, DateTime ToUtc, int OffsetMinutes, string? Zone, string Source, string Confidence)
{
    public bool Says(OffsetInterval other) => (OffsetMinutes, Zone, Source, Confidence) == (other.OffsetMinutes, other.Zone, other.Source, other.Confidence);
}
