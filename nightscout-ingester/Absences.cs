using Dapper;
using Nightscout;
using Npgsql;

namespace NightscoutIngester;

/// <summary>A record that we hold and a complete read of its day did not find; a row of <c>ingest.absent</c>.</summary>
public sealed record Absence(string RecordId, DateOnly Day, DateTime? At);

/// <summary>What is known of absent records after a read.</summary>
/// <param name="Deleted">Ids of those that were deleted at the source: our files mark them so.</param>
/// <param name="Days">Days whose files change.</param>
/// <param name="Moved">Days that records turned out to be under now.</param>
/// <param name="Copies">Second copies, which a run that was killed left in the file of the day before the move: they go.</param>
/// <param name="Back">Found again, here or under another day: their rows go once the files are written.</param>
/// <param name="Settled">Deleted or pruned: their rows stay, and tell a second copy from the only one.</param>
public sealed record Verdicts(
    IReadOnlySet<string> Deleted, IReadOnlyList<DateOnly> Days, List<DateOnly> Moved, IReadOnlyList<Absence> Copies, IReadOnlyList<Absence> Back, IReadOnlyList<Absence> Settled)
{
    public static readonly Verdicts None = new(new HashSet<string>(), [], [], [], [], []);
}

/// <summary>
/// Tells deleted records from pruned ones, and from those that only moved. Deleted is what two complete reads a day apart lack, while the site serves older
/// records and nothing under its id. What disappeared by age was pruned: our copy stays.
/// </summary>
public sealed class Absences(NpgsqlDataSource db, NightscoutClient nightscout, Ranges ranges, DueParticipants due, TimeProvider clock)
{
    static readonly TimeSpan Doubt = TimeSpan.FromHours(24);

    /// <summary>Records looked up by id in one run; the rest waits for the next.</summary>
    const int MostLookups = 300;

    /// <summary>No range finds it: the reads that find such records tell, and no other.</summary>
    const string IsOdd = "exists (select from ingest.odd_record o where o.participant_id = a.participant_id and o.collection = a.collection and o.record_id = a.record_id and o.day = a.day)";

    /// <summary>Days to be read by themselves: those in which API v3 reported a change, and those with records that have been absent for a day.</summary>
    public async Task<(IReadOnlyList<DateOnly> Reported, IReadOnlyList<DateOnly> Absent)> DueDaysAsync(Run run, Collection collection, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var days = (await connection.QueryAsync<(DateOnly Day, bool IsReported)>(new CommandDefinition($"""
            select day, true from ingest.day_to_read where participant_id = @ParticipantId and collection = @Name
            union all
            select distinct day, false from ingest.absent a where participant_id = @ParticipantId and collection = @Name and settled_at is null and since <= @before and not {IsOdd}
             order by day desc
            """, new { run.ParticipantId, collection.Name, before = clock.GetUtcNow().UtcDateTime - Doubt }, cancellationToken: cancellationToken))).ToLookup(row => row.IsReported, row => row.Day);
        return ([.. days[true]], [.. days[false]]);
    }

    /// <summary>Looks at what was absent from an earlier read of these days; a record that was found elsewhere is added to what was served.</summary>
    /// <param name="scrub">As records of the site are scrubbed.</param>
    public async Task<Verdicts> JudgeAsync(
        Run run, Site site, Collection collection, RecordSpool spool, Coverage covered, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scrub, CancellationToken cancellationToken)
    {
        var all = await ReadAsync(run.ParticipantId, collection.Name, cancellationToken);
        var rows = all.Where(row => (row.IsOdd ? covered.Odd : covered.Contains(row.Absence.Day)) && (row.Since is not null || spool.Contains(row.Absence.RecordId))).ToList();
        if (rows.Count == 0)
            return Verdicts.None;
        var copies = CopiesOf(all.Select(row => row.Absence), [.. rows.Select(row => row.Absence.RecordId)]).Where(copy => !spool.Contains(copy.RecordId)).ToList();
        rows.RemoveAll(row => copies.Contains(row.Absence));
        var back = rows.Where(row => spool.Contains(row.Absence.RecordId)).Select(row => row.Absence).ToList();
        var settled = new List<Absence>();
        var dueRows = rows.Where(row => row.Since <= clock.GetUtcNow().UtcDateTime - Doubt && !spool.Contains(row.Absence.RecordId)).Select(row => row.Absence).ToList();
        var (deleted, moved, days) = (new HashSet<string>(), new List<DateOnly>(), copies.Select(copy => copy.Day).ToHashSet());
        foreach (var absence in back.Where(absence => spool.DayOf(absence.RecordId) != absence.Day))
        {
            days.Add(absence.Day); // as it was when the record went missing: without this its file would not be written again
            moved.Add(spool.DayOf(absence.RecordId));
        }
        if (dueRows.Count > 0)
        {
            var oldest = await ranges.OldestAsync(site, collection, cancellationToken);
            foreach (var absence in dueRows)
            {
                if (CanLookUp(collection, absence.RecordId))
                {
                    if (run.Lookups++ >= MostLookups)
                        break;
                    if (await nightscout.FindAsync(site, collection, absence.RecordId, cancellationToken) is { } found)
                    {
                        moved.Add(spool.Add(scrub(found)));
                        days.Add(absence.Day);
                        back.Add(absence);
                        continue;
                    }
                }
                settled.Add(absence);
                var isPruned = oldest is null || absence.At is { } at && at <= oldest.Value.UtcDateTime; // nothing older is served either
                if (!isPruned)
                {
                    deleted.Add(absence.RecordId);
                    days.Add(absence.Day);
                }
            }
        }
        return new(deleted, [.. days, .. moved], moved, copies, back, settled);
    }

