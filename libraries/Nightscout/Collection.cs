namespace Nightscout;

/// <summary>A kind of record and what differs from kind to kind in API v1 (contract §1, §7, §8).</summary>
/// <param name="Name">In paths, file names and tables.</param>
/// <param name="TimeField">The field that ranges and sorting go by; null: the list takes neither (profile).</param>
/// <param name="TimeFields">Where the event's time stands, first usable wins.</param>
/// <param name="TimeIsNumber">Whether <paramref name="TimeField"/> holds Unix milliseconds; else text that the server compares as text.</param>
/// <param name="PageSize">Most records asked for at once, so that a small host survives it.</param>
/// <param name="ImportDays">Days that the first import, which goes backwards, reads at once of recent time.</param>
/// <param name="VolatileFields">Top-level fields that come and go with the server's cache: no part of the record (contract §1).</param>
public sealed record Collection(string Name, string? TimeField, string[] TimeFields, bool TimeIsNumber, int PageSize, int ImportDays, string[] VolatileFields)
{
    public static readonly Collection Entries = new("entries", "date", ["date", "mills", "dateString", "sysTime"], true, 2000, 7, ["mills", "endmills"]);
    public static readonly Collection Treatments = new("treatments", "created_at", ["created_at", "timestamp", "date", "mills"], false, 1000, 14, ["mills", "endmills"]);
    public static readonly Collection DeviceStatus = new("devicestatus", "created_at", ["created_at", "date", "mills"], false, 200, 1, ["mills", "endmills"]);
    public static readonly Collection Profile = new("profile", null, ["startDate", "created_at", "mills"], false, 100, 0, []);

    public static readonly IReadOnlyList<Collection> All = [Entries, Treatments, DeviceStatus, Profile];

    /// <returns>Null when there is no collection of that name.</returns>
    public static Collection? Named(string name) => All.FirstOrDefault(collection => collection.Name == name);

    public override string ToString() => Name;
}
