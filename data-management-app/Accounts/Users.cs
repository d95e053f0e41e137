using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>A researcher, reviewer or administrator.</summary>
/// <param name="SessionStamp">Stands in every session; another one ends them all.</param>
/// <param name="Name">Null: they came before names were asked for.</param>
public sealed record AppUser(long Id, string Email, string? HashedPw, Guid SessionStamp, bool Admin, bool Deactivated, DateTime? LockedUntil, string? Name, bool Reviewer, bool HasSecondFactor)
{
    /// <summary>In words.</summary>
    public string Role => Admin ? Session.Administrator : Reviewer ? Session.Reviewer : "researcher";
}

/// <summary>The table <c>portal.app_users</c>.</summary>
public sealed class Users(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>Wrong passwords in a row, or codes of the second factor, before the account is locked for a while.</summary>
    public const int Patience = 5;

    public static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(15);

    static readonly PasswordHasher<AppUser> Hasher = new(); // PBKDF2, as ASP.NET Core Identity stores it
    static readonly AppUser Nobody = new(0, "", null, Guid.Empty, false, false, null, null, false, false);
    static readonly string NobodysHash = Hasher.HashPassword(Nobody, "");

    const string Columns = "id, email, hashed_pw, session_stamp, admin, deactivated, locked_until, name, reviewer, totp_since is not null as has_second_factor";

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

    /// <summary>Makes the user, or an existing one an administrator again; a second factor they had is set up anew.</summary>
    public async Task<long> AddAdminAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.app_users (email, admin) values (lower(@email), true)
                on conflict (email) do update set admin = true, deactivated = false, deactivated_date = null, sealed_totp = null, totp_since = null
            returning id
            """, new { email = email.Trim() }, cancellationToken: cancellationToken));
    }

    /// <summary>Makes the user of an e-mail. One who was deactivated comes back as a researcher who chooses a password anew; one who is active stays what they are.</summary>
    /// <returns>The user, and whether they have a password.</returns>
    public static Task<(long Id, bool HasPassword)> AddAsync(NpgsqlConnection connection, string email, string name, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<(long, bool)>(new CommandDefinition("""
            insert into portal.app_users as u (email, name) values (@email, @name)
                on conflict (email) do update
               set name = excluded.name, deactivated = false, deactivated_date = null, admin = u.admin and not u.deactivated, reviewer = u.reviewer and not u.deactivated,
                   hashed_pw = case when not u.deactivated then u.hashed_pw end, sealed_totp = case when not u.deactivated then u.sealed_totp end, totp_since = case when not u.deactivated then u.totp_since end
            returning id, hashed_pw is not null
            """, new { email, name }, cancellationToken: cancellationToken));

    /// <summary>Checks a password. Unknown, locked, deactivated and wrong take as long and look the same.</summary>
    /// <returns>Null when the person may not come in.</returns>
    public async Task<AppUser?> SignInAsync(string email, string password, CancellationToken cancellationToken)
    {
        var user = await FindAsync(email, cancellationToken);
        var right = Hasher.VerifyHashedPassword(user ?? Nobody, user?.HashedPw ?? NobodysHash, password) != PasswordVerificationResult.Failed;
        if (user?.HashedPw is null || user.Deactivated || user.LockedUntil > clock.GetUtcNow().UtcDateTime)
            return null;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(right
            ? "update portal.app_users set failed_sign_ins = 0, locked_until = null where id = @Id"
            : """
              update portal.app_users
                 set failed_sign_ins = failed_sign_ins + 1,
                     locked_until = case when (failed_sign_ins + 1) % @Patience = 0 then now() + @LockedFor else locked_until end
               where id = @Id
              """, new { user.Id, Patience, LockedFor }, cancellationToken: cancellationToken));
        return right ? user : null;
    }

    /// <summary>Counts a session that begins.</summary>
    public async Task NoteSignInAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update portal.app_users set last_signin = now(), login_count = login_count + 1 where id = @id", new { id }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, id, "sign-in", "", cancellationToken);
    }

    /// <summary>Sets the password, and ends every session there is.</summary>
    public static Task SetPasswordAsync(NpgsqlConnection connection, long id, string password, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users
               set hashed_pw = @hash, verified = true, session_stamp = gen_random_uuid(), failed_sign_ins = 0, locked_until = null
             where id = @id
            """, new { id, hash = Hasher.HashPassword(Nobody, password) }, cancellationToken: cancellationToken));

    /// <summary>Changes the password of who knows the present one; every session ends.</summary>
    /// <returns>False: the present one is wrong, or the account is locked.</returns>
    public async Task<bool> ChangePasswordAsync(AppUser user, string present, string password, CancellationToken cancellationToken)
    {
        if (await SignInAsync(user.Email, present, cancellationToken) is null)
            return false;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await SetPasswordAsync(connection, user.Id, password, cancellationToken);
        await Audit.NoteAsync(connection, user.Id, "password changed", "", cancellationToken);
        return true;
    }

    public async Task NoteDownloadAsync(long id, long bytes, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set num_downloads = num_downloads + 1, total_download_size_mb = total_download_size_mb + @bytes / 1048576.0 where id = @id
            """, new { id, bytes }, cancellationToken: cancellationToken));
    }
}
