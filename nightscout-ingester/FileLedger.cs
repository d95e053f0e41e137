using Dapper;
using Nightscout;
using Npgsql;
using OpenHumans;
using Register;

namespace NightscoutIngester;

/// <summary>A file written to Open Humans, or about to be.</summary>
/// <param name="State">planned, started, put, completed, current, superseded, removed (and, not read back: deleted, abandoned).</param>
/// <param name="OpenHumansId">Open Humans' id of it, from state started on.</param>
/// <param name="PlannedAt">Before anything of it was written.</param>
/// <param name="MissingSince">First listing that lacked it though it is current.</param>
public sealed record FileRow(long FileId, string Collection, Period Period, string State, long? OpenHumansId, long Bytes, byte[] Sha256, int Revision, DateTime PlannedAt, DateTime? MissingSince);

/// <summary>The table <c>ingest.file</c>. Every change is committed only while the participant's lease is ours.</summary>
public sealed class FileLedger(NpgsqlDataSource db, DueParticipants due)
{
    /// <summary>A file that a listing lacks is believed to be gone when another lacks it this much later.</summary>
    static readonly TimeSpan Doubt = TimeSpan.FromHours(1);

    const string Columns = "file_id, collection, period, state, open_humans_id, bytes, sha256, revision, planned_at, missing_since";

    sealed record Stored(long FileId, string Collection, string Period, string State, long? OpenHumansId, long Bytes, byte[] Sha256, int Revision, DateTime PlannedAt, DateTime? MissingSince)
    {
        public FileRow Row => new(FileId, Collection, new(Period), State, OpenHumansId, Bytes, Sha256, Revision, PlannedAt, MissingSince);
    }

