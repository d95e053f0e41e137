using Dapper;
using Npgsql;
using Register;

namespace OpenHumansEtl;

/// <summary>What a period was last loaded from.</summary>
public sealed record LoadedPeriod(string Collection, string Period, string FileKey, int LoaderVersion, long Revision, DateTime WrittenAt, byte[] Sha256, DateTime? MissingSince);

/// <summary>The tables <c>openaps.loaded_file</c> and <c>openaps.loaded_period</c>; every method is part of the caller's transaction.</summary>
public static class LoadLedger
{
    /// <summary>How far a file was loaded.</summary>
    public sealed record Progress(long LinesDone, long RowsLoaded, long RowsUnchanged, long RowsRepeated, long RowsDeleted, long RowsQuarantined, DateTime? CompletedAt)
    {
        public LoadCounts Counts => new(LinesDone, RowsLoaded, RowsUnchanged, RowsRepeated, RowsDeleted, RowsQuarantined);
    }

    public static Task<Progress?> FindAsync(NpgsqlConnection connection, long participantId, SourceFile file, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Progress?>(new CommandDefinition("""
            select lines_done, rows_loaded, rows_unchanged, rows_repeated, rows_deleted, rows_quarantined, completed_at
              from openaps.loaded_file where participant_id = @participantId and file_key = @Key and loader_version = @LoaderVersion
            """, new { participantId, file.Key, SourceFile.LoaderVersion }, cancellationToken: cancellationToken));

    /// <summary>A whole-history file of a directory that is loaded, under the same name, and by its stamp not changed since.</summary>
    public static async Task<Progress?> FindUnchangedAsync(NpgsqlDataSource db, long participantId, DataFileName name, string stamp, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Progress?>(new CommandDefinition("""
            select f.lines_done, f.rows_loaded, f.rows_unchanged, f.rows_repeated, f.rows_deleted, f.rows_quarantined, f.completed_at
              from openaps.loaded_period p join openaps.loaded_file f using (participant_id, file_key, loader_version)
             where p.participant_id = @participantId and p.collection = @Collection and p.period = @period and p.revision = @Revision
               and p.loader_version = @LoaderVersion and f.source_stamp = @stamp and f.completed_at is not null
            """, new { participantId, name.Collection, period = name.Period.Name, name.Revision, SourceFile.LoaderVersion, stamp }, cancellationToken: cancellationToken));
    }

    public static async Task<IReadOnlyList<LoadedPeriod>> PeriodsAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<LoadedPeriod>(new CommandDefinition("""
            select collection, period, file_key, loader_version, revision, written_at, sha256, missing_since
              from openaps.loaded_period where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken))];

    /// <returns>Files whose key begins so: how many are loaded to their end, and how many in part.</returns>
    public static Task<(long Loaded, long Begun)> CountAsync(NpgsqlConnection connection, string keyPrefix, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<(long, long)>(new CommandDefinition("""
            select count(completed_at), count(*) - count(completed_at) from openaps.loaded_file where starts_with(file_key, @keyPrefix) and loader_version = @LoaderVersion
            """, new { keyPrefix, SourceFile.LoaderVersion }, cancellationToken: cancellationToken));

    /// <summary>Adds a batch to the file's progress.</summary>
    public static Task AddAsync(NpgsqlConnection connection, long participantId, SourceFile file, LoadCounts batch, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            insert into openaps.loaded_file as have
                   (participant_id, file_key, loader_version, collection, period, revision, written_at,
                    source_stamp, lines_done, rows_loaded, rows_unchanged, rows_repeated, rows_quarantined, rows_deleted)
            values (@participantId, @Key, @LoaderVersion, @Collection, @period, @Revision, @WrittenAt, @Stamp, @Read, @Loaded, @Unchanged, @Repeated, @Quarantined, @Deleted)
                on conflict (participant_id, file_key, loader_version) do update
               set lines_done = have.lines_done + excluded.lines_done, rows_loaded = have.rows_loaded + excluded.rows_loaded,
                   rows_unchanged = have.rows_unchanged + excluded.rows_unchanged, rows_repeated = have.rows_repeated + excluded.rows_repeated,
                   rows_quarantined = have.rows_quarantined + excluded.rows_quarantined, rows_deleted = have.rows_deleted + excluded.rows_deleted
            """, new
        {
            participantId,
            file.Key,
            SourceFile.LoaderVersion,
            file.Collection,
            period = file.Period.Name,
            file.Revision,
            file.WrittenAt,
            file.Stamp,
            batch.Read,
            batch.Loaded,
            batch.Unchanged,
            batch.Repeated,
            batch.Quarantined,
            batch.Deleted,
        }, cancellationToken: cancellationToken));

    /// <summary>The file is loaded to its end: its period now stands for it, and for every shorter period it covers.</summary>
    /// <param name="parts">Raw segments it has; those of a longer predecessor go.</param>
    public static async Task CompleteAsync(NpgsqlConnection connection, long participantId, SourceFile file, int parts, CancellationToken cancellationToken)
    {
        foreach (var covered in (await PeriodsAsync(connection, participantId, cancellationToken))
            .Where(loaded => loaded.Collection == file.Collection && loaded.Period != file.Period.Name && file.Period.Contains(new Period(loaded.Period))
                && loaded.WrittenAt <= file.WrittenAt && file.Period != Period.Whole))
            await ForgetAsync(connection, participantId, covered, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from openaps.raw_segment
             where participant_id = @participantId and collection = @Collection and period = @period and part >= @parts;

            delete from openaps.observed_part
             where participant_id = @participantId and collection = @Collection and period = @period and part >= @parts;

            delete from openaps.quarantine q using openaps.loaded_period p
             where p.participant_id = @participantId and p.collection = @Collection and p.period = @period and p.file_key <> @Key
               and q.participant_id = p.participant_id and q.file_key = p.file_key;

            delete from openaps.loaded_file
             where participant_id = @participantId and collection = @Collection and period = @period and (file_key, loader_version) <> (@Key, @LoaderVersion);

            update openaps.loaded_file set completed_at = now()
             where participant_id = @participantId and file_key = @Key and loader_version = @LoaderVersion;

            insert into openaps.loaded_period (participant_id, collection, period, file_key, loader_version, revision, written_at, sha256, rows)
            select participant_id, collection, period, file_key, loader_version, revision, written_at, @Sha256, rows_loaded + rows_unchanged
              from openaps.loaded_file where participant_id = @participantId and file_key = @Key and loader_version = @LoaderVersion
                on conflict (participant_id, collection, period) do update
               set file_key = excluded.file_key, loader_version = excluded.loader_version, revision = excluded.revision, written_at = excluded.written_at,
                   sha256 = excluded.sha256, rows = excluded.rows, loaded_at = now(), missing_since = null;
            """, new
        {
            participantId,
            file.Collection,
            period = file.Period.Name,
            file.Key,
            SourceFile.LoaderVersion,
            file.Sha256,
            parts,
        }, cancellationToken: cancellationToken));
        await AllowList.ObservedFields.SumUpAsync(connection, participantId, file.Collection, cancellationToken);
    }

    /// <summary>Removes what is left of a period: rows that no other period took over, raw segments, quarantine, ledger.</summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, long participantId, LoadedPeriod period, CancellationToken cancellationToken)
    {
        await Derived.DirtyDays.DeleteAsync(connection, participantId, Tables.WarehouseTables.Of(period.Collection), _ => "t.period = $2", [period.Period], cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from openaps.raw_segment where participant_id = @participantId and collection = @Collection and period = @Period;
            delete from openaps.observed_part where participant_id = @participantId and collection = @Collection and period = @Period;
            delete from openaps.quarantine where participant_id = @participantId and file_key = @FileKey;
            delete from openaps.loaded_file where participant_id = @participantId and collection = @Collection and period = @Period;
            delete from openaps.loaded_period where participant_id = @participantId and collection = @Collection and period = @Period;
            """, new { participantId, period.Collection, period.Period, period.FileKey }, cancellationToken: cancellationToken));
        await AllowList.ObservedFields.SumUpAsync(connection, participantId, period.Collection, cancellationToken);
    }

    /// <summary>Notes since when listings lack the period's file, or that it is there again.</summary>
    public static Task SetMissingAsync(NpgsqlConnection connection, long participantId, LoadedPeriod period, bool missing, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            update openaps.loaded_period set missing_since = case when @missing then now() end
             where participant_id = @participantId and collection = @Collection and period = @Period
            """, new { participantId, period.Collection, period.Period, missing }, cancellationToken: cancellationToken));
}
