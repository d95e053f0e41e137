using Dapper;
using Npgsql;

namespace DataManagementApp.Mails;

/// <summary>Mails on what happens to somebody's files, queued in the transaction in which it happens. Who is deactivated hears only of what they are to delete: they may have copies.</summary>
public sealed class PortalMails(Outbox outbox, PortalOptions options)
{
    /// <summary>To who asked for an export, or made a release: it is ready.</summary>
    /// <param name="exportId">Of <c>portal.export</c>; the mail names no content.</param>
    public async Task ExportReadyAsync(NpgsqlConnection connection, long exportId, CancellationToken cancellationToken)
    {
        var (email, release) = await connection.QuerySingleOrDefaultAsync<(string?, int?)>(new CommandDefinition("""
            select u.email, r.number from portal.export e join portal.app_users u on u.id = e.user_id left join portal.release r using (export_id) where e.export_id = @exportId and not u.deactivated
            """, new { exportId }, cancellationToken: cancellationToken));
        if (email is not null)
            await outbox.AddAsync(connection, email, release is { } number ? Letters.ReleaseReady(Page($"/releases/{number}"), number) : Letters.ExportReady(Page("/exports"), (int)options.KeepExports.TotalDays), cancellationToken);
    }

    /// <summary>To who fetched, or could have fetched, exports: somebody in them shares less, delete them.</summary>
    public Task WithdrawalAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken) => SendAsync(connection, userId, Letters.Withdrawal(Page("/exports")), cancellationToken);

    /// <summary>To who was given records, in a file that is gone or by the API: somebody does not share them any more, delete them.</summary>
    public Task CopiesAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken) => SendAsync(connection, userId, Letters.Copies(Page("/exports")), cancellationToken);

    /// <summary>To who fetched files of a release: somebody in it shares less, delete theirs.</summary>
    public Task ReissuedAsync(NpgsqlConnection connection, int release, long userId, CancellationToken cancellationToken) =>
        SendAsync(connection, userId, Letters.Reissued(Page($"/releases/{release}"), release), cancellationToken);

    async Task SendAsync(NpgsqlConnection connection, long userId, Letter letter, CancellationToken cancellationToken)
    {
        if (await connection.ExecuteScalarAsync<string?>(new CommandDefinition("select email from portal.app_users where id = @userId", new { userId }, cancellationToken: cancellationToken)) is { } email)
            await outbox.AddAsync(connection, email, letter, cancellationToken);
    }

    Uri Page(string path) => new(options.BaseUrl!, path);
}
