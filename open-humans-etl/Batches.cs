using System.Diagnostics;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumansEtl.Derived;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl;

/// <summary>
/// The batches of one file, under the participant's lock; while one is stored the next is read. The first load of a period goes straight into the tables. The first
/// row they turn out to hold already, of another period or from further up in the file, ends that: from then on records are looked up first, and only what is new or another now is sent.
/// </summary>
/// <param name="done">Lines that an earlier, interrupted load committed.</param>
sealed class Batches(
    NpgsqlConnection connection, Participant participant, SourceFile file, long done, Func<NpgsqlConnection, Task>? fence, EtlOptions options, RecordReader record)
{
    /// <summary>In table seen: of a part that was stored before the table was there.</summary>
    const int AnyPart = -1;

    /// <summary>Made before something is looked up in table seen: a table that is being filled misleads the planner, and no join may end in scans.</summary>
    const string SeenIndex = "create index if not exists seen_id on pg_temp.seen (id);";

    readonly WarehouseTables _tables = WarehouseTables.Of(file.Collection);
    readonly StagingTables _staging = new(WarehouseTables.Of(file.Collection));
    readonly Stopwatch _database = new();
    LoadCounts _stored = LoadCounts.None;
    bool _isDirect, _isStagingMade, _severalParts, _anyRefused = done > 0; // of an earlier, interrupted load that is not known
    int _part;

    /// <summary>Time spent on all but reading the file.</summary>
    public TimeSpan InDatabase => _database.Elapsed;

    /// <returns>False when the participant shares nothing (any more): what this load had committed is removed by the withdrawal, not here.</returns>
    public async Task<bool> RunAsync(IProgress<long>? lines, CancellationToken cancellationToken)
    {
        await using var content = file.Open();
        using var records = RecordLines.Read(content).GetEnumerator();
        _isDirect = done == 0 && await IsFirstOfPeriodAsync(cancellationToken);
        var more = await SkipDoneAsync(records, cancellationToken);
        using var one = new Batch(record, _tables.Tables.Length);
        using var other = new Batch(record, _tables.Tables.Length);
        var next = ReadNext(one, more);
        try
        {
            do
            {
                var batch = await next;
                if (batch.More && options.ReadAhead)
                    next = ReadNext(batch == one ? other : one, true);
                _database.Start();
                if (!await CommitAsync(batch, cancellationToken))
                    return false;
                _database.Stop();
                lines?.Report(batch.LinesRead);
                more = batch.More;
                if (more && !options.ReadAhead)
                    next = ReadNext(batch, true);
                _part++;
            }
            while (more);
            return true;
        }
        finally
        {
            await Task.WhenAny(next); // it reads from what is closed here
        }

        Task<Batch> ReadNext(Batch batch, bool isOnLine) => Task.Run(() => batch.Read(records, isOnLine, file.Period, options), cancellationToken);
    }

    async Task<bool> CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if ((await ConsentLedger.CurrentAsync(participant.ParticipantId, connection, cancellationToken)).SharesNothing)
            return false;
        _severalParts |= batch.More;
        if (batch.More) // a crash of the server that loses this part loses its line in the ledger too; the file's last commit waits for the disk
            await connection.ExecuteAsync(new CommandDefinition("set local synchronous_commit = off", cancellationToken: cancellationToken));
        await StoreAsync(batch, cancellationToken);
        if (!batch.More)
            await FinishAsync(batch, cancellationToken);
        if (fence is not null)
            await fence(connection);
        if ((await ConsentLedger.CurrentAsync(participant.ParticipantId, connection, cancellationToken)).SharesNothing) // again: a batch takes a while
            return false;
        await transaction.CommitAsync(cancellationToken);
        Measures.Stored(_stored.Loaded, _stored.Unchanged, _stored.Quarantined);
        return true;
    }

    /// <summary>Nothing of the period was ever loaded, not even a part.</summary>
    Task<bool> IsFirstOfPeriodAsync(CancellationToken cancellationToken) => connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
        select not exists (select from openaps.loaded_file where participant_id = @ParticipantId and collection = @Collection and period = @period)
           and not exists (select from openaps.loaded_period where participant_id = @ParticipantId and collection = @Collection and period = @period)
        """, new { participant.ParticipantId, file.Collection, period = file.Period.Name }, cancellationToken: cancellationToken));

    /// <summary>Tables of the connection that every batch but those of a direct load needs.</summary>
    async Task MakeStagingAsync(CancellationToken cancellationToken)
    {
        if (_isStagingMade)
            return;
        await connection.ExecuteAsync(new CommandDefinition(_staging.Create + """
            create temporary table if not exists seen (id text not null, part int not null);
            drop index if exists pg_temp.seen_id;
            truncate pg_temp.seen;
            """, cancellationToken: cancellationToken));
        _isStagingMade = true;
    }

    /// <summary>Passes over the lines that are committed, keeping their identifiers where later lines may repeat them.</summary>
    async Task<bool> SkipDoneAsync(IEnumerator<RecordLine> records, CancellationToken cancellationToken)
    {
        var more = records.MoveNext();
        if (done == 0)
            return more;
        await MakeStagingAsync(cancellationToken);
        _part = await connection.ExecuteScalarAsync<int>(new CommandDefinition("""
            select coalesce(max(part) + 1, 0) from openaps.raw_segment
             where participant_id = @ParticipantId and collection = @Collection and period = @period and file_key = @Key and loader_version = @LoaderVersion
            """, new { participant.ParticipantId, file.Collection, period = file.Period.Name, file.Key, SourceFile.LoaderVersion }, cancellationToken: cancellationToken));
        _severalParts = true;
        await using var copy = await connection.BeginBinaryImportAsync("copy seen (id, part) from stdin (format binary)", cancellationToken);
        for (var passed = 0L; more && passed < done; passed++, more = records.MoveNext())
            if (record.Read(records.Current.Json) is null && !record.IsDeleted)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(record.Id, cancellationToken);
                await copy.WriteAsync(AnyPart, cancellationToken);
            }
        await copy.CompleteAsync(cancellationToken);
        return more;
    }

    async Task StoreAsync(Batch batch, CancellationToken cancellationToken)
    {
        var (loaded, unchanged, repeated) = _isDirect && await TrySendDirectAsync(batch, cancellationToken) ? (batch.Last.Count, 0, 0) : await MergeAsync(batch, cancellationToken);
        await _staging.DeleteAsync(connection, participant.ParticipantId, file.Period.Name, file.WrittenAt, Gone(batch), cancellationToken);
        await batch.Raw.StoreAsync(connection, participant.ParticipantId, file, _part, batch.Repeated, cancellationToken);
        await batch.Fields.StoreAsync(connection, participant.ParticipantId, file, _part, cancellationToken);
        await QuarantineAsync(batch, cancellationToken);
        _stored = new(batch.LinesRead, loaded, unchanged, batch.Repeated.Count + repeated, batch.Deleted.Count, batch.BadLines.Count);
        await LoadLedger.AddAsync(connection, participant.ParticipantId, file, _stored, cancellationToken);
    }

    async Task<bool> TrySendDirectAsync(Batch batch, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("savepoint direct", cancellationToken: cancellationToken));
        try
        {
            if (_part == 0 || !await HoldsAnyAsync(batch.Deleted, cancellationToken))
            {
                await _staging.SendDirectAsync(connection, batch.Rows, cancellationToken);
                await DirtyDays.MarkAsync(connection, participant.ParticipantId, file.Collection, batch.Days, cancellationToken);
                return true;
            }
        }
        catch (PostgresException there) when (there.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await connection.ExecuteAsync(new CommandDefinition("rollback to savepoint direct", cancellationToken: cancellationToken));
        }
        _isDirect = false;
        await MakeStagingAsync(cancellationToken);
        _severalParts |= _part > 0;
        await connection.ExecuteAsync(new CommandDefinition($"insert into seen (id, part) select id, {AnyPart} from openaps.{_tables.Tables[0].Name} where participant_id = @ParticipantId and period = @period",
            new { participant.ParticipantId, period = file.Period.Name }, commandTimeout: 0, cancellationToken: cancellationToken));
        return false;
    }

    async Task<bool> HoldsAnyAsync(List<string> ids, CancellationToken cancellationToken) => ids.Count > 0 && await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
        $"select exists (select from openaps.{_tables.Tables[0].Name} where participant_id = @ParticipantId and id = any(@ids))", new { participant.ParticipantId, ids }, cancellationToken: cancellationToken));

    /// <returns>Records by what became of them; repeated are those of earlier parts that stand here again.</returns>
    async Task<(long Loaded, long Unchanged, long Repeated)> MergeAsync(Batch batch, CancellationToken cancellationToken)
    {
        await MakeStagingAsync(cancellationToken);
        var held = await _staging.FindAsync(connection, participant.ParticipantId, file.Period.Name, file.WrittenAt, [.. batch.Last.Keys], cancellationToken);
        _anyRefused |= held.Exists(record => !record.IsFree);
        var replaced = held.Where(record => record.IsFree && (record.ContentHash != batch.Last[record.Id].ContentHash || record.Period != file.Period.Name)).ToList();
        var (again, gone) = _severalParts ? await TakeOutRepeatedAsync(batch, held.Count > 0, cancellationToken) : (0, 0);
        var edited = replaced.Where(record => record.ContentHash != batch.Last[record.Id].ContentHash).ToList();
        var ids = held.Select(record => record.Id).ToHashSet(StringComparer.Ordinal);
        await DirtyDays.MarkAsync(connection, participant.ParticipantId, file.Collection,
            batch.Last.Where(record => !ids.Contains(record.Key)).Select(record => record.Value.Day)
                .Concat(edited.SelectMany(record => new[] { record.Day, batch.Last[record.Id].Day })).ToHashSet(), cancellationToken); // a record that moves changes both days
        await _staging.MergeAsync(connection, participant.ParticipantId, batch.Rows, ids.Select(id => batch.Last[id].Number).ToHashSet(),
            replaced.ToDictionary(record => record.Id, record => batch.Last[record.Id].Number, StringComparer.Ordinal), cancellationToken);
        var loaded = batch.Last.Count - held.Count + replaced.Count;
        var unchanged = Math.Max(0, batch.Last.Count - loaded - again); // a record counts once, however many parts hold it
        return (batch.Last.Count - again - unchanged - gone, unchanged, again + gone);
    }

    /// <summary>Records of earlier parts that this batch holds again, or holds as deleted: the earlier lines leave their raw segments.</summary>
    /// <returns>How many of the batch's records were in an earlier part, and how many of an earlier part are deleted now.</returns>
    async Task<(int Again, int Gone)> TakeOutRepeatedAsync(Batch batch, bool anyHeld, CancellationToken cancellationToken)
    {
        string[] ids = [.. batch.Last.Keys];
        if (!anyHeld && batch.Deleted.Count == 0) // then no earlier part has stored any
        {
            await SeeAsync(ids, cancellationToken);
            return (0, 0);
        }
        var repeated = (await connection.QueryAsync<(string Id, bool IsHere, int Part)>(new CommandDefinition($"""
            {SeenIndex}
            select s.id, s.is_here, seen.part
              from (select unnest(@ids) as id, true as is_here union all select unnest(@gone), false) s cross join lateral (select part from seen where seen.id = s.id offset 0) seen
            """, new { ids, gone = Gone(batch) }, cancellationToken: cancellationToken))).ToList();
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from seen where id = any(@Deleted);
            update seen set part = @_part where id = any(@again);
            insert into seen (id, part) select s.id, @_part from unnest(@ids) as s (id) where not exists (select from seen where seen.id = s.id offset 0);
            """, new { batch.Deleted, _part, ids, again = repeated.Where(record => record.IsHere).Select(record => record.Id).Distinct().ToArray() }, cancellationToken: cancellationToken));
        if (repeated.Count == 0)
            return (0, 0);
        var codes = repeated.Select(record => RecordCode.Of(participant.ParticipantId, file.Collection, record.Id)).ToHashSet();
        var parts = repeated.Exists(record => record.Part == AnyPart) ? Enumerable.Range(0, _part) : repeated.Select(record => record.Part).Distinct();
        foreach (var part in parts)
            await RawSegment.RemoveAsync(connection, participant.ParticipantId, file, part, codes, cancellationToken);
        return (repeated.Where(record => record.IsHere).DistinctBy(record => record.Id).Count(), repeated.Where(record => !record.IsHere).DistinctBy(record => record.Id).Count());
    }

    async Task SeeAsync(string[] ids, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition("insert into seen (id, part) select unnest(@ids), @_part", new { ids, _part }, cancellationToken: cancellationToken));

    /// <summary>Records that end as deleted: one may come alive again further down.</summary>
    static string[] Gone(Batch batch) => [.. batch.Deleted.Where(id => !batch.Last.ContainsKey(id)).Distinct()];

    /// <summary>After the last batch: rows the period's new file no longer has go, and the period stands for this file.</summary>
    async Task FinishAsync(Batch last, CancellationToken cancellationToken)
    {
        if (!_isDirect && await LacksAnyAsync(last, cancellationToken)) // direct: that was the period's first
        {
            if (!_severalParts)
                await SeeAsync([.. last.Last.Keys], cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(SeenIndex, cancellationToken: cancellationToken));
            await DirtyDays.DeleteAsync(connection, participant.ParticipantId, _tables,
                table => $"t.period = $2 and not exists (select from seen where seen.id = t.{table.Key})", [file.Period.Name], cancellationToken);
        }
        await LoadLedger.CompleteAsync(connection, participant.ParticipantId, file, _part + 1, cancellationToken);
    }

    /// <summary>Whether the period has rows that the file has not. All records of the file are the period's by now, unless one was refused.</summary>
    async Task<bool> LacksAnyAsync(Batch last, CancellationToken cancellationToken) => _anyRefused || await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
        $"select (select count(*) from openaps.{_tables.Tables[0].Name} where participant_id = @ParticipantId and period = @period) <> {(_severalParts ? "(select count(*) from seen)" : "@count")}",
        new { participant.ParticipantId, period = file.Period.Name, count = last.Last.Count }, commandTimeout: 0, cancellationToken: cancellationToken));

    Task QuarantineAsync(Batch batch, CancellationToken cancellationToken)
    {
        var found = batch.BadLines.Select(bad => (bad.Line, bad.Problem, Count: 1L))
            .Concat(batch.BadFields.Select(bad => (bad.Value.Line, Problem: bad.Key, bad.Value.Count))).ToList();
        return found.Count == 0 ? Task.CompletedTask : connection.ExecuteAsync(new CommandDefinition("""
            insert into openaps.quarantine as have (participant_id, file_key, collection, line, field, reason, occurrences)
            select @ParticipantId, @Key, @Collection, line, field, reason, occurrences from unnest(@lines, @fields, @reasons, @counts) as found (line, field, reason, occurrences)
                on conflict (participant_id, file_key, line, field, reason) do update set occurrences = have.occurrences + excluded.occurrences
            """, new
        {
            participant.ParticipantId,
            file.Key,
            file.Collection,
            lines = found.Select(bad => bad.Line).ToArray(),
            fields = found.Select(bad => bad.Problem.Field).ToArray(),
            reasons = found.Select(bad => bad.Problem.Reason).ToArray(),
            counts = found.Select(bad => bad.Count).ToArray(),
        }, cancellationToken: cancellationToken));
    }
}