    /// <summary>Of records that are absent from the files of several days all but the one of the newest day.</summary>
    static IEnumerable<Absence> CopiesOf(IEnumerable<Absence> all, HashSet<string> ids) =>
        all.Where(absence => ids.Contains(absence.RecordId)).GroupBy(absence => absence.RecordId).SelectMany(same => same.OrderByDescending(absence => absence.Day).Skip(1));

    /// <summary>Once the files are written.</summary>
    public async Task StoreAsync(Run run, Collection collection, Verdicts verdicts, CancellationToken cancellationToken)
    {
        if (verdicts.Copies.Count + verdicts.Back.Count + verdicts.Settled.Count == 0)
            return;
        await due.Leases.CommitAsync(run.Lease, async connection =>
        {
            await ExecuteAsync("delete from ingest.absent", [.. verdicts.Back, .. verdicts.Copies], connection);
            await ExecuteAsync("delete from ingest.odd_record", verdicts.Copies, connection);
            return await ExecuteAsync("update ingest.absent set settled_at = now()", verdicts.Settled, connection);
        }, cancellationToken);

        Task<int> ExecuteAsync(string what, IReadOnlyList<Absence> records, NpgsqlConnection connection) => connection.ExecuteAsync(new CommandDefinition($"""
            {what} where participant_id = @ParticipantId and collection = @Name and (record_id, day) in (select * from unnest(@ids, @days))
            """, new { run.ParticipantId, collection.Name, ids = records.Select(record => record.RecordId).ToArray(), days = records.Select(record => record.Day).ToArray() }, cancellationToken: cancellationToken));
    }

    /// <summary>Part of the transaction that notes what was served.</summary>
    public static async Task NoteAsync(long participantId, string collection, IReadOnlyList<Absence> absent, DateTime since, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (absent.Count > 0)
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into ingest.absent (participant_id, collection, record_id, day, at, since)
                select @participantId, @collection, record_id, day, at, @since from unnest(@ids, @days, @times) as absent (record_id, day, at)
                    on conflict (participant_id, collection, record_id, day) do update set since = excluded.since, settled_at = null where absent.settled_at is not null
                """, new
            {
                participantId,
                collection,
                since,
                ids = absent.Select(record => record.RecordId).ToArray(),
                days = absent.Select(record => record.Day).ToArray(),
                times = absent.Select(record => record.At).ToArray(),
            }, cancellationToken: cancellationToken));
    }

    /// <summary>Profiles are always read whole; and servers before 15 fail for an id that is no ObjectId.</summary>
    static bool CanLookUp(Collection collection, string id) => collection.TimeField is not null && id.Length == 24 && id.All(char.IsAsciiHexDigit);

    /// <returns>Each with the time since when it waits for the verdict; null: it is settled.</returns>
    async Task<IReadOnlyList<(Absence Absence, bool IsOdd, DateTime? Since)>> ReadAsync(long participantId, string collection, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<(string RecordId, DateOnly Day, DateTime? At, bool IsOdd, DateTime? Since)>(new CommandDefinition(
            $"select record_id, day, at, {IsOdd}, case when settled_at is null then since end from ingest.absent a where participant_id = @participantId and collection = @collection",
            new { participantId, collection }, cancellationToken: cancellationToken))).Select(row => (new Absence(row.RecordId, row.Day, row.At), row.IsOdd, row.Since))];
    }
}
