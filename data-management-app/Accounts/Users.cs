using Dapper;
using DataManagementApp.Api;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>A researcher, reviewer or administrator.</summary>
/// <param name="SessionStamp">Stands in every session; another one ends them all.</param>
/// <param name="LockedUntil">After wrong passwords, or wrong codes of the second factor.</param>
/// <param name="Name">Null: they came before names were asked for.</param>
public sealed record AppUser(long Id, string Email, string? HashedPw, Guid SessionStamp, bool Admin, bool Deactivated, DateTime? LockedUntil, string? Name, bool Reviewer, bool HasSecondFactor)
{
    /// <summary>In words.</summary>
    public string Role => Session.RoleOf(Admin, Reviewer);
}

/// <summary>The table <c>portal.app_users</c>.</summary>
public sealed class Users(NpgsqlDataSource db, Outbox outbox, PortalOptions options, TimeProvider clock)
{
    /// <summary>Wrong passwords in a row, or codes of the second factor, before the account is locked for a while.</summary>
    public const int Patience = 5;

    public static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(15);

    static readonly PasswordHasher<AppUser> Hasher = new(); // PBKDF2, as ASP.NET Core Identity stores it
    static readonly AppUser Nobody = new(0, "", null, Guid.Empty, false, false, null, null, false, false);
    static readonly string NobodysHash = Hasher.HashPassword(Nobody, "");

    const string Columns = "id, email, hashed_pw, session_stamp, admin, deactivated, greatest(locked_until, codes_locked_until) as locked_until, name, reviewer, totp_since is not null as has_second_factor";

