using Dapper;
using Npgsql;

namespace NightscoutIngester;

/// <summary>What a site served for a day.</summary>
/// <param name="Digest">Sum, modulo 2^64, of keyed record hashes: independent of order, says nothing without the key.</param>
public sealed record DayDigest(DateOnly Day, int Records, long Digest);

/// <summary>Days that were read completely.</summary>
/// <param name="From">First day.</param>
/// <param name="Before">First day after them.</param>
/// <param name="Odd">Also all records that no range finds.</param>
public readonly record struct Coverage(DateOnly From, DateOnly Before, bool Odd)
{
    public static readonly Coverage Everything = new(FirstDay, DateOnly.MaxValue, true);

    public static Coverage Nothing => default;

    /// <summary>The first there is; the one before stands for "no day" (<see cref="Register.Period.NoDay"/>).</summary>
    public static DateOnly FirstDay { get; } = DateOnly.MinValue.AddDays(1);

    public bool Contains(DateOnly day) => day == Register.Period.NoDay ? Odd : From <= day && day < Before;
}

/// <summary>The table <c>ingest.day_digest</c>: what the site served when a day was read last.</summary>
public sealed class DayDigests(NpgsqlDataSource db)
{
    /// <summary>The days that are not as they were: those of <paramref name="served"/> that differ, and, as they were, those read completely that have no records any more.</summary>
    public async Task<(IReadOnlyList<DayDigest> Served, IReadOnlyList<DayDigest> Emptied)> ChangedAsync(long participantId, string collection, IReadOnlyList<DayDigest> served, Coverage covered, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var known = (await connection.QueryAsync<DayDigest>(new CommandDefinition("""
            select day, records, digest from ingest.day_digest
             where participant_id = @participantId and collection = @collection and (day = any(@days) or day >= @From and day < @Before and records > 0)
            """, new { participantId, collection, days = served.Select(day => day.Day).ToArray(), covered.From, covered.Before }, cancellationToken: cancellationToken))).ToHashSet();
        var days = served.Select(day => day.Day).ToHashSet();
        return ([.. served.Where(day => !known.Contains(day))], [.. known.Where(day => !days.Contains(day.Day) && covered.Contains(day.Day))]);
    }

    /// <returns>What <see cref="RecordSpool.IdsOf"/> gave for the file of that day; null when it is not known.</returns>
    public async Task<byte[]?> IdsAsync(long participantId, string collection, DateOnly day, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select ids from ingest.day_digest where participant_id = @participantId and collection = @collection and day = @day",
            new { participantId, collection, day }, cancellationToken: cancellationToken));
    }

    /// <summary>Records the site had from one day to before another when they were read last.</summary>
    public async Task<int> CountAsync(long participantId, string collection, DateOnly first, DateOnly before, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select coalesce(sum(records), 0)::int from ingest.day_digest where participant_id = @participantId and collection = @collection and day >= @first and day < @before",
            new { participantId, collection, first, before }, cancellationToken: cancellationToken));
    }

    /// <summary>The newest days of which the site had something, no dates of the future among them.</summary>
    public async Task<IReadOnlyList<DayDigest>> NewestAsync(long participantId, string collection, DateOnly before, int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<DayDigest>(new CommandDefinition("""
            select day, records, digest from ingest.day_digest
             where participant_id = @participantId and collection = @collection and records > 0 and day > '-infinity' and day < @before order by day desc limit @most
            """, new { participantId, collection, before, most }, cancellationToken: cancellationToken))];
    }

    public async Task ForgetIdsAsync(long participantId, string collection, DateOnly before, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update ingest.day_digest set ids = null where participant_id = @participantId and collection = @collection and day > '-infinity' and day < @before and ids is not null
            """, new { participantId, collection, before }, cancellationToken: cancellationToken));
    }

    /// <summary>Days of which our files hold something: where nothing was noted yet, the site is taken to have served just that; the next read tells.</summary>
    public static async Task EnsureAsync(long participantId, string collection, IReadOnlyList<DayDigest> days, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (days.Count > 0)
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into ingest.day_digest (participant_id, collection, day, records, digest)
                select @participantId, @collection, day, records, digest from unnest(@days, @records, @digests) as held (day, records, digest) on conflict do nothing
                """, new
            {
                participantId,
                collection,
                days = days.Select(day => day.Day).ToArray(),
                records = days.Select(day => day.Records).ToArray(),
                digests = days.Select(day => day.Digest).ToArray(),
            }, cancellationToken: cancellationToken));
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
