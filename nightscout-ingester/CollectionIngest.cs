using Nightscout;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Copies one collection of one participant: first what is new, then, at the first import, what is older, backwards.</summary>
public sealed class CollectionIngest(Ranges ranges, Cursors cursors, DayDigests digests, PeriodFiles files, SecretBox secrets, IngestOptions options, TimeProvider clock,
    ILogger<CollectionIngest> log)
{
    static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>Devicestatus is bulky and seldom late or edited.</summary>
    static readonly TimeSpan WeeklyDeviceStatus = TimeSpan.FromDays(14);

    /// <summary>Reads from the last success back by the overlap, to the end of time: what is new, late, edited or dated in the future.</summary>
    public async Task CopyNewAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        var started = clock.GetUtcNow().UtcDateTime;
        var cursor = await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken);
        using var spool = Spool(run, collection);
        if (collection.TimeField is null)
        {
            await FillAsync(run, spool, ranges.ReadAllAsync(site, collection, cancellationToken));
            await StoreAsync(run, collection, spool, cancellationToken);
            await cursors.SaveAsync(run.Lease, collection.Name, new(DateOnly.MinValue, started, started, started), cancellationToken);
            return;
        }

        var weekly = cursor is not null && started - cursor.ReadWeekAt >= Week;
        var from = DayOf(cursor is null ? started.AddDays(-1)
            : !weekly ? cursor.ReadAt - options.Overlap
            : started - (collection == Collection.DeviceStatus ? WeeklyDeviceStatus : options.WeeklyOverlap));
        if (cursor is not null && from < cursor.ImportedFrom)
            from = cursor.ImportedFrom; // the first import gets there by itself
        await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(from), before: null, withOffsets: weekly || cursor is null, cancellationToken));
        if (weekly)
            await FillOddAsync(run, spool, site, collection, cancellationToken);
        await StoreAsync(run, collection, spool, cancellationToken);
        await cursors.SaveAsync(run.Lease, collection.Name, cursor is null
            ? new(from, null, started, started)
            : cursor with { ReadAt = started, ReadWeekAt = weekly ? started : cursor.ReadWeekAt }, cancellationToken);
    }

    /// <summary>Goes backwards window by window until the site is proven to hold nothing older; each finished window is kept if the run ends.</summary>
    public async Task CopyOlderAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        while (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is { ImportedAllAt: null } cursor)
        {
            using var spool = Spool(run, collection);
            if (await ranges.NewestBeforeAsync(site, collection, StartOf(cursor.ImportedFrom), cancellationToken) is not { } newest)
            {
                await FillOddAsync(run, spool, site, collection, cancellationToken);
                await StoreAsync(run, collection, spool, cancellationToken);
                await cursors.SaveAsync(run.Lease, collection.Name, cursor with { ImportedAllAt = clock.GetUtcNow().UtcDateTime }, cancellationToken);
                return;
            }
            var (first, before) = Window(collection, cursor.ImportedFrom, DayOf(newest.UtcDateTime));
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(first), StartOf(before), withOffsets: true, cancellationToken));
            await StoreAsync(run, collection, spool, cancellationToken);
            await cursors.SaveAsync(run.Lease, collection.Name, cursor with { ImportedFrom = first }, cancellationToken);
        }
    }

    /// <summary>A whole month where months are joined into one file, else some days; never a part of a joined month.</summary>
    (DateOnly First, DateOnly Before) Window(Collection collection, DateOnly importedFrom, DateOnly newest)
    {
        var monthStart = new DateOnly(newest.Year, newest.Month, 1);
        var before = newest.AddDays(2); // two: text times with offsets are ordered by wall clock, up to 14 hours off
        if (before > importedFrom)
            before = importedFrom;
        if (Period.IsClosed(newest, Today))
            return (monthStart, before);
        var first = newest.AddDays(1 - collection.ImportDays);
        return (Period.IsClosed(first, Today) ? monthStart : first, before);
    }

    async Task FillAsync(Run run, RecordSpool spool, IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> records)
    {
        var scrubber = new Scrubber(secrets.DeriveKey(run.Participant.Salt, "pseudonyms of devices and people"));
        await foreach (var (_, record) in records)
        {
            spool.Add(scrubber.Scrub(record.Span));
            run.Totals.RecordsRead++;
            run.Totals.BytesDown += record.Length;
        }
    }

    /// <summary>Adds what no range finds. Other servers of the same API may not know the operators this takes: then there is nothing to add.</summary>
    async Task FillOddAsync(Run run, RecordSpool spool, Site site, Collection collection, CancellationToken cancellationToken)
    {
        try
        {
            await FillAsync(run, spool, ranges.ReadOddAsync(site, collection, cancellationToken));
        }
        catch (NightscoutException problem) when (problem is SiteTemporaryException or NotNightscoutException or PageTooLargeException)
        {
            log.LogInformation("The site of participant {Participant} does not tell {Collection} without a usable time: {Problem:l}", run.ParticipantId, collection.Name, problem.Message);
        }
    }

    /// <summary>Rewrites the files of the days that are not as they were.</summary>
    async Task StoreAsync(Run run, Collection collection, RecordSpool spool, CancellationToken cancellationToken)
    {
        var changed = await digests.ChangedAsync(run.ParticipantId, collection.Name, spool.Days(), cancellationToken);
        foreach (var days in changed.GroupBy(day => Period.Of(day.Day, Today)).OrderByDescending(days => days.Key.Name, StringComparer.Ordinal))
            await files.WriteAsync(run, collection, days.Key, [.. days], spool, cancellationToken);
    }

    RecordSpool Spool(Run run, Collection collection) => new(collection, secrets.DeriveKey(run.Participant.Salt, "record digests"), options.WorkFolder);

    DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    static DateOnly DayOf(DateTime time) => DateOnly.FromDateTime(time);

    static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
