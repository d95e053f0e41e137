using Dapper;
using Nightscout;
using Register;

namespace NightscoutIngester;

/// <summary>Copies one collection of one participant: what is new; at the first import what is older, backwards; and once a quarter everything again.</summary>
public sealed class CollectionIngest(
    Ranges ranges, Cursors cursors, DayDigests digests, Findings findings, Absences absences, SiteIdentity identity, DueParticipants due, NightscoutClient nightscout, Spools spools,
    IngestOptions options, TimeProvider clock, ILogger<CollectionIngest> log)
{
    /// <summary>Single days read in one run because something is known to have changed there; the rest waits for the next.</summary>
    const int MostSingleDays = 30;

    const int MostRecentIds = 10;

    /// <summary>Runs in a row that ask again for what no range finds, when a site did not tell; then it is asked once a week: some servers never tell.</summary>
    const int MostOddTries = 5;

    /// <summary>Requests of a window besides its full pages: what its newest record is, and that nothing follows the last.</summary>
    const int PagesBeside = 3;

    /// <summary>Behind every future date, but near enough to be widened.</summary>
    static readonly DateOnly EndOfTime = new(9999, 12, 1);

    DateTime Now => clock.GetUtcNow().UtcDateTime;

    DateOnly Today => DateOnly.FromDateTime(Now);

    /// <summary>Reads from the last success back by the overlap of its tier, to the end of time: what is new, late, edited or dated in the future.</summary>
    public async Task CopyNewAsync(Run run, Site site, Collection collection, CancellationToken cancellationToken)
    {
        var started = Now;
        var cursor = await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken);
        var read = cursor is null ? new ForwardRead(DateOnly.FromDateTime(started.AddDays(-1)), IsDaily: true, IsWeekly: false)
            : Tiers.Next(collection, cursor, started, options.EveryAfter(site.Visit), run.LocalDays.Night(clock.GetUtcNow()) is not null, options);
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
        var asksOdd = collection.TimeField is not null && (read.IsWeekly || cursor is { ImportedAllAt: not null, OddUntold: > 0 and < MostOddTries });
        var hasOdd = asksOdd && await FillOddAsync(run, spool, site, collection, cancellationToken);
        var covered = collection.TimeField is null ? Coverage.Everything : new Coverage(read.From, DateOnly.MaxValue, hasOdd);
        if (tags.AreUnchanged)
            run.IsSiteProven = true;
        else
            await identity.ProveAsync(run, site, cursor, spool, cancellationToken);
        var isNoted = tags.AreUnchanged && !covered.Odd
            || await findings.StoreAsync(run, site, collection, spool, tags.AreUnchanged ? Coverage.Nothing with { Odd = true } : covered, cancellationToken);
        if (collection == Collection.Profile && spool.Count > 0)
            await NoteZoneAsync(run, spool, cancellationToken);

        var before = cursor ?? new Cursor { ImportedFrom = read.From, ReadWeekAt = started, ImportedAllAt = collection.TimeField is null ? started : null, FullReadAt = collection.TimeField is null ? started : null };
        cursor = before with
        {
            ReadAt = started,
            ReadDayAt = read.IsDaily ? started : before.ReadDayAt,
            ReadWeekAt = read.IsWeekly ? started : before.ReadWeekAt,
            HasOffsets = before.HasOffsets || spool.HasOffsets,
            OddUntold = asksOdd ? Untold(before, hasOdd) : before.OddUntold,
            RecentIds = WithOlder(spool.NewestIds(clock.GetUtcNow().AddDays(1)), before.RecentIds),
            Pages = hasTags && isNoted ? tags.ToArray() : [],
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
                await findings.StoreAsync(run, site, collection, spool, new(Coverage.FirstDay, cursor.ImportedFrom, hasOdd), cancellationToken);
                await cursors.SaveAsync(run.Lease, collection.Name, cursor with { ImportedAllAt = Now, FullReadAt = cursor.ReadWeekAt, OddUntold = Untold(cursor, hasOdd) }, cancellationToken);
                return;
            }
            var (first, before) = Window(collection, cursor.ImportedFrom, DateOnly.FromDateTime(newest.UtcDateTime));
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(first), StartOf(before), withOffsets: true, new(), cancellationToken));
            await findings.StoreAsync(run, site, collection, spool, new(first, cursor.ImportedFrom, Odd: false), cancellationToken);
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
    public async Task CopyEverythingAsync(Run run, Site site, Collection collection, int pages, CancellationToken cancellationToken)
    {
        if (collection.TimeField is null)
            return; // each read is of everything
        var asked = site.Visit.Requests;
        while (await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is { } cursor && Tiers.IsFullDue(cursor, Now, options) && !IsOverBudget(run))
        {
            var position = cursor.FullReadFrom ?? Today.AddDays(1);
            cursor = cursor with { FullStartedAt = cursor.FullStartedAt ?? Now };
            using var spool = spools.Of(run, collection);
            if (await ranges.NewestBeforeAsync(site, collection, StartOf(position), cancellationToken) is not { } newest)
            {
                var hasOdd = await FillOddAsync(run, spool, site, collection, cancellationToken);
                await findings.StoreAsync(run, site, collection, spool, new(Coverage.FirstDay, position, hasOdd), cancellationToken);
                await cursors.SaveAsync(run.Lease, collection.Name, cursor with { FullReadAt = cursor.FullStartedAt, FullStartedAt = null, FullReadFrom = null, OddUntold = Untold(cursor, hasOdd) }, cancellationToken);
                break;
            }
            var day = DateOnly.FromDateTime(newest.UtcDateTime);
            var (first, next) = (new DateOnly(day.Year, day.Month, 1), day is { Year: 9999, Month: 12 } ? DateOnly.MaxValue : new DateOnly(day.Year, day.Month, 1).AddMonths(1));
            var before = next < position ? next : position;
            var used = site.Visit.Requests - asked;
            var wanted = await digests.CountAsync(run.ParticipantId, collection.Name, first, before, cancellationToken) / collection.PageSize + PagesBeside;
            var isFirst = pages >= options.FullPages && used <= PagesBeside; // of this night: a month that is too much for any night is read all the same
            if (used + wanted > pages && !isFirst)
                break;
            var month = Cursors.Month(first);
            var tags = new PageTags(before == next ? await cursors.MonthPagesAsync(run.ParticipantId, collection.Name, month, cancellationToken) : null);
            await FillAsync(run, spool, ranges.ReadAsync(site, collection, StartOf(first), StartOf(before), withOffsets: true, tags, cancellationToken));
            var isNoted = tags.AreUnchanged && before == position
                || await findings.StoreAsync(run, site, collection, spool, new(tags.AreUnchanged ? before : first, position, Odd: false), cancellationToken);
            if (before == next && !tags.AreUnchanged && isNoted)
                await cursors.SaveMonthPagesAsync(run.Lease, collection.Name, month, tags.ToArray(), cancellationToken);
            await cursors.SaveAsync(run.Lease, collection.Name, cursor with { FullReadFrom = first, HasOffsets = cursor.HasOffsets || spool.HasOffsets }, cancellationToken);
        }
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
            await findings.StoreAsync(run, site, collection, spool, new(day, day.AddDays(1), Odd: false), cancellationToken);
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

    static int Untold(Cursor cursor, bool isTold) => isTold ? 0 : Math.Min(cursor.OddUntold + 1, MostOddTries);

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
