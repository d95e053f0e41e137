namespace NightscoutIngester;

/// <summary>Days and nights on a participant's clock.</summary>
/// <param name="zone">IANA name as profiles hold it; null or unknown: records tell their own offset, else it is UTC.</param>
public sealed class LocalDays(string? zone)
{
    /// <summary>Hours on the local clock in which whole histories are read.</summary>
    const int NightFrom = 1, NightUntil = 5;

    readonly TimeZoneInfo? _zone = Find(zone);

    /// <returns>What the participant's clock shows.</returns>
    public DateTime At(DateTimeOffset time, short? utcOffset) =>
        _zone is not null ? TimeZoneInfo.ConvertTime(time, _zone).DateTime : time.UtcDateTime.AddMinutes(InRange(time, utcOffset));

    /// <returns>The local day whose night it is; null by day.</returns>
    public DateOnly? Night(DateTimeOffset now) =>
        TimeZoneInfo.ConvertTime(now, _zone ?? TimeZoneInfo.Utc) is { Hour: >= NightFrom and < NightUntil } local ? DateOnly.FromDateTime(local.DateTime) : null;

    /// <summary>Whether a profile's text names a zone: IANA in any case, also Loop's <c>ETC/GMT+8</c>.</summary>
    public static TimeZoneInfo? Find(string? zone) =>
        zone is { Length: > 0 and < 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(zone.StartsWith("ETC/", StringComparison.Ordinal) ? $"Etc/{zone[4..]}" : zone, out var found) ? found : null;

    static int InRange(DateTimeOffset time, short? minutes) => time.Year is > 1 and < 9999 ? minutes ?? 0 : 0;
}
