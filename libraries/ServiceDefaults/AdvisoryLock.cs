using Dapper;
using Npgsql;

namespace ServiceDefaults;

/// <summary>PostgreSQL advisory locks by purpose and participant. All services use these numbers, so that a purpose is locked across processes.</summary>
public static class AdvisoryLock
{
    /// <summary>Refreshing a participant's Open Humans tokens.</summary>
    public static long Tokens(long participantId) => 1L << 56 | participantId;

    /// <summary>Changing a participant's rows in the warehouse: loads, withdrawal, erasure.</summary>
    public static long Warehouse(long participantId) => 2L << 56 | participantId;

    /// <summary>Reading a Nightscout site.</summary>
    /// <param name="address">Host and path.</param>
    public static long Site(string address) =>
        3L << 56 | BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(address))) & (1L << 56) - 1;

    /// <summary>Takes a session lock; it ends with <see cref="ReleaseAsync"/> or the connection.</summary>
    /// <remarks>Polled: a session that blocks inside pg_advisory_lock keeps a snapshot, which a migration's "create index concurrently" waits for.</remarks>
    public static async Task TakeAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select pg_try_advisory_lock(@key)", new { key }, cancellationToken: cancellationToken)))
            await Task.Delay(100, cancellationToken);
    }

    /// <summary>Takes a lock that ends with the current transaction.</summary>
    public static async Task TakeInTransactionAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select pg_try_advisory_xact_lock(@key)", new { key }, cancellationToken: cancellationToken)))
            await Task.Delay(100, cancellationToken);
    }

    public static Task ReleaseAsync(NpgsqlConnection connection, long key) => connection.ExecuteAsync("select pg_advisory_unlock(@key)", new { key });
}
