using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Access;

/// <summary>A grant as its owner, and an administrator, sees it. Times are UTC.</summary>
/// <param name="Name">What it is for; null: not told.</param>
/// <param name="Chosen">The one its owner works in.</param>
public sealed record Study(long GrantId, long UserId, string? Name, bool OpenAps, bool Nsf, DateTime GrantedAt, DateTime ExpiresAt, DateTime? RevokedAt, bool Chosen)
{
    public bool IsValid(DateTime now) => RevokedAt is null && ExpiresAt > now;

    /// <summary>It may be renewed from two months before its end on.</summary>
    public bool IsRenewable(DateTime now) => RevokedAt is null && ExpiresAt < now.AddDays(60);
}

/// <summary>The studies of a user: each is one grant, and they work in one at a time.</summary>
public sealed class Studies(NpgsqlDataSource db)
{
    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Study>> OfAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Study>(new CommandDefinition("""
            select grant_id, user_id, study as name, openaps as open_aps, nsf, granted_at, expires_at, revoked_at,
                   revoked_at is null and expires_at > now()
                   and grant_id = first_value(grant_id) over (order by revoked_at is null and expires_at > now() desc, grant_id is not distinct from u.chosen_grant_id desc, grant_id desc) as chosen
              from portal.access_grant g join portal.app_users u on u.id = g.user_id
             where user_id = @userId order by grant_id desc
            """, new { userId }, cancellationToken: cancellationToken))];
    }

    /// <summary>Works in this one from now on, in every session.</summary>
    /// <returns>False: it is not theirs, or not valid.</returns>
    public async Task<bool> ChooseAsync(long userId, long grantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set chosen_grant_id = @grantId
             where id = @userId and exists (select from portal.access_grant where grant_id = @grantId and user_id = @userId and revoked_at is null and expires_at > now())
            """, new { userId, grantId }, cancellationToken: cancellationToken)) == 1;
    }

    /// <summary>Ends access at once: the next statement of any query sees nothing, and files stay closed.</summary>
    /// <returns>False: it had ended, or is not this user's.</returns>
    public async Task<bool> RevokeAsync(long grantId, long userId, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition("update portal.access_grant set revoked_at = now() where grant_id = @grantId and user_id = @userId and revoked_at is null",
                new { grantId, userId }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, by, "access revoked", $"grant {grantId}, user {userId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