    public async Task<AppUser?> FindAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AppUser>(new CommandDefinition(
            $"select {Columns} from portal.app_users where email = lower(@email)", new { email = Typed.Line(email) }, cancellationToken: cancellationToken));
    }

    public async Task<AppUser?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AppUser>(new CommandDefinition(
            $"select {Columns} from portal.app_users where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Makes the user, or an existing one an administrator again. Sessions they had end, a second factor they had is set up anew, and who was deactivated has no password any more.</summary>
    /// <param name="email">As <see cref="Typed.Email"/> gives it.</param>
    public async Task<long> AddAdminAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.app_users as u (email, admin) values (@email, true)
                on conflict (email) do update
               set admin = true, deactivated = false, deactivated_date = null, session_stamp = gen_random_uuid(), hashed_pw = case when not u.deactivated then u.hashed_pw end,
                   sealed_totp = null, totp_since = null, codes_locked_until = null
            returning id
            """, new { email }, cancellationToken: cancellationToken));
    }

    /// <summary>Makes the user of an e-mail. One who was deactivated comes back as a researcher who chooses a password anew; one who is active stays what they are.</summary>
    /// <param name="by">Who lets them in.</param>
    /// <param name="how">For the audit log, when they were deactivated.</param>
    /// <returns>The user, and whether they have a password.</returns>
    public static async Task<(long Id, bool HasPassword)> AddAsync(NpgsqlConnection connection, string email, string name, long by, string how, CancellationToken cancellationToken)
    {
        var wasDeactivated = await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select deactivated from portal.app_users where email = @email for update", new { email }, cancellationToken: cancellationToken));
        var user = await connection.QuerySingleAsync<(long Id, bool)>(new CommandDefinition("""
            insert into portal.app_users as u (email, name) values (@email, @name)
                on conflict (email) do update
               set name = excluded.name, deactivated = false, deactivated_date = null, admin = u.admin and not u.deactivated, reviewer = u.reviewer and not u.deactivated,
                   hashed_pw = case when not u.deactivated then u.hashed_pw end, sealed_totp = case when not u.deactivated then u.sealed_totp end, totp_since = case when not u.deactivated then u.totp_since end
            returning id, hashed_pw is not null
            """, new { email, name }, cancellationToken: cancellationToken));
        if (wasDeactivated)
            await Audit.NoteAsync(connection, by, "user reactivated", $"user {user.Id}, by {how}", cancellationToken);
        return user;
    }

    /// <summary>Checks a password. Unknown, locked, deactivated and wrong take as long and look the same.</summary>
    /// <returns>Null when the person may not come in.</returns>
    public async Task<AppUser?> SignInAsync(string email, string password, CancellationToken cancellationToken)
    {
        var user = await FindAsync(email, cancellationToken);
        var right = Hasher.VerifyHashedPassword(user ?? Nobody, user?.HashedPw ?? NobodysHash, password) != PasswordVerificationResult.Failed;
        if (user?.HashedPw is null || user.Deactivated || user.LockedUntil > clock.GetUtcNow().UtcDateTime)
            return null;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(right
            ? "update portal.app_users set failed_sign_ins = 0, locked_until = null where id = @Id returning false"
            : """
              update portal.app_users
                 set failed_sign_ins = failed_sign_ins + 1,
                     locked_until = case when (failed_sign_ins + 1) % @Patience = 0 then now() + @LockedFor else locked_until end
               where id = @Id returning failed_sign_ins % @Patience = 0
              """, new { user.Id, Patience, LockedFor }, cancellationToken: cancellationToken));
        if (locked)
            await NoteLockAsync(connection, user.Id, user.Email, "wrong passwords", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return right ? user : null;
    }

    /// <summary>Writes a lock down and tells the owner, in its transaction.</summary>
    /// <param name="why">wrong passwords, or wrong codes.</param>
    public async Task NoteLockAsync(NpgsqlConnection connection, long id, string email, string why, CancellationToken cancellationToken)
    {
        await Audit.NoteAsync(connection, id, "account locked", why, cancellationToken);
        await outbox.AddAsync(connection, email, Letters.Locked(why, new(options.BaseUrl!, "/forgot")), cancellationToken);
    }

    /// <summary>Counts a session that begins.</summary>
    public async Task NoteSignInAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update portal.app_users set last_signin = now(), login_count = login_count + 1 where id = @id", new { id }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, id, "sign-in", "", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Sets the password, and ends every session there is. A second factor whose secret was seen, but no code of it given, is begun anew: the secret may be somebody else's.</summary>
    /// <param name="endTokens">Whether access tokens end as well.</param>
    /// <returns>Tokens that ended.</returns>
    public static async Task<int> SetPasswordAsync(NpgsqlConnection connection, long id, string password, bool endTokens, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users
               set hashed_pw = @hash, verified = true, session_stamp = gen_random_uuid(), failed_sign_ins = 0, locked_until = null, sealed_totp = case when totp_since is not null then sealed_totp end
             where id = @id
            """, new { id, hash = Hasher.HashPassword(Nobody, password) }, cancellationToken: cancellationToken));
        return endTokens ? await AccessTokens.RevokeAllAsync(connection, id, cancellationToken) : 0;
    }

    /// <summary>Changes the password of who knows the present one; every session ends.</summary>
    /// <param name="endTokens">Whether access tokens end as well.</param>
    /// <returns>False: the present one is wrong, or the account is locked.</returns>
    public async Task<bool> ChangePasswordAsync(AppUser user, string present, string password, bool endTokens, CancellationToken cancellationToken)
    {
        if (await SignInAsync(user.Email, present, cancellationToken) is null)
            return false;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var ended = await SetPasswordAsync(connection, user.Id, password, endTokens, cancellationToken);
        await Audit.NoteAsync(connection, user.Id, "password changed", Tokens(ended), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Ends every session of the user, also those whose cookie was copied.</summary>
    public async Task EndSessionsAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update portal.app_users set session_stamp = gen_random_uuid() where id = @id", new { id }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, id, "signed out everywhere", "", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>For the audit log.</summary>
    public static string Tokens(int ended) => ended == 0 ? "" : $"tokens revoked: {ended}";

    public async Task NoteDownloadAsync(long id, long bytes, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set num_downloads = num_downloads + 1, total_download_size_mb = total_download_size_mb + @bytes / 1048576.0 where id = @id
            """, new { id, bytes }, cancellationToken: cancellationToken));
    }
}
