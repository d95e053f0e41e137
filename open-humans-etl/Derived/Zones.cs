using NodaTime;

namespace OpenHumansEtl.Derived;

/// <summary>Time zones by the names profiles carry.</summary>
static class Zones
{
    static readonly Dictionary<string, string> Names = DateTimeZoneProviders.Tzdb.Ids.ToDictionary(id => id, StringComparer.OrdinalIgnoreCase); // Loop writes ETC/GMT+8

    /// <returns>Null when the tz database has no such name.</returns>
    public static DateTimeZone? Find(string? name) => name is not null && Names.TryGetValue(name.Trim(), out var id) ? DateTimeZoneProviders.Tzdb[id] : null;

    /// <summary>Whether it is the clock of a place. The others (ETC/GMT+8, UTC) are the offset that was right when they were set, without summer time.</summary>
    public static bool IsPlace(DateTimeZone zone) => zone.MinOffset != zone.MaxOffset || zone.Id.Contains('/') && !zone.Id.StartsWith("Etc/", StringComparison.Ordinal);
}
