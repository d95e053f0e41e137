namespace Sandbox;

/// <summary>A collection of Nightscout and what its lists do without being told (contract §1).</summary>
/// <param name="TimeField">What lists are sorted and bounded by.</param>
/// <param name="TimeIsNumber">Unix milliseconds; else text.</param>
/// <param name="DefaultCount">0: all.</param>
/// <param name="DefaultCountWithFind">The same when there is a <c>find</c>.</param>
/// <param name="HasWindow">Whether only the last four days come when <c>find</c> has no date.</param>
/// <param name="Numbers">Fields whose values in <c>find</c> are parsed as integers.</param>
/// <param name="Patterns">Fields whose values in <c>find</c> may be <c>/regular expressions/</c>.</param>
/// <param name="CachedFor">How far back the server answers plain requests from memory.</param>
sealed record RecordKind(
    string Name, string TimeField, bool TimeIsNumber, int DefaultCount, int DefaultCountWithFind, bool HasWindow,
    string[] Numbers, string[] Patterns, TimeSpan? CachedFor)
{
    public static readonly RecordKind Entries = new("entries", "date", true, 10, 10, true,
        ["date", "sgv", "filtered", "unfiltered", "rssi", "noise", "mbg"], [], TimeSpan.FromDays(2));

    public static readonly RecordKind Treatments = new("treatments", "created_at", false, 100, 1000, true,
        ["insulin", "carbs", "glucose"], ["notes", "eventType", "enteredBy"], TimeSpan.FromHours(60));

    public static readonly RecordKind DeviceStatus = new("devicestatus", "created_at", false, 10, 10, true, [], [], TimeSpan.FromDays(1));
    public static readonly RecordKind Profile = new("profile", "startDate", false, 10, 10, true, [], [], null);
    public static readonly RecordKind Activity = new("activity", "created_at", false, 0, 0, true, [], [], null);
    public static readonly RecordKind Food = new("food", "created_at", false, 0, 0, false, [], [], null);
}
