using System.Text.Json;

namespace Sandbox.Check;

/// <summary>One of the four kinds of record that are copied.</summary>
/// <param name="Name">As in paths of Nightscout and names of files.</param>
/// <param name="PageSize">Records asked for at once; a page of devicestatus is some megabytes.</param>
/// <param name="TimeFields">What dates a record, the first usable one counts: docs/data-way.md §1, then docs/deidentification.md for what it leaves open.</param>
sealed record Collection(string Name, int PageSize, params string[] TimeFields)
{
    public static readonly Collection Entries = new("entries", 10_000, "date", "mills", "dateString", "sysTime");
    public static readonly Collection Treatments = new("treatments", 5_000, "created_at", "timestamp", "date", "mills");
    public static readonly Collection DeviceStatus = new("devicestatus", 1_000, "created_at", "date", "mills");
    public static readonly Collection Profile = new("profile", 100_000, "startDate", "created_at", "mills");

    public static readonly Collection[] All = [Entries, Treatments, DeviceStatus, Profile];

    /// <summary>Fields that come and go with Nightscout's cache.</summary>
    public bool IsVolatile(string field) => this != Profile && field is ("mills" or "endmills");

    /// <returns>Null when nothing dates the record.</returns>
    public long? TimeOf(JsonElement record)
    {
        foreach (var field in TimeFields)
            if (record.TryGetProperty(field, out var value) && Moment.Of(value) is { } time)
                return time;
        return null;
    }

    public override string ToString() => Name;
}

/// <summary>One record of a participant.</summary>
readonly record struct RecordKey(Collection Collection, string Id);
