using Dapper;
using Npgsql;

namespace NightscoutIngester;

/// <summary>The table <c>ingest.day_digest</c>: what the site served when a day was read last.</summary>
public sealed class DayDigests(NpgsqlDataSource db)
{
    /// <summary>The days of <paramref name="served"/> that are not as they were.</summary>
    public async Task<IReadOnlyList<DayDigest>> ChangedAsync(long participantId, string collection, IReadOnlyList<DayDigest> served, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var known = (await connection.QueryAsync<DayDigest>(new CommandDefinition("""
            select day, records, digest from ingest.day_digest
             where participant_id = @participantId and collection = @collection and day = any(@days)
            """, new { participantId, collection, days = served.Select(day => day.Day).ToArray() }, cancellationToken: cancellationToken))).ToHashSet();
        return [.. served.Where(day => !known.Contains(day))];
    }

    /// <returns>What <see cref="RecordSpool.IdsOf"/> gave for the file of that day; null when it is not known.</returns>
    public async Task<byte[]?> IdsAsync(long participantId, string collection, DateOnly day, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select ids from ingest.day_digest where participant_id = @participantId and collection = @collection and day = @day",
            new { participantId, collection, day }, cancellationToken: cancellationToken));
    }

    /// <summary>Notes what the site served and, where it is known, what the day's file holds; part of the transaction that makes the file current.</summary>
    public static async Task<int> StoreAsync(
        long participantId, string collection, IReadOnlyList<(DayDigest Served, byte[]? Ids)> days, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            insert into ingest.day_digest (participant_id, collection, day, records, digest, ids)
            select $1, $2, day, records, digest, ids from unnest($3, $4, $5, $6) as served (day, records, digest, ids)
                on conflict (participant_id, collection, day) do update
               set records = excluded.records, digest = excluded.digest, ids = excluded.ids
            """, connection)
        {
            Parameters =
            {
                new() { Value = participantId },
                new() { Value = collection },
                new() { Value = days.Select(day => day.Served.Day).ToArray() },
                new() { Value = days.Select(day => day.Served.Records).ToArray() },
                new() { Value = days.Select(day => day.Served.Digest).ToArray() },
                new() { Value = days.Select(day => day.Ids).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bytea },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
