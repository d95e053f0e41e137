using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Access;

/// <summary>A grant as its owner, and an administrator, sees it. Times are UTC.</summary>
/// <param name="Name">What it is for; null: not told.</param>
/// <param name="Chosen">The one its owner works in.</param>
public sealed record Study(long GrantId, long UserId, string? Name, bool OpenAps, bool Nsf, DateTime GrantedAt, DateTime ExpiresAt, DateTime? RevokedAt, bool Chosen)
{
    /// <summary>As its owner reads it.</summary>
    public string Title => Name ?? $"Study {GrantId}";

    public bool IsValid(DateTime now) => RevokedAt is null && ExpiresAt > now;

    /// <summary>It may be renewed from two months before its end on.</summary>
    public bool IsRenewable(DateTime now) => RevokedAt is null && ExpiresAt < now.AddDays(60);

    public bool IsRestorable(DateTime now) => RevokedAt is not null && ExpiresAt > now;
}

/// <summary>What a user works in.</summary>
/// <param name="Now">Null: they have no access.</param>
/// <param name="Ended">The study before, when its access ended since they were told last.</param>
/// <param name="HasOthers">Whether there are others to choose.</param>
public sealed record WorkedIn(Study? Now, Study? Ended, bool HasOthers);

/// <summary>The studies of a user: each is one grant, and they work in one at a time.</summary>
public sealed class Studies(NpgsqlDataSource db, TimeProvider clock)
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
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set chosen_grant_id = @grantId
             where id = @userId and exists (select from portal.access_grant where grant_id = @grantId and user_id = @userId and revoked_at is null and expires_at > now())
            """, new { userId, grantId }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, userId, "study chosen", $"grant {grantId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The study they work in. When it took the place of one that ended, that is written down as told: the next call does not say it again.</summary>
    public async Task<WorkedIn> InUseAsync(long userId, CancellationToken cancellationToken)
    {
        var all = await OfAsync(userId, cancellationToken);
        var (now, others) = (all.FirstOrDefault(study => study.Chosen), all.Count(study => study.IsValid(clock.GetUtcNow().UtcDateTime)) > 1);
        if (now is null)
            return new(null, null, others);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var before = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("select chosen_grant_id from portal.app_users where id = @userId", new { userId }, cancellationToken: cancellationToken)) ?? all[0].GrantId;
        if (before == now.GrantId || await connection.ExecuteAsync(new CommandDefinition("""
                update portal.app_users set chosen_grant_id = @GrantId where id = @userId and coalesce(chosen_grant_id, @before) = @before
                """, new { userId, now.GrantId, before }, cancellationToken: cancellationToken)) == 0)
            return new(now, null, others);
        return new(now, all.FirstOrDefault(study => study.GrantId == before), others);
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

    /// <summary>Takes a revocation back: the same grant, so its codes, files and tokens stay.</summary>
    /// <returns>False: it is not revoked, has ended, is not this user's, or they are deactivated.</returns>
    public async Task<bool> RestoreAsync(long grantId, long userId, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition("""
                update portal.access_grant set revoked_at = null
                 where grant_id = @grantId and user_id = @userId and revoked_at is not null and expires_at > now() and exists (select from portal.app_users where id = @userId and not deactivated)
                """, new { grantId, userId }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, by, "access restored", $"grant {grantId}, user {userId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
