using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Administration;

/// <summary>Makes a participant's copy or load due at once. The queues are the other services'; the database gives the portal this one right on them.</summary>
public sealed class Retries(NpgsqlDataSource db)
{
    public Task<bool> CopyAsync(long participantId, long by, CancellationToken cancellationToken) => RetryAsync("select portal.retry_copy(@participantId)", "copy retried", participantId, by, cancellationToken);

    public Task<bool> LoadAsync(long participantId, long by, CancellationToken cancellationToken) => RetryAsync("select portal.retry_load(@participantId)", "load retried", participantId, by, cancellationToken);

    /// <returns>False: there is no such participant, or it runs just now.</returns>
    async Task<bool> RetryAsync(string sql, string action, long participantId, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(sql, new { participantId }, cancellationToken: cancellationToken)))
            return false;
        await Audit.NoteAsync(connection, by, action, $"participant {participantId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
