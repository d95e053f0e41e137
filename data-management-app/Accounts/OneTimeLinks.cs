using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Accounts;

/// <param name="Code">To type instead of opening the link, on a telephone say; null: it was not asked for.</param>
public sealed record OneTimeLink(Uri Link, string? Code);

/// <summary>Links, and codes to type instead, that work once: the table <c>portal.one_time_link</c>. Only hashes of them are kept.</summary>
public sealed class OneTimeLinks(NpgsqlDataSource db, SecretBox secrets, PortalOptions options)
{
    public const string Invitation = "invitation", Reset = "reset", Application = "application";

    /// <summary>Wrong codes for one e-mail before only the link works: 32^8 codes are not to be found by five tries.</summary>
    const int Patience = 5;

    /// <summary>Of codes that people type: without those that look alike.</summary>
    public const string Letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    readonly byte[] _key = secrets.DeriveKey([], "codes of one-time links");

    /// <param name="purpose">One of the constants.</param>
    /// <param name="subject">The user; of <see cref="Application"/> the application.</param>
    /// <param name="email">Where it is sent; null: it is not, and there is no code.</param>
    public async Task<OneTimeLink> MakeAsync(NpgsqlConnection connection, string purpose, long subject, string? email, TimeSpan validFor, CancellationToken cancellationToken)
    {
        var token = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        var code = email is null ? null : RandomNumberGenerator.GetString(Letters, 8);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into portal.one_time_link (token_hash, purpose, user_id, seq_id, email, code_hash, expires_at)
            values (@token, @purpose, @user, @application, @email, @code, now() + @validFor)
            """, new
        {
            token = Hash(token),
            purpose,
            user = purpose == Application ? null : (long?)subject,
            application = purpose == Application ? (long?)subject : null,
            email,
            code = code is null ? null : CodeHash(email!, code),
            validFor,
        }, cancellationToken: cancellationToken));
        return new(new(options.BaseUrl!, PathOf(purpose, token)), code is null ? null : $"{code[..4]}-{code[4..]}");
    }

    /// <summary>The page on which a link of this purpose is used.</summary>
    public static string PathOf(string purpose, string token) => $"/{(purpose == Application ? "confirm" : "invitation")}?token={token}";

    /// <returns>The user or application; null when the link is unknown, used or too old.</returns>
    public async Task<long?> FindAsync(string? token, CancellationToken cancellationToken, params string[] purposes)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            select coalesce(user_id, seq_id) from portal.one_time_link where token_hash = @hash and purpose = any(@purposes) and used_at is null and expires_at > now()
            """, new { hash = Hash(token), purposes }, cancellationToken: cancellationToken));
    }

    /// <summary>Uses the link up, in the transaction of what it is for.</summary>
    /// <inheritdoc cref="FindAsync"/>
    public static Task<long?> UseAsync(NpgsqlConnection connection, string? token, CancellationToken cancellationToken, params string[] purposes) =>
        connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            update portal.one_time_link set used_at = now()
             where token_hash = @hash and purpose = any(@purposes) and used_at is null and expires_at > now()
            returning coalesce(user_id, seq_id)
            """, new { hash = Hash(token), purposes }, cancellationToken: cancellationToken));

    /// <summary>The page that a typed code opens: its link is replaced by another, so that the code works once as well.</summary>
    /// <returns>Null: the code is wrong, used or too old, or too many were wrong.</returns>
    public async Task<string?> OpenAsync(string email, string code, CancellationToken cancellationToken)
    {
        var typed = CodeHash(email, new([.. code.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit)]));
        var token = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var purpose = await connection.ExecuteScalarAsync<string?>(new CommandDefinition("""
            with mine as (select token_hash from portal.one_time_link where email = @email and code_hash is not null and used_at is null and expires_at > now() and tries < @Patience for update),
                 tried as (update portal.one_time_link set tries = tries + 1 where token_hash in (select token_hash from mine) and code_hash <> @typed)
            update portal.one_time_link set token_hash = @token, code_hash = null where token_hash in (select token_hash from mine) and code_hash = @typed returning purpose
            """, new { email, typed, token = Hash(token), Patience }, cancellationToken: cancellationToken));
        return purpose is null ? null : PathOf(purpose, token);
    }

    byte[] CodeHash(string email, string code) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{email}\n{code}"));

    static byte[] Hash(string? token) => SHA256.HashData(Encoding.UTF8.GetBytes(token ?? ""));
}
