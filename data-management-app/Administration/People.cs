using Dapper;
using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using DataManagementApp.Mails;
using Npgsql;

namespace DataManagementApp.Administration;

/// <summary>A user with what they did. Times are UTC.</summary>
/// <param name="SignIns">Sessions begun.</param>
/// <param name="Megabytes">Of the files they fetched.</param>
/// <param name="Grants">Valid now.</param>
public sealed record Person(
    long Id, string Email, string? Name, bool Admin, bool Reviewer, bool Deactivated, DateTime? DeactivatedDate, bool HasPassword, bool HasSecondFactor, bool Locked, DateTime CreatedTs, DateTime? LastSignin,
    int SignIns, int Downloads, decimal Megabytes, int Grants)
{
    public string Role => Session.RoleOf(Admin, Reviewer);
}

/// <param name="Role">researcher, reviewer or administrator.</param>
/// <param name="Months">How long the access to data lasts, when a commons is chosen.</param>
/// <param name="Study">What it is for, as participants read it.</param>
public sealed record NewPerson(string Email, string Name, string Role, bool OpenAps, bool Nsf, int Months, string Study);

/// <summary>What administrators see of users, and do with them.</summary>
public sealed class People(NpgsqlDataSource db, Grants grants, Review review, Invitations invitations, Outbox outbox, PortalOptions options, TimeProvider clock)
{
    const string Columns = """
        id, email, name, admin, reviewer, deactivated, deactivated_date, hashed_pw is not null as has_password, totp_since is not null as has_second_factor, coalesce(greatest(locked_until, codes_locked_until) > now(), false) as locked, created_ts,
        last_signin, login_count as sign_ins, num_downloads as downloads, total_download_size_mb as megabytes,
        (select count(*)::int from portal.access_grant g where g.user_id = u.id and revoked_at is null and expires_at > now()) as grants
        """;

    /// <param name="text">Part of the e-mail or name; null: everybody.</param>
    public async Task<IReadOnlyList<Person>> ListAsync(string? text, int skip, int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Person>(new CommandDefinition($"""
            select {Columns} from portal.app_users u
             where @text::text is null or strpos(email, lower(@text)) > 0 or strpos(lower(name), lower(@text)) > 0
             order by deactivated, email offset @skip limit @most
            """, new { text, skip, most }, cancellationToken: cancellationToken))];
    }

    public async Task<Person?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Person>(new CommandDefinition($"select {Columns} from portal.app_users u where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Invites somebody by mail.</summary>
    /// <returns>The user; null: they have an active account already.</returns>
    public async Task<long?> InviteAsync(NewPerson person, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from portal.app_users where email = @Email and not deactivated)", new { person.Email }, cancellationToken: cancellationToken)))
            return null;
        var (id, _) = await Users.AddAsync(connection, person.Email, person.Name, by, "invitation", cancellationToken);
        await SetRoleAsync(connection, id, person.Role, cancellationToken);
        var hasAccess = person.OpenAps || person.Nsf;
        var given = "";
        if (hasAccess)
        {
            var until = Grants.EndOf(clock.GetUtcNow().UtcDateTime.AddMonths(person.Months));
            var grantId = await grants.AddAsync(connection, id, person.OpenAps, person.Nsf, person.Study, until, cancellationToken);
            given = $", grant {grantId}: {Commons.Short(person.OpenAps, person.Nsf)} until {until:yyyy-MM-dd}";
        }
        await MailLinkAsync(connection, id, person.Email, person.Role, hasAccess, cancellationToken);
        await Audit.NoteAsync(connection, by, "invitation", $"user {id}, {person.Role}{given}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    /// <summary>Sends another link to somebody who has not chosen a password yet.</summary>
    public async Task InviteAgainAsync(Person person, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await MailLinkAsync(connection, person.Id, person.Email, person.Role, person.Grants > 0, cancellationToken);
        await Audit.NoteAsync(connection, by, "invitation", $"user {person.Id}, again", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Ends every session at once, every access to data, every token, and applications that wait; they may apply again.</summary>
    public async Task DeactivateAsync(Person person, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await review.EndWaitingAsync(connection, person.Email, by, cancellationToken); // first: who approves takes the application before the account
        if (await connection.ExecuteAsync(new CommandDefinition("""
                update portal.app_users set deactivated = true, deactivated_date = now(), session_stamp = gen_random_uuid() where id = @Id and not deactivated
                """, new { person.Id }, cancellationToken: cancellationToken)) == 0)
            return;
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.access_grant set revoked_at = now() where user_id = @Id and revoked_at is null;
            delete from portal.one_time_link where user_id = @Id;
            """, new { person.Id }, cancellationToken: cancellationToken));
        var tokens = await AccessTokens.RevokeAllAsync(connection, person.Id, cancellationToken);
        await Audit.NoteAsync(connection, by, "user deactivated", $"user {person.Id}{(tokens > 0 ? $", {Users.Tokens(tokens)}" : "")}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Lets them sign in again, with the password and role they had.</summary>
    /// <param name="grantIds">Of the accesses that the deactivation revoked, those they have again; others are left alone.</param>
    public async Task ReactivateAsync(long id, IEnumerable<long> grantIds, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var restored = await connection.QueryAsync<long>(new CommandDefinition("""
            update portal.access_grant g set revoked_at = null from portal.app_users u
             where u.id = g.user_id and u.id = @id and u.deactivated and g.grant_id = any(@grants) and g.revoked_at = u.deactivated_date and g.expires_at > now() -- written in one transaction
            returning grant_id
            """, new { id, grants = grantIds.ToArray() }, cancellationToken: cancellationToken));
        if (await connection.ExecuteAsync(new CommandDefinition("update portal.app_users set deactivated = false, deactivated_date = null where id = @id and deactivated", new { id }, cancellationToken: cancellationToken)) == 0)
            return;
        await Audit.NoteAsync(connection, by, "user reactivated", $"user {id}{string.Concat(restored.Order().Select(grant => $", grant {grant}"))}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Another role; it counts with the next request of every session.</summary>
    public async Task SetRoleAsync(long id, string role, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (admin, reviewer) = await connection.QuerySingleAsync<(bool, bool)>(new CommandDefinition("select admin, reviewer from portal.app_users where id = @id for update", new { id }, cancellationToken: cancellationToken));
        await SetRoleAsync(connection, id, role, cancellationToken);
        await Audit.NoteAsync(connection, by, "role changed", $"user {id}, {Session.RoleOf(admin, reviewer)} → {role}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    async Task MailLinkAsync(NpgsqlConnection connection, long id, string email, string role, bool hasAccess, CancellationToken cancellationToken)
    {
        var link = await invitations.MakeAsync(connection, id, email, OneTimeLinks.Invitation, cancellationToken);
        await outbox.AddAsync(connection, email, Letters.Invitation(role, hasAccess, new(options.BaseUrl!, "/sign-in"), link.Link, link.Code), cancellationToken);
    }

    static Task<int> SetRoleAsync(NpgsqlConnection connection, long id, string role, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("update portal.app_users set admin = @role = 'administrator', reviewer = @role = 'reviewer' where id = @id", new { id, role }, cancellationToken: cancellationToken));
}
