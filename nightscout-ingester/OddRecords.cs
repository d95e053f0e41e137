using Dapper;
using Npgsql;

namespace NightscoutIngester;

/// <summary>A record that no range of the site finds.</summary>
/// <param name="Hash">Keyed, without volatile fields.</param>
public sealed record OddRecord(string RecordId, DateOnly Day, long Hash);

/// <summary>The table <c>ingest.odd_record</c>: records in our files that no range of the site finds.</summary>
public sealed class OddRecords(NpgsqlDataSource db)
{
    /// <summary>Those of <paramref name="served"/> that are new or not as they were.</summary>
    public async Task<IReadOnlyList<OddRecord>> ChangedAsync(long participantId, string collection, IReadOnlyList<OddRecord> served, CancellationToken cancellationToken)
    {
        if (served.Count == 0)
            return [];
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var known = (await connection.QueryAsync<OddRecord>(new CommandDefinition("""
            select record_id, day, hash from ingest.odd_record
             where participant_id = @participantId and collection = @collection and record_id = any(@ids)
            """, new { participantId, collection, ids = served.Select(record => record.RecordId).ToArray() }, cancellationToken: cancellationToken))).ToHashSet();
        return [.. served.Where(record => !known.Contains(record))];
    }

    /// <summary>The days our files hold odd records under, besides those <paramref name="served"/>: what the site has no more, it has no more there.</summary>
    public async Task<IReadOnlyList<DateOnly>> MissingDaysAsync(long participantId, string collection, IReadOnlyList<OddRecord> served, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<DateOnly>(new CommandDefinition("""
            select distinct day from ingest.odd_record
             where participant_id = @participantId and collection = @collection and record_id <> all(@ids)
            """, new { participantId, collection, ids = served.Select(record => record.RecordId).ToArray() }, cancellationToken: cancellationToken))];
    }

    /// <summary>Part of the transaction that makes a file current: which odd records the days of a period hold now.</summary>
    public static async Task StoreAsync(long participantId, string collection, IReadOnlyList<OddRecord> served, IReadOnlyList<OddRecord> held, string[] gone, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await UpsertAsync(held, "nothing");
        await UpsertAsync(served, "update set day = excluded.day, hash = excluded.hash");
        if (gone.Length > 0)
            await connection.ExecuteAsync(new CommandDefinition(
                "delete from ingest.odd_record where participant_id = @participantId and collection = @collection and record_id = any(@gone)",
                new { participantId, collection, gone }, cancellationToken: cancellationToken));

        async Task UpsertAsync(IReadOnlyList<OddRecord> records, string otherwise)
        {
            if (records.Count == 0)
                return;
            await connection.ExecuteAsync(new CommandDefinition($"""
                insert into ingest.odd_record (participant_id, collection, record_id, day, hash)
                select @participantId, @collection, record_id, day, hash from unnest(@ids, @days, @hashes) as odd (record_id, day, hash)
                    on conflict (participant_id, collection, record_id) do {otherwise}
                """, new
            {
                participantId,
                collection,
                ids = records.Select(record => record.RecordId).ToArray(),
                days = records.Select(record => record.Day).ToArray(),
                hashes = records.Select(record => record.Hash).ToArray(),
            }, cancellationToken: cancellationToken));
        }
    }
}
