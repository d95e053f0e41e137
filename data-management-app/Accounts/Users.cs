using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>A researcher or administrator.</summary>
/// <param name="SessionStamp">Stands in every session; another one ends them all.</param>
public sealed record AppUser(long Id, string Email, string? HashedPw, Guid SessionStamp, bool Admin, bool Deactivated, DateTime? LockedUntil);

/// <summary>The table <c>portal.app_users</c>.</summary>
public sealed class Users(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>Wrong passwords in a row before the account is locked for a while.</summary>
    const int Patience = 5;

    static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(15);
    static readonly PasswordHasher<AppUser> Hasher = new(); // PBKDF2, as ASP.NET Core Identity stores it
    static readonly AppUser Nobody = new(0, "", null, Guid.Empty, false, false, null);
    static readonly string NobodysHash = Hasher.HashPassword(Nobody, "");

    const string Columns = "id, email, hashed_pw, session_stamp, admin, deactivated, locked_until";

    public async Task<AppUser?> FindAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AppUser>(new CommandDefinition(
            $"select {Columns} from portal.app_users where email = lower(@email)", new { email = email.Trim() }, cancellationToken: cancellationToken));
    }

    public async Task<AppUser?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AppUser>(new CommandDefinition(
            $"select {Columns} from portal.app_users where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Makes the user, or an existing one an administrator again.</summary>
    public async Task<long> AddAdminAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.app_users (email, admin) values (lower(@email), true)
                on conflict (email) do update set admin = true, deactivated = false, deactivated_date = null
            returning id
            """, new { email = email.Trim() }, cancellationToken: cancellationToken));
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
        await connection.ExecuteAsync(new CommandDefinition(right
            ? "update portal.app_users set failed_sign_ins = 0, locked_until = null, last_signin = now(), login_count = login_count + 1 where id = @Id"
            : """
              update portal.app_users
                 set failed_sign_ins = failed_sign_ins + 1,
                     locked_until = case when (failed_sign_ins + 1) % @Patience = 0 then now() + @LockedFor else locked_until end
               where id = @Id
              """, new { user.Id, Patience, LockedFor }, cancellationToken: cancellationToken));
        return right ? user : null;
    }

    /// <summary>Sets the password, and ends every session there is.</summary>
    public static Task SetPasswordAsync(NpgsqlConnection connection, long id, string password, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users
               set hashed_pw = @hash, verified = true, session_stamp = gen_random_uuid(), failed_sign_ins = 0, locked_until = null
             where id = @id
            """, new { id, hash = Hasher.HashPassword(Nobody, password) }, cancellationToken: cancellationToken));

    public async Task NoteDownloadAsync(long id, long bytes, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set num_downloads = num_downloads + 1, total_download_size_mb = total_download_size_mb + @bytes / 1048576.0 where id = @id
            """, new { id, bytes }, cancellationToken: cancellationToken));
    }
}
