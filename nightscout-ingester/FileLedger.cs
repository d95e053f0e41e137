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
/// <param name="Sha256">Of the bytes as we wrote them; empty when those in the account are not ours: a damaged file, or one taken over.</param>
/// <param name="MissingSince">First listing that lacked it though it is current.</param>
public sealed record FileRow(long FileId, string Collection, Period Period, string State, long? OpenHumansId, long Bytes, byte[] Sha256, int Revision, DateTime PlannedAt, DateTime? MissingSince);

/// <summary>A file of the account that stands in the books.</summary>
/// <param name="IsOurs">It was written by us, and found as we wrote it.</param>
public sealed record KnownFile(long OpenHumansId, long FileId, string State, bool IsOurs);

/// <summary>A data file of the account that is in no use by the books.</summary>
/// <param name="FileId">Its row, where it was given up before.</param>
public sealed record FoundFile(OpenHumansFile File, DataFileName Name, long? FileId)
{
    /// <summary>As the system that wrote it left it; null: by another one.</summary>
    public FileMetadata? Metadata { get; } = FileMetadata.TryRead(File.Metadata);

    /// <summary>0 where none is told: a whole history has its time instead.</summary>
    public int Revision => Metadata?.Revision ?? 0;

    /// <summary>The hash it should have; null where none is told.</summary>
    public byte[]? Sha256 => Metadata?.Sha256 is { Length: 64 } hash && hash.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hash) : null;
}

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

    /// <param name="after">A revision that may stand in the account already.</param>
    public Task<FileRow> PlanAsync(Run run, Collection collection, Period period, SealedFile file, int after, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, async connection => (await connection.QuerySingleAsync<Stored>(new CommandDefinition($"""
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at)
            select @Key, @collection, @period, greatest(max(revision), @after) + 1, 'planned', @Fence, @Length, @Sha256, @Md5, @Records, @First, @Last
              from ingest.file where participant_id = @Key and collection = @collection and period = @period
            returning {Columns}
            """, new
        {
            run.Lease.Key,
            run.Lease.Fence,
            collection = collection.Name,
            period = period.Name,
            after,
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

    /// <summary>One transaction: the new file is current, what it covers is superseded (a damaged file stays where it is), and what is known of its records is noted.</summary>
    public Task MakeCurrentAsync(Run run, FileRow row, PeriodNotes notes, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, async connection =>
        {
            await MakeCurrentAsync(run, row.Collection, row.Period, row.FileId, connection, cancellationToken);
            return await notes.StoreAsync(run.ParticipantId, row.Collection, connection, cancellationToken);
        }, cancellationToken);

    static Task<int> MakeCurrentAsync(Run run, string collection, Period period, long fileId, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition($"""
            update ingest.file set state = case when sha256 = '' then 'abandoned' else 'superseded' end, closed_at = case when sha256 = '' then now() end
             where participant_id = @ParticipantId and collection = @collection and state = 'current'
               and (period = @period or length(@period) = 7 and period like @period || '-__');
            update ingest.file set state = 'current', current_at = now(), missing_since = null, closed_at = null where file_id = @fileId;
            update ingest.day_digest set ids = null
             where participant_id = @ParticipantId and collection = @collection and {InPeriod("day", "@period")};
            """, new { run.ParticipantId, collection, period = period.Name, fileId }, cancellationToken: cancellationToken));

    /// <summary>
    /// Enters a file of ours that the books do not know as what it is: the current one of its period. What they knew of the period's days is of an earlier
    /// file, and is forgotten; the site is taken to have served what the file holds, and is asked again.
    /// </summary>
    public Task AdoptAsync(Run run, FoundFile found, long bytes, byte[] sha256, byte[] md5, PeriodNotes notes, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, async connection =>
        {
            var fileId = found.FileId ?? await EnterAsync(run, found, "completed", connection, cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition($"""
                update ingest.file set bytes = @bytes, sha256 = @sha256, md5 = @md5, records = @records, first_at = @StartDate, last_at = @EndDate where file_id = @fileId;
                delete from ingest.day_digest where participant_id = @ParticipantId and collection = @Collection and {InPeriod("day", "@period")};
                delete from ingest.odd_record
                 where participant_id = @ParticipantId and collection = @Collection and ({InPeriod("day", "@period")} or record_id = any(@odd));
                {ForgetPages}
                """, new
            {
                run.ParticipantId,
                found.Name.Collection,
                period = found.Name.Period.Name,
                fileId,
                bytes,
                sha256,
                md5,
                records = found.Metadata?.Records ?? 0,
                found.Metadata?.StartDate,
                found.Metadata?.EndDate,
                odd = notes.HeldOdd.Select(record => record.RecordId).ToArray(),
            }, cancellationToken: cancellationToken));
            await MakeCurrentAsync(run, found.Name.Collection, found.Name.Period, fileId, connection, cancellationToken);
            return await notes.StoreAsync(run.ParticipantId, found.Name.Collection, connection, cancellationToken);
        }, cancellationToken);

    /// <summary>Notes what is known of a period's records whose file needs no change.</summary>
    public Task NoteAsync(Run run, Collection collection, PeriodNotes notes, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => notes.StoreAsync(run.ParticipantId, collection.Name, connection, cancellationToken), cancellationToken);

    /// <summary>Ids on Open Humans of all files we have ever written or taken over, with their state.</summary>
    public async Task<IReadOnlyDictionary<long, KnownFile>> KnownAsync(long participantId, long[] listed, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<KnownFile>(new CommandDefinition(
            "select open_humans_id, file_id, state, sha256 <> '' as is_ours from ingest.file where participant_id = @participantId and open_humans_id = any(@listed)",
            new { participantId, listed }, cancellationToken: cancellationToken))).ToDictionary(row => row.OpenHumansId);
    }

    /// <summary>Enters files that we found and whose records stand in files of ours by now: they are deleted as ours are.</summary>
    /// <param name="state"><c>superseded</c>; <c>abandoned</c> for one that stays where it is.</param>
    public Task EnterAsync(Run run, FoundFile found, string state, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => EnterAsync(run, found, state, connection, cancellationToken), cancellationToken);

    static async Task<long> EnterAsync(Run run, FoundFile found, string state, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            with known as (update ingest.file set state = @state, sha256 = '', closed_at = case when @state = 'abandoned' then now() end where file_id = @FileId returning file_id),
            entered as (
                insert into ingest.file (participant_id, collection, period, revision, state, fence, open_humans_id, bytes, sha256, md5, records)
                select @Key, @Collection, @period, greatest(coalesce(max(revision), 0) + 1, @Revision), @state, @Fence, @Id, 0, '', '', 0
                  from ingest.file where @FileId is null and participant_id = @Key and collection = @Collection and period = @period
                having @FileId is null
                returning file_id)
            select file_id from known union all select file_id from entered
            """, new { run.Lease.Key, run.Lease.Fence, found.FileId, found.Name.Collection, period = found.Name.Period.Name, state, found.File.Id, found.Revision }, cancellationToken: cancellationToken));

    /// <summary>Current files that a listing lacks, and whose successor it has: they were replaced after these books were written.</summary>
    public Task SucceedAsync(Run run, FoundFile found, long[] listed, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            with gone as (
                update ingest.file set state = 'deleted', closed_at = now()
                 where participant_id = @ParticipantId and collection = @Collection and state = 'current' and open_humans_id <> all(@listed)
                   and (period = @period and revision <= @Revision or length(@period) = 7 and period like @period || '-__')
                returning period)
            delete from ingest.day_digest d using gone where d.participant_id = @ParticipantId and d.collection = @Collection and {InPeriod("d.day", "gone.period")}
            """, new { run.ParticipantId, found.Name.Collection, period = found.Name.Period.Name, found.Revision, listed }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>What the site served in some days counts as not known: the next read of them is compared with the files themselves.</summary>
    public Task ForgetReadAsync(Run run, Collection collection, DateOnly[] days, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            update ingest.day_digest set digest = 0, ids = null where participant_id = @ParticipantId and collection = @Collection and day = any(@days);
            {ForgetPages}
            """, new { run.ParticipantId, Collection = collection.Name, days }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>SQL: an answer that is as it was proves nothing any more.</summary>
    const string ForgetPages = """
        delete from ingest.month_pages where participant_id = @ParticipantId and collection = @Collection;
        update ingest.cursor set pages = '{}' where participant_id = @ParticipantId and collection = @Collection
        """;

    /// <summary>
    /// Files that a complete listing lacks went with the participant's membership: their days are to be written again, and the site is read from its beginning.
    /// Should a later listing have one all the same, it is taken over like one that the books do not know.
    /// </summary>
    public Task ForgetMissingAsync(Run run, long[] listed, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            with gone as (
                update ingest.file set state = 'abandoned', closed_at = now()
                 where participant_id = @ParticipantId and state = 'current' and open_humans_id <> all(@listed)
                returning collection, period)
            delete from ingest.day_digest d using gone
             where d.participant_id = @ParticipantId and d.collection = gone.collection and {InPeriod("d.day", "gone.period")};
            delete from ingest.cursor where participant_id = @ParticipantId;
            delete from ingest.month_pages where participant_id = @ParticipantId
            """, new { run.ParticipantId, listed }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>SQL: whether a day lies in a period; <see cref="Period.NoDay"/> is minus infinity in the database.</summary>
    static string InPeriod(string day, string period) => $"(to_char({day}, 'YYYY-MM-DD') like {period} || '%' or {period} = 'undated' and {day} < date '0001-01-02')";

    /// <summary>A completed upload is not in the account: given up when it was not an hour ago either.</summary>
    public Task DoubtAsync(Run run, long fileId, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            update ingest.file set state = case when missing_since < now() - @Doubt then 'abandoned' else state end, closed_at = case when missing_since < now() - @Doubt then now() end,
                   missing_since = coalesce(missing_since, now())
             where file_id = @fileId
            """, new { fileId, Doubt }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>The file is not in the account as it was written: it is never deleted by us, and its days are to be read again.</summary>
    public Task NoteDamageAsync(Run run, FileRow row, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            update ingest.file set sha256 = '' where file_id = @FileId;
            delete from ingest.day_digest where participant_id = @ParticipantId and collection = @Collection and {InPeriod("day", "@period")};
            update ingest.odd_record set hash = 0 where participant_id = @ParticipantId and collection = @Collection and {InPeriod("day", "@period")};
            insert into ingest.day_to_read (participant_id, collection, day) select @ParticipantId, @Collection, day from unnest(@days) as damaged (day) on conflict do nothing;
            {ForgetPages}
            """, new { run.ParticipantId, row.FileId, row.Collection, period = row.Period.Name, days = DaysToRead(row) }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>None of a collection that every run reads whole.</summary>
    static DateOnly[] DaysToRead(FileRow row) => row.Period.Days is var (first, last) && Nightscout.Collection.Named(row.Collection)!.TimeField is not null
        ? [.. Enumerable.Range(first.DayNumber, last.DayNumber - first.DayNumber + 1).Select(DateOnly.FromDayNumber)] : [];

    /// <summary>The account is to be listed before anything else: a file that should be there is not.</summary>
    public Task ListNextAsync(Run run, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition(
            "update ingest.participant set listed_at = null where participant_id = @ParticipantId", new { run.ParticipantId }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Compares the current files with those of a complete listing: one that we did not delete was deleted by the participant.</summary>
    public Task CompareAsync(Run run, long[] listed, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            update ingest.file set missing_since = null
             where participant_id = @ParticipantId and state in ('current', 'put', 'completed') and missing_since is not null and open_humans_id = any(@listed);
            update ingest.file set state = 'removed', closed_at = now()
             where participant_id = @ParticipantId and state = 'current' and missing_since < now() - @Doubt and open_humans_id <> all(@listed);
            update ingest.file set missing_since = now()
             where participant_id = @ParticipantId and state = 'current' and missing_since is null and open_humans_id <> all(@listed);
            """, new { run.ParticipantId, listed, Doubt }, cancellationToken: cancellationToken)), cancellationToken);
}
