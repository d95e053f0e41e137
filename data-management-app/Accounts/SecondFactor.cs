using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Accounts;

/// <summary>The second factor of an account: codes of an app (<see cref="Totp"/>), and codes on paper for when the app is gone.</summary>
public sealed class SecondFactor(NpgsqlDataSource db, SecretBox secrets, Users users, TimeProvider clock)
{
    const int RecoveryCodes = 8;

    readonly byte[] _key = secrets.DeriveKey([], "recovery codes");

    sealed record Row(string Email, byte[]? SealedTotp, long TotpStep, DateTime? LockedUntil);

    /// <summary>The secret to put into the app: the same until a first code of it was right.</summary>
    /// <returns>Null: the account has a second factor already.</returns>
    public async Task<byte[]?> BeginAsync(long userId, CancellationToken cancellationToken)
    {
        var secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(Totp.SecretLength));
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var box = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition("""
            update portal.app_users set sealed_totp = coalesce(sealed_totp, @box) where id = @userId and totp_since is null returning sealed_totp
            """, new { userId, box = secrets.Seal(secret, [], Context(userId)) }, cancellationToken: cancellationToken));
        return box is null ? null : Open(box, userId);
    }

    /// <summary>Takes the second factor into use when the code is right; every other session of the user ends.</summary>
    /// <returns>The recovery codes, told this once; null: the code is wrong.</returns>
    public async Task<IReadOnlyList<string>?> ConfirmAsync(long userId, string code, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var box = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select sealed_totp from portal.app_users where id = @userId and totp_since is null for update", new { userId }, cancellationToken: cancellationToken));
        if (box is null || Totp.Find(Open(box, userId), Digits(code), clock.GetUtcNow(), after: 0) is not { } step)
            return null;
        var codes = Enumerable.Range(0, RecoveryCodes).Select(_ => RandomNumberGenerator.GetString(OneTimeLinks.Letters, 10)).ToList();
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set totp_since = now(), totp_step = @step, failed_codes = 0, codes_locked_until = null, session_stamp = gen_random_uuid() where id = @userId;
            delete from portal.recovery_code where user_id = @userId;
            insert into portal.recovery_code (user_id, code_hash) select @userId, unnest(@hashes::bytea[]);
            """, new { userId, step, hashes = codes.Select(each => RecoveryHash(userId, each)).ToArray() }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, userId, "second factor set up", "", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return [.. codes.Select(each => $"{each[..5]}-{each[5..]}")];
    }

    /// <summary>Checks a code of the app or a recovery code; each works once. Five wrong ones lock the account, and neither a right password nor another one unlocks it.</summary>
    public async Task<bool> CheckAsync(long userId, string code, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select email, sealed_totp, totp_step, codes_locked_until as locked_until from portal.app_users where id = @userId and totp_since is not null for update", new { userId }, cancellationToken: cancellationToken));
        if (row?.SealedTotp is null || row.LockedUntil > clock.GetUtcNow().UtcDateTime)
            return false;
        var step = Totp.Find(Open(row.SealedTotp, userId), Digits(code), clock.GetUtcNow(), row.TotpStep);
        var right = step is not null || await UseRecoveryAsync(connection, userId, code, cancellationToken);
        var locked = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(right
            ? "update portal.app_users set totp_step = coalesce(@step, totp_step), failed_codes = 0, codes_locked_until = null where id = @userId returning false"
            : """
              update portal.app_users
                 set failed_codes = failed_codes + 1, codes_locked_until = case when (failed_codes + 1) % @Patience = 0 then now() + @LockedFor else codes_locked_until end
               where id = @userId returning failed_codes % @Patience = 0
              """, new { userId, step, Users.Patience, Users.LockedFor }, cancellationToken: cancellationToken));
        if (locked)
            await users.NoteLockAsync(connection, userId, row.Email, "wrong codes", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return right;
    }

    /// <summary>Recovery codes that were not used.</summary>
    public async Task<int> LeftAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*)::int from portal.recovery_code where user_id = @userId and used_at is null", new { userId }, cancellationToken: cancellationToken));
    }

    /// <summary>Takes it away; every session of the user ends.</summary>
    /// <param name="by">Who does it: the user, or an administrator for one who lost it.</param>
    public async Task RemoveAsync(long userId, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.app_users set sealed_totp = null, totp_since = null, codes_locked_until = null, session_stamp = gen_random_uuid() where id = @userId;
            delete from portal.recovery_code where user_id = @userId;
            """, new { userId }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, by, "second factor removed", $"user {userId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    async Task<bool> UseRecoveryAsync(NpgsqlConnection connection, long userId, string code, CancellationToken cancellationToken)
    {
        var hash = RecoveryHash(userId, new([.. code.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit)]));
        if (await connection.ExecuteAsync(new CommandDefinition("update portal.recovery_code set used_at = now() where user_id = @userId and code_hash = @hash and used_at is null",
                new { userId, hash }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, userId, "recovery code used", "", cancellationToken);
        return true;
    }

    byte[] Open(byte[] box, long userId) => Convert.FromHexString(secrets.Open(box, [], Context(userId)));

    byte[] RecoveryHash(long userId, string code) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{userId}\n{code}"));

    static string Digits(string code) => new([.. code.Where(char.IsAsciiDigit)]);

    static string Context(long userId) => $"app_users.totp/{userId}";
}
