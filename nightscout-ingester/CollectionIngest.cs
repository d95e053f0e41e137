using Dapper;
using Nightscout;
using Register;

namespace NightscoutIngester;

/// <summary>Copies one collection of one participant: what is new; at the first import what is older, backwards; and once a quarter everything again.</summary>
public sealed class CollectionIngest(
    Ranges ranges, Cursors cursors, DayDigests digests, OddRecords odd, Absences absences, SiteIdentity identity, PeriodFiles files, DueParticipants due,
    NightscoutClient nightscout, Spools spools, IngestOptions options, TimeProvider clock, ILogger<CollectionIngest> log)
{
    /// <summary>Single days read in one run because something is known to have changed there; the rest waits for the next.</summary>
    const int MostSingleDays = 30;

    const int MostRecentIds = 10;

    /// <summary>Behind every future date, but near enough to be widened.</summary>
    static readonly DateOnly EndOfTime = new(9999, 12, 1);

    /// <summary>Records that disappear in larger numbers from the beginning of a history were pruned.</summary>
    const int FewRecords = 100;

    DateTime Now => clock.GetUtcNow().UtcDateTime;

    DateOnly Today => DateOnly.FromDateTime(Now);

    /// <summary>Reads from the last success back by the overlap of its tier, to the end of time: what is new, late, edited or dated in the future.</summary>
    public async Task CopyNewAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        var started = Now;
        var cursor = await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken);
        var read = cursor is null ? new ForwardRead(DateOnly.FromDateTime(started.AddDays(-1)), IsDaily: true, IsWeekly: false)
            : Tiers.Next(collection, cursor, started, options.Every, run.LocalDays.Night(clock.GetUtcNow()) is not null, options);
        if (cursor is { ImportedAllAt: null } && read.From < cursor.ImportedFrom)
            read = read with { From = cursor.ImportedFrom }; // the first import gets there by itself
        run.IsDaily |= read.IsDaily;

        using var spool = spools.Of(run, collection);
        var tags = new PageTags(cursor?.Pages);
        if (collection.TimeField is null && (await absences.DueDaysAsync(run, collection, cancellationToken)).Absent.Count > 0)
            tags = new(); // their second read, whether the list has changed or not
        await FillAsync(run, spool, collection.TimeField is null
            ? ranges.ReadAllAsync(site, collection, tags, cancellationToken)
            : ranges.ReadAsync(site, collection, StartOf(read.From), before: null, withOffsets: read.IsDaily || cursor!.HasOffsets, tags, cancellationToken));
        var hasTags = tags.AreUnchanged || spool.Count > 0; // all empty lists have one ETag: it would prove any site to be the one it was
        var covered = collection.TimeField is null ? Coverage.Everything : new Coverage(read.From, DateOnly.MaxValue, read.IsWeekly && await FillOddAsync(run, spool, site, collection, cancellationToken));
        if (tags.AreUnchanged)
            run.IsSiteProven = true;
        else
            await identity.ProveAsync(run, site, cursor, spool, cancellationToken);
        if (!tags.AreUnchanged || covered.Odd)
            await StoreAsync(run, site, collection, spool, tags.AreUnchanged ? Coverage.Nothing with { Odd = true } : covered, cancellationToken);
        if (collection == Collection.Profile && spool.Count > 0)
            await NoteZoneAsync(run, spool, cancellationToken);

        var before = cursor ?? new Cursor { ImportedFrom = read.From, ReadWeekAt = started, ImportedAllAt = collection.TimeField is null ? started : null, FullReadAt = collection.TimeField is null ? started : null };
        cursor = before with
        {
            ReadAt = started,
            ReadDayAt = read.IsDaily ? started : before.ReadDayAt,
            ReadWeekAt = read.IsWeekly ? started : before.ReadWeekAt,
            HasOffsets = before.HasOffsets || spool.HasOffsets,
            RecentIds = WithOlder(spool.NewestIds(clock.GetUtcNow().AddDays(1)), before.RecentIds),
            Pages = hasTags ? tags.ToArray() : [],
        };
        await cursors.SaveAsync(run.Lease, collection.Name, cursor, cancellationToken);
        if (collection.TimeField is not null)
            await ReadSingleDaysAsync(run, site, collection, cursor, covered, tags.AreUnchanged, cancellationToken);
    }

    /// <summary>Goes backwards window by window until the site is proven to hold nothing older; each finished window is kept if the run ends.</summary>
    public async Task CopyOlderAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        while (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is { ImportedAllAt: null } cursor)
        {
            if (IsOverBudget(run))
                return;
            using var spool = spools.Of(run, collection);
            if (await ranges.NewestBeforeAsync(site, collection, StartOf(cursor.ImportedFrom), cancellationToken) is not { } newest)
            {
                var hasOdd = await FillOddAsync(run, spool, site, collection, cancellationToken);
                await StoreAsync(run, site, collection, spool, new(Coverage.FirstDay, cursor.ImportedFrom, hasOdd), cancellationToken);
                await cursors.SaveAsync(run.Lease, collection.Name, cursor with { ImportedAllAt = Now, FullReadAt = cursor.ReadWeekAt }, cancellationToken);
                return;
            }
            var (first, before) = Window(collection, cursor.ImportedFrom, DateOnly.FromDateTime(newest.UtcDateTime));
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(first), StartOf(before), withOffsets: true, new(), cancellationToken));
            await StoreAsync(run, site, collection, spool, new(first, cursor.ImportedFrom, Odd: false), cancellationToken);
            await cursors.SaveAsync(run.Lease, collection.Name, cursor with
            {
                ImportedFrom = first,
                HasOffsets = cursor.HasOffsets || spool.HasOffsets,
                RecentIds = WithOlder(cursor.RecentIds, spool.NewestIds(DateTimeOffset.MaxValue)),
            }, cancellationToken);
        }
    }

    /// <summary>Reads everything again, month by month backwards, some pages a night; a month that is as it was costs no bytes. Not profiles: every run reads all of them.</summary>
    /// <param name="pages">Requests that may still be made.</param>
    /// <returns>Requests made.</returns>
    public async Task<int> CopyEverythingAsync(Run run, Site site, Collection collection, int pages, CancellationToken cancellationToken)
    {
        var requests = site.Visit.Requests;
        if (collection.TimeField is null)
            return 0; // each read is of everything
        while (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is { } cursor && Tiers.IsFullDue(cursor, Now, options))
        {
            if (site.Visit.Requests - requests >= pages || IsOverBudget(run))
                break;
            var position = cursor.FullReadFrom ?? Today.AddDays(1);
            cursor = cursor with { FullStartedAt = cursor.FullStartedAt ?? Now };
            using var spool = spools.Of(run, collection);
            if (await ranges.NewestBeforeAsync(site, collection, StartOf(position), cancellationToken) is not { } newest)
            {
                var hasOdd = await FillOddAsync(run, spool, site, collection, cancellationToken);
                await StoreAsync(run, site, collection, spool, new(Coverage.FirstDay, position, hasOdd), cancellationToken);
                await cursors.SaveAsync(run.Lease, collection.Name, cursor with { FullReadAt = cursor.FullStartedAt, FullStartedAt = null, FullReadFrom = null }, cancellationToken);
                break;
            }
            var day = DateOnly.FromDateTime(newest.UtcDateTime);
            var (first, next) = (new DateOnly(day.Year, day.Month, 1), day is { Year: 9999, Month: 12 } ? DateOnly.MaxValue : new DateOnly(day.Year, day.Month, 1).AddMonths(1));
            var before = next < position ? next : position;
            var month = $"{first:yyyy-MM}";
            var tags = new PageTags(before == next ? await cursors.MonthPagesAsync(run.ParticipantId, collection.Name, month, cancellationToken) : null);
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(first), StartOf(before), withOffsets: true, tags, cancellationToken));
            if (!tags.AreUnchanged || before < position)
                await StoreAsync(run, site, collection, spool, new(tags.AreUnchanged ? before : first, position, Odd: false), cancellationToken);
            if (before == next && !tags.AreUnchanged)
                await cursors.SaveMonthPagesAsync(run.Lease, collection.Name, month, tags.ToArray(), cancellationToken);
            await cursors.SaveAsync(run.Lease, collection.Name, cursor with { FullReadFrom = first, HasOffsets = cursor.HasOffsets || spool.HasOffsets }, cancellationToken);
        }
        return site.Visit.Requests - requests;
    }

    /// <summary>Reads everything and compares it with the files themselves, not with what is known of them.</summary>
    public async Task CompareAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        if (collection.TimeField is null)
        {
            await cursors.ForgetReadAsync(run.Lease, collection.Name, cancellationToken);
            await CopyNewAsync(run, site, collection, cancellationToken);
            return;
        }
        if (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is null)
            await CopyNewAsync(run, site, collection, cancellationToken);
        await CopyOlderAsync(run, site, collection, cancellationToken);
        run.Totals.Differences.Remove(collection.Name); // only the read of everything counts
        await cursors.ForgetReadAsync(run.Lease, collection.Name, cancellationToken);
        var cursor = (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken))!;
        using (var nothing = spools.Of(run, collection))
            await identity.ProveAsync(run, site, cursor, nothing, cancellationToken);
        await cursors.SaveAsync(run.Lease, collection.Name, cursor with { FullStartedAt = Now, FullReadFrom = EndOfTime }, cancellationToken);
        await CopyEverythingAsync(run, site, collection, int.MaxValue, cancellationToken);
    }

    /// <summary>Asks API v3, where a token allows it, in which days something was written, edited or marked as deleted; those days are read again.</summary>
    public async Task NoteHistoryAsync(Run run, Site site, Collection collection, string jwt, CancellationToken cancellationToken)
    {
        if (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is not { } cursor)
            return;
        var after = cursor.HistoryAt ?? new DateTimeOffset(cursor.ReadAt).AddDays(-1).ToUnixTimeMilliseconds(); // what was written earlier, that read and the first import have seen
        if (await ChangeHistory.ReadAsync(nightscout, site, collection, jwt, after, cancellationToken) is not { } history)
            return;
        if (history.Days.Count > 0)
            await due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition(
                "insert into ingest.day_to_read (participant_id, collection, day) select @ParticipantId, @Name, day from unnest(@days) as changed (day) on conflict do nothing",
                new { run.ParticipantId, collection.Name, days = history.Days.ToArray() }, cancellationToken: cancellationToken)), cancellationToken);
        if (cursor.HistoryAt != history.At)
            await cursors.SaveAsync(run.Lease, collection.Name, cursor with { HistoryAt = history.At }, cancellationToken);
    }

    /// <summary>Reads days by themselves: those in which API v3 reported a change, and those with records that have been absent for a day.</summary>
    async Task ReadSingleDaysAsync(Run run, Site site, Collection collection, Cursor cursor, Coverage covered, bool unchanged, CancellationToken cancellationToken)
    {
        var (reported, absent) = await absences.DueDaysAsync(run, collection, cancellationToken);
        var done = reported.Where(covered.Contains).ToList(); // an unchanged answer covers them as well: the change was there before
        var days = reported.Where(day => !covered.Contains(day)).Concat(absent.Where(day => day != Period.NoDay && (unchanged || !covered.Contains(day)))).Distinct()
            .Where(day => run.IsDaily || !Period.Of(day, Today).IsMonth).Where(day => cursor.ImportedAllAt is not null || day >= cursor.ImportedFrom).Take(MostSingleDays).ToList();
        foreach (var day in days)
        {
            using var spool = spools.Of(run, collection);
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(day), StartOf(day.AddDays(1)), withOffsets: true, new(), cancellationToken));
            await StoreAsync(run, site, collection, spool, new(day, day.AddDays(1), Odd: false), cancellationToken);
            done.Add(day);
        }
        if (done.Count > 0)
            await due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition(
                "delete from ingest.day_to_read where participant_id = @ParticipantId and collection = @Name and day = any(@days)",
                new { run.ParticipantId, collection.Name, days = done.ToArray() }, cancellationToken: cancellationToken)), cancellationToken);
    }

    /// <summary>A whole month where months are joined into one file, else some days; never a part of a joined month.</summary>
    (DateOnly First, DateOnly Before) Window(Collection collection, DateOnly importedFrom, DateOnly newest)
    {
        var monthStart = new DateOnly(newest.Year, newest.Month, 1);
        var before = newest < DateOnly.MaxValue.AddDays(-2) ? newest.AddDays(2) : DateOnly.MaxValue; // two: text times with offsets are ordered by wall clock, up to 14 hours off
        if (before > importedFrom)
            before = importedFrom;
        if (Period.IsClosed(newest, Today))
            return (monthStart, before);
        var first = newest.AddDays(1 - collection.ImportDays);
        return (Period.IsClosed(first, Today) ? monthStart : first, before);
    }

    async Task FillAsync(Run run, RecordSpool spool, IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> records)
    {
        var scrubber = spools.ScrubberOf(run);
        await foreach (var (_, record) in records)
        {
            spool.Add(scrubber.Scrub(record.Span));
            run.Totals.RecordsRead++;
        }
    }

    /// <summary>Adds what no range finds. Other servers of the same API may not know the operators this takes: then there is nothing to add.</summary>
    /// <returns>Whether the site told.</returns>
    async Task<bool> FillOddAsync(Run run, RecordSpool spool, Site site, Collection collection, CancellationToken cancellationToken)
    {
        try
        {
            await FillAsync(run, spool, ranges.ReadOddAsync(site, collection, cancellationToken));
            return true;
        }
        catch (NightscoutException problem) when (problem is SiteTemporaryException or NotNightscoutException or PageTooLargeException)
        {
            log.LogInformation("The site of participant {Participant} does not tell {Collection} without a usable time: {Problem:l}", run.ParticipantId, collection.Name, problem.Message);
            return false;
        }
    }

    /// <summary>Rewrites the files of the days that are not as they were, and of records that turn out to be deleted or to have moved.</summary>
    async Task StoreAsync(Run run, Site site, Collection collection, RecordSpool spool, Coverage covered, CancellationToken cancellationToken)
    {
        var (changed, emptied) = await digests.ChangedAsync(run.ParticipantId, collection.Name, spool.Days(), covered, cancellationToken);
        changed = [.. changed, .. await NotePrunedAsync(run, site, collection, emptied, cancellationToken)];
        run.Totals.DifferencesOf(collection).Served += spool.Served;
        var servedOdd = spool.Odd();
        var days = changed.Select(day => day.Day).Concat((await odd.ChangedAsync(run.ParticipantId, collection.Name, servedOdd, cancellationToken)).Select(record => record.Day));
        if (covered.Odd)
            days = days.Concat(await odd.MissingDaysAsync(run.ParticipantId, collection.Name, servedOdd, cancellationToken));
        var scrubber = spools.ScrubberOf(run);
        var verdicts = await absences.JudgeAsync(run, site, collection, spool, covered, record => scrubber.Scrub(record.Span), cancellationToken);

        // A record that moved goes to its new file before it leaves the old one.
        foreach (var period in verdicts.Days.Concat(days).Select(day => Period.Of(day, Today)).Distinct().OrderBy(period => !verdicts.Moved.Exists(period.Contains)).ThenByDescending(period => period.Name, StringComparer.Ordinal).ToList())
            await files.WriteAsync(run, collection, period, new([.. changed.Where(day => Period.Of(day.Day, Today) == period)], covered, verdicts.Deleted), spool, cancellationToken);
        await absences.ForgetAsync(run, collection, verdicts.Settled, cancellationToken);
    }

    /// <summary>Days of which the site has nothing any more, nor anything older: they were pruned, our files stay as they are.</summary>
    /// <param name="emptied">As they were.</param>
    /// <returns>The days whose records are to be looked for.</returns>
    async Task<IEnumerable<DayDigest>> NotePrunedAsync(Run run, Site site, Collection collection, IReadOnlyList<DayDigest> emptied, CancellationToken cancellationToken)
    {
        if (emptied.Count == 0)
            return [];
        var oldest = collection == Collection.DeviceStatus ? null : await ranges.OldestAsync(site, collection, cancellationToken);
        var pruned = emptied.Where(day => oldest is null || StartOf(day.Day) < oldest).ToList();
        if (collection != Collection.DeviceStatus && pruned.Sum(day => day.Records) <= FewRecords)
            pruned = []; // so few may have moved: each is asked for by its id
        if (pruned.Count > 0)
            await due.Leases.CommitAsync(run.Lease, async connection =>
            {
                await DaySummaries.EmptyAsync(run.ParticipantId, collection.Name, [.. pruned.Select(day => day.Day)], connection, cancellationToken);
                return await DayDigests.StoreAsync(run.ParticipantId, collection.Name, [.. pruned.Select(day => (Empty(day), (byte[]?)null))], connection, cancellationToken);
            }, cancellationToken);
        return emptied.Except(pruned).Select(Empty);

        static DayDigest Empty(DayDigest day) => new(day.Day, 0, 0);
    }

    async Task NoteZoneAsync(Run run, RecordSpool spool, CancellationToken cancellationToken)
    {
        if (spool.Zone is not { } zone)
            return;
        run.LocalDays = new(zone);
        await due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition(
            "update ingest.participant set zone = @zone where participant_id = @ParticipantId and zone is distinct from @zone", new { zone, run.ParticipantId }, cancellationToken: cancellationToken)), cancellationToken);
    }

    /// <summary>Not the newest alone: those may be edited away.</summary>
    static string[] WithOlder(string[] newest, string[] older) => [.. newest.Union(older).Take(MostRecentIds)];

    /// <summary>A run that takes long goes on with the next one.</summary>
    bool IsOverBudget(Run run) => run.IsUnfinished |= !run.IsUnhurried && clock.GetUtcNow() - run.Started > options.RunBudget;

    static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
