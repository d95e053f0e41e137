using Dapper;
using Npgsql;

namespace DataManagementApp.Mails;

/// <summary>Mails on what happens to somebody's files. Who is deactivated or gone gets none.</summary>
public sealed class PortalMails(Outbox outbox, NpgsqlDataSource db, PortalOptions options)
{
    Uri Exports => new(options.BaseUrl!, "/exports");

    /// <summary>To who asked for an export: it is ready.</summary>
    /// <param name="exportId">Of <c>portal.export</c>; the mail names no content.</param>
    public Task ExportReadyAsync(long userId, long exportId, CancellationToken cancellationToken) =>
        SendAsync(userId, exportId, Letters.ExportReady(Exports, (int)options.KeepExports.TotalDays), cancellationToken);

    /// <summary>To who fetched, or could have fetched, an export: somebody in it shares less, delete it.</summary>
    /// <inheritdoc cref="ExportReadyAsync"/>
    public Task WithdrawalAsync(long userId, long exportId, CancellationToken cancellationToken) => SendAsync(userId, exportId, Letters.Withdrawal(Exports), cancellationToken);

    async Task SendAsync(long userId, long exportId, Letter letter, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var email = await connection.ExecuteScalarAsync<string?>(new CommandDefinition("""
            select email from portal.app_users u join portal.export e on e.user_id = u.id where u.id = @userId and e.export_id = @exportId and not u.deactivated
            """, new { userId, exportId }, cancellationToken: cancellationToken));
        if (email is not null)
            await outbox.AddAsync(connection, email, letter, cancellationToken);
    }
}
