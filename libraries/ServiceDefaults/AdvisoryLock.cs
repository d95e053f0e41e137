using Dapper;
using Npgsql;

namespace ServiceDefaults;

/// <summary>PostgreSQL advisory locks by purpose and participant. All services use these numbers, so that a purpose is locked across processes.</summary>
public static class AdvisoryLock
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Refreshing a participant's Open Humans tokens.</summary>
    public static long Tokens(long participantId) => 1L << 56 | participantId;

    /// <summary>Changing a participant's rows in the warehouse: loads, withdrawal, erasure.</summary>
    public static long Warehouse(long participantId) => 2L << 56 | participantId;

    /// <summary>Reading a Nightscout site.</summary>
    /// <param name="address">Host and path.</param>
    public static long Site(string address) =>
        3L << 56 | BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(address))) & (1L << 56) - 1;

    /// <summary>Writing to the ledger of consent, or erasing from it: an entry that is on its way must not bring an erased participant back.</summary>
    public static long Ledger(long participantId) => 4L << 56 | participantId;

    /// <summary>Writing down participants that were just read from the register: shared by all who do, taken alone by an erasure, so that none of them is older than it.</summary>
    public const long Newcomers = 5L << 56;

    /// <summary>Choosing the next message to a participant.</summary>
    public const long Messages = 6L << 56;

    /// <summary>Writing down what is wrong, and telling of it.</summary>
    public const long Alerts = 7L << 56;

    /// <summary>Takes a session lock; it ends with <see cref="ReleaseAsync"/> or the connection.</summary>
    /// <remarks>Polled: a session that blocks inside pg_advisory_lock keeps a snapshot, which a migration's "create index concurrently" waits for.</remarks>
    public static async Task TakeAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select pg_try_advisory_lock(@key)", new { key }, cancellationToken: cancellationToken)))
            await Task.Delay(Poll, cancellationToken);
    }

    /// <summary>Takes a lock that ends with the current transaction.</summary>
    public static async Task TakeInTransactionAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        while (!await TryTakeInTransactionAsync(connection, key, cancellationToken))
            await Task.Delay(Poll, cancellationToken);
    }

    /// <summary>Takes a lock together with others; it ends with the current transaction.</summary>
    public static Task ShareInTransactionAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock_shared(@key)", new { key }, cancellationToken: cancellationToken)); // held alone for milliseconds only

    /// <summary>Takes a lock that ends with the current transaction, unless somebody else keeps it for longer than that.</summary>
    public static async Task<bool> TryTakeInTransactionAsync(NpgsqlConnection connection, long key, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Poll)
        {
            if (await TryTakeInTransactionAsync(connection, key, cancellationToken))
                return true;
            if (waited >= patience)
                return false;
            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>Takes a lock that ends with the current transaction, if nobody has it.</summary>
    public static Task<bool> TryTakeInTransactionAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition("select pg_try_advisory_xact_lock(@key)", new { key }, cancellationToken: cancellationToken));

    public static Task ReleaseAsync(NpgsqlConnection connection, long key) => connection.ExecuteAsync("select pg_advisory_unlock(@key)", new { key });
}
