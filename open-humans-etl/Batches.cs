using Dapper;
using Nightscout;
using Npgsql;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl;

/// <summary>The batches of one file, under the participant's lock.</summary>
/// <param name="done">Lines that an earlier, interrupted load committed.</param>
sealed class Batches(
    NpgsqlConnection connection, Participant participant, SourceFile file, long done, Func<NpgsqlConnection, Task>? fence, EtlOptions options, RecordReader record)
{
    /// <summary>In table seen: of a part that an earlier, interrupted load committed.</summary>
    const int AnyPart = -1;

    readonly StagingTable _staging = new(WarehouseTables.Of(file.Collection));
    int _part;
    bool _severalParts;

    /// <returns>False when the participant shares nothing (any more): what this load had committed is removed by the withdrawal, not here.</returns>
    public async Task<bool> RunAsync(IProgress<long>? lines, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(_staging.Create + """
            create temporary table if not exists seen (id text not null, part int not null);
            create index if not exists seen_id on pg_temp.seen (id);
            truncate pg_temp.seen;
            """); // the index for the same reason as that of the staging table
        await using var content = file.Open();
        using var records = RecordLines.Read(content).GetEnumerator();
        var more = await SkipDoneAsync(records, cancellationToken);
        do
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if ((await ConsentLedger.CurrentAsync(participant.ParticipantId, connection, cancellationToken)).SharesNothing)
                return false;
            var batch = new Batch();
            more = more && await StageAsync(records, batch, cancellationToken);
            _severalParts |= more;
            var counts = await StoreAsync(batch, cancellationToken);
            if (!more)
                await FinishAsync(cancellationToken);
            if (fence is not null)
                await fence(connection);
            await transaction.CommitAsync(cancellationToken);
            lines?.Report(counts.Read);
            _part++;
        }
        while (more);
        return true;
    }

    /// <summary>What one batch gathers beside the staged rows.</summary>
    sealed class Batch
    {
        public RawSegment Raw { get; } = new();
        public Dictionary<string, (long Line, int RawLine)> Last { get; } = new(StringComparer.Ordinal);
        public List<long> RepeatedLines { get; } = [];
        public HashSet<int> RepeatedRawLines { get; } = [];
        public List<(long Line, Problem Problem)> BadLines { get; } = [];
        public Dictionary<Problem, (long Line, long Count)> BadFields { get; } = [];
        public List<string> Deleted { get; } = [];
        public long Read { get; set; }
        public long Bytes { get; set; }
    }

    /// <summary>Passes over the lines that are committed, keeping their identifiers where later lines may repeat them.</summary>
    async Task<bool> SkipDoneAsync(IEnumerator<RecordLine> records, CancellationToken cancellationToken)
    {
        var more = records.MoveNext();
        if (done == 0)
            return more;
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

    /// <summary>Copies lines into the staging table until the batch is full. True when there are more.</summary>
    async Task<bool> StageAsync(IEnumerator<RecordLine> records, Batch batch, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(_staging.Copy, cancellationToken);
        var more = true;
        for (; more && batch.Read < options.BatchLines && batch.Bytes < options.BatchBytes; more = records.MoveNext())
        {
            var (line, json) = records.Current;
            batch.Read++;
            batch.Bytes += json.Length;
            if (record.Read(json) is { } problem)
            {
                batch.BadLines.Add((line, problem));
                continue;
            }
            if (batch.Last.Remove(record.Id, out var before))
            {
                batch.RepeatedLines.Add(before.Line);
                batch.RepeatedRawLines.Add(before.RawLine);
            }
            if (record.IsDeleted)
            {
                batch.Deleted.Add(record.Id);
                continue;
            }
            foreach (var field in record.Problems)
                batch.BadFields[field] = batch.BadFields.TryGetValue(field, out var found) ? (found.Line, found.Count + 1) : (line, 1);
            batch.Last[record.Id] = (line, batch.Raw.Add(record.Line.Span));
            _staging.Write(copy, record, line);
        }
        await copy.CompleteAsync(cancellationToken);
        return more;
    }

    async Task<LoadCounts> StoreAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (batch.RepeatedLines.Count > 0)
            await connection.ExecuteAsync(new CommandDefinition($"update pg_temp.stage_{file.Collection} set repeated = true where line = any(@lines)",
                new { lines = batch.RepeatedLines }, cancellationToken: cancellationToken));
        var (again, gone) = _severalParts ? await TakeOutRepeatedAsync(batch, cancellationToken) : (0, 0);
        await connection.ExecuteAsync(new CommandDefinition($"analyze pg_temp.stage_{file.Collection}", cancellationToken: cancellationToken));
        var merged = await _staging.MergeAsync(connection, participant.ParticipantId, file.Period.Name, file.WrittenAt, cancellationToken);
        using (batch.Raw)
            await batch.Raw.StoreAsync(connection, participant.ParticipantId, file, _part, batch.RepeatedRawLines, cancellationToken);
        await QuarantineAsync(batch, cancellationToken);

        var unchanged = Math.Max(0, merged.Unchanged - again); // a record counts once, however many parts hold it
        var counts = new LoadCounts(batch.Read, merged.Staged - again - unchanged - gone, unchanged, batch.RepeatedLines.Count + again + gone, batch.Deleted.Count, batch.BadLines.Count);
        await LoadLedger.AddAsync(connection, participant.ParticipantId, file, counts, cancellationToken);
        return counts;
    }

    /// <summary>Records of earlier parts that this batch holds again, or holds as deleted: the earlier lines leave their raw segments.</summary>
    /// <returns>How many of the staged records were in an earlier part, and how many of an earlier part are deleted now.</returns>
    async Task<(int Again, int Gone)> TakeOutRepeatedAsync(Batch batch, CancellationToken cancellationToken)
    {
        var repeated = (await connection.QueryAsync<(string Id, bool Staged, int Part)>(new CommandDefinition($"""
            select s.id, true, seen.part from pg_temp.stage_{file.Collection} s join seen on seen.id = s.id
             where not s.repeated
             union all
            select seen.id, false, seen.part from seen
             where seen.id = any(@Deleted) and not exists (select from pg_temp.stage_{file.Collection} s where s.id = seen.id and not s.repeated)
            """, new { batch.Deleted }, cancellationToken: cancellationToken))).ToList();
        await connection.ExecuteAsync(new CommandDefinition($"""
            delete from seen where id = any(@Deleted);
            update seen set part = @_part from pg_temp.stage_{file.Collection} s where s.id = seen.id and not s.repeated;
            insert into seen (id, part) select id, @_part from pg_temp.stage_{file.Collection} s where not repeated and not exists (select from seen where seen.id = s.id);
            """, new { batch.Deleted, _part }, cancellationToken: cancellationToken));
        if (repeated.Count == 0)
            return (0, 0);
        var codes = repeated.Select(record => RecordCode.Of(participant.ParticipantId, file.Collection, record.Id)).ToHashSet();
        var parts = repeated.Exists(record => record.Part == AnyPart) ? Enumerable.Range(0, _part) : repeated.Select(record => record.Part).Distinct();
        foreach (var part in parts)
            await RawSegment.RemoveAsync(connection, participant.ParticipantId, file, part, codes, cancellationToken);
        return (repeated.Where(record => record.Staged).DistinctBy(record => record.Id).Count(), repeated.Where(record => !record.Staged).DistinctBy(record => record.Id).Count());
    }

    /// <summary>After the last batch: rows the period's new file no longer has go, and the period stands for this file.</summary>
    async Task FinishAsync(CancellationToken cancellationToken)
    {
        var here = _severalParts ? "seen" : $"(select id from pg_temp.stage_{file.Collection} where not repeated)";
        foreach (var table in WarehouseTables.Of(file.Collection).Tables)
            await connection.ExecuteAsync(new CommandDefinition($"""
                delete from openaps.{table.Name} t
                 where t.participant_id = @ParticipantId and t.period = @period
                   and not exists (select from {here} h where h.id = t.{table.Key})
                """, new { participant.ParticipantId, period = file.Period.Name }, commandTimeout: 0, cancellationToken: cancellationToken));
        await LoadLedger.CompleteAsync(connection, participant.ParticipantId, file, _part + 1, cancellationToken);
    }

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
