using Nightscout;

namespace NightscoutIngester;

/// <summary>What a forward read of a collection covers.</summary>
/// <param name="From">First UTC day.</param>
/// <param name="IsDaily">It is the day's longer read; files of closed months may be rewritten.</param>
/// <param name="IsWeekly">It is the week's still longer one, which also asks for records that no range finds.</param>
public sealed record ForwardRead(DateOnly From, bool IsDaily, bool IsWeekly);

/// <summary>
/// How far back each read goes. Promise (docs/data-way.md): what changed in the last 3 hours (devicestatus 2) is in the next run, in the last 48 hours
/// (treatments 7 days, devicestatus 24 hours) within a day, in the last 60 days (devicestatus 14) within a week, anything older within a quarter.
/// </summary>
public static class Tiers
{
    /// <summary>By which a run may come later than planned.</summary>
    const double Jitter = 1.2;

    static readonly TimeSpan Day = TimeSpan.FromDays(1), Week = TimeSpan.FromDays(7);

    /// <param name="every">How long until the next run.</param>
    public static ForwardRead Next(Collection collection, Cursor cursor, DateTime now, TimeSpan every, bool isNight, IngestOptions options)
    {
        var sinceDaily = now - (cursor.ReadDayAt ?? DateTime.MinValue);
        var isDaily = sinceDaily >= Day - every * Jitter || isNight && sinceDaily >= Day / 2; // moves into the night, and stays there
        var isWeekly = isDaily && now - cursor.ReadWeekAt >= Week - Day; // the next daily one may be too late
        // Each from the read of its kind before: what is late or edited just after that one is as new to it as what is so just before this one.
        var from = now - cursor.ReadAt > options.Weekly(collection) ? cursor.ReadAt - options.Weekly(collection)
            : isWeekly ? Earlier(cursor.ReadAt - options.Hourly(collection), cursor.ReadWeekAt - options.Weekly(collection))
            : isDaily ? Earlier(cursor.ReadAt - options.Hourly(collection), (cursor.ReadDayAt ?? now) - options.Daily(collection))
            : cursor.ReadAt - options.Hourly(collection);
        return new(DateOnly.FromDateTime(from), isDaily, isWeekly);
    }

    /// <summary>Whether everything is to be read again, or is being read.</summary>
    public static bool IsFullDue(Cursor cursor, DateTime now, IngestOptions options) =>
        cursor.ImportedAllAt is not null && (cursor.FullStartedAt is not null || now - (cursor.FullReadAt ?? cursor.ImportedAllAt) >= options.FullEvery);

    static DateTime Earlier(DateTime a, DateTime b) => a < b ? a : b;
}