    /// <summary>The participant's files of a collection that are not over and done with, oldest first.</summary>
    public async Task<IReadOnlyList<FileRow>> OpenAsync(long participantId, string collection, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Stored>(new CommandDefinition($"""
            select {Columns} from ingest.file
             where participant_id = @participantId and collection = @collection and state not in ('deleted', 'abandoned')
             order by file_id
            """, new { participantId, collection }, cancellationToken: cancellationToken))).Select(stored => stored.Row)];
    }

    /// <summary>Of all collections: what an earlier run left half done.</summary>
    public async Task<IReadOnlyList<FileRow>> UnsettledAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Stored>(new CommandDefinition($"""
            select {Columns} from ingest.file
             where participant_id = @participantId and state in ('planned', 'started', 'put', 'completed', 'superseded')
             order by file_id
            """, new { participantId }, cancellationToken: cancellationToken))).Select(stored => stored.Row)];
    }

    public Task<FileRow> PlanAsync(Run run, Collection collection, Period period, SealedFile file, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, async connection => (await connection.QuerySingleAsync<Stored>(new CommandDefinition($"""
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at)
            select @Key, @collection, @period, coalesce(max(revision), 0) + 1, 'planned', @Fence, @Length, @Sha256, @Md5, @Records, @First, @Last
              from ingest.file where participant_id = @Key and collection = @collection and period = @period
            returning {Columns}
            """, new
        {
            run.Lease.Key,
            run.Lease.Fence,
            collection = collection.Name,
            period = period.Name,
            file.Length,
            file.Sha256,
            file.Md5,
            file.Records,
            file.First,
            file.Last,
        }, cancellationToken: cancellationToken))).Row, cancellationToken);

    public Task SetStateAsync(Run run, long fileId, string state, CancellationToken cancellationToken, long? openHumansId = null) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            update ingest.file set state = @state, open_humans_id = coalesce(@openHumansId, open_humans_id),
                   closed_at = case when @state in ('deleted', 'abandoned') then now() end
             where file_id = @fileId
            """, new { fileId, state, openHumansId }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>One transaction: the new file is current, what it covers is superseded, and what is known of its records is noted.</summary>
    public Task MakeCurrentAsync(Run run, FileRow row, PeriodNotes notes, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, async connection =>
        {
            await connection.ExecuteAsync(new CommandDefinition($"""
                update ingest.file set state = 'superseded'
                 where participant_id = @ParticipantId and collection = @Collection and state = 'current'
                   and (period = @period or length(@period) = 7 and period like @period || '-__');
                update ingest.file set state = 'current', current_at = now() where file_id = @FileId;
                update ingest.day_digest set ids = null
                 where participant_id = @ParticipantId and collection = @Collection and {InPeriod("day", "@period")};
                """, new { run.ParticipantId, row.Collection, period = row.Period.Name, row.FileId }, cancellationToken: cancellationToken));
            return await notes.StoreAsync(run.ParticipantId, row.Collection, connection, cancellationToken);
        }, cancellationToken);

    /// <summary>Notes what is known of a period's records whose file needs no change.</summary>
    public Task NoteAsync(Run run, Collection collection, PeriodNotes notes, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => notes.StoreAsync(run.ParticipantId, collection.Name, connection, cancellationToken), cancellationToken);

    /// <summary>Ids on Open Humans of all files we have ever written or taken over, with their state.</summary>
    public async Task<IReadOnlyDictionary<long, (long FileId, string State)>> KnownAsync(long participantId, long[] listed, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<(long OpenHumansId, long FileId, string State)>(new CommandDefinition(
            "select open_humans_id, file_id, state from ingest.file where participant_id = @participantId and open_humans_id = any(@listed)",
            new { participantId, listed }, cancellationToken: cancellationToken))).ToDictionary(row => row.OpenHumansId, row => (row.FileId, row.State));
    }

    /// <summary>Enters files that we found and whose records stand in files of ours by now: they are deleted as ours are.</summary>
    /// <param name="state"><c>superseded</c>; <c>abandoned</c> for one that stays where it is.</param>
    public Task EnterAsync(Run run, Collection collection, Period period, OpenHumansFile file, string state, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            insert into ingest.file (participant_id, collection, period, revision, state, fence, open_humans_id, bytes, sha256, md5, records)
            select @Key, @collection, @period, coalesce(max(revision), 0) + 1, @state, @Fence, @Id, 0, '', '', 0
              from ingest.file where participant_id = @Key and collection = @collection and period = @period
            """, new { run.Lease.Key, run.Lease.Fence, collection = collection.Name, period = period.Name, state, file.Id }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Files that a complete listing lacks went with the participant's membership: their days are to be written again, and the site is read from its beginning.</summary>
    public Task ForgetMissingAsync(Run run, long[] listed, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            with gone as (
                update ingest.file set state = 'deleted', closed_at = now()
                 where participant_id = @ParticipantId and state = 'current' and open_humans_id <> all(@listed)
                returning collection, period)
            delete from ingest.day_digest d using gone
             where d.participant_id = @ParticipantId and d.collection = gone.collection and {InPeriod("d.day", "gone.period")};
            delete from ingest.cursor where participant_id = @ParticipantId;
            delete from ingest.month_pages where participant_id = @ParticipantId
            """, new { run.ParticipantId, listed }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>SQL: whether a day lies in a period; <see cref="Period.NoDay"/> is minus infinity in the database.</summary>
    static string InPeriod(string day, string period) => $"(to_char({day}, 'YYYY-MM-DD') like {period} || '%' or {period} = 'undated' and {day} < date '0001-01-02')";

    /// <summary>Compares the current files with those of a complete listing: one that we did not delete was deleted by the participant.</summary>
    public Task CompareAsync(Run run, long[] listed, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            update ingest.file set missing_since = null
             where participant_id = @ParticipantId and state = 'current' and missing_since is not null and open_humans_id = any(@listed);
            update ingest.file set state = 'removed', closed_at = now()
             where participant_id = @ParticipantId and state = 'current' and missing_since < now() - @Doubt and open_humans_id <> all(@listed);
            update ingest.file set missing_since = now()
             where participant_id = @ParticipantId and state = 'current' and missing_since is null and open_humans_id <> all(@listed);
            """, new { run.ParticipantId, listed, Doubt }, cancellationToken: cancellationToken)), cancellationToken);
}
