using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>One-time links by which a person chooses their password. Only a hash of the token is kept.</summary>
public sealed class Invitations(NpgsqlDataSource db, PortalOptions options)
{
    public static readonly TimeSpan ValidFor = TimeSpan.FromDays(7);

    /// <summary>A link that works once; earlier ones of the user stop working.</summary>
    public async Task<Uri> MakeAsync(long userId, CancellationToken cancellationToken)
    {
        var token = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from portal.one_time_link where user_id = @userId and purpose = 'invitation';
            insert into portal.one_time_link (token_hash, user_id, purpose, expires_at) values (@hash, @userId, 'invitation', now() + @ValidFor);
            """, new { userId, hash = Hash(token), ValidFor }, cancellationToken: cancellationToken));
        return new(options.BaseUrl!, $"/invitation?token={token}");
    }

    /// <returns>Whose link it is; null when it is unknown, used or too old.</returns>
    public async Task<long?> FindAsync(string token, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            "select user_id from portal.one_time_link where token_hash = @hash and purpose = 'invitation' and used_at is null and expires_at > now()",
            new { hash = Hash(token) }, cancellationToken: cancellationToken));
    }

    /// <summary>Uses the link up and sets the password, both or neither.</summary>
    /// <returns>The user; null when the link does not work (any more).</returns>
    public async Task<long?> AcceptAsync(string token, string password, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var userId = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            update portal.one_time_link set used_at = now()
             where token_hash = @hash and purpose = 'invitation' and used_at is null and expires_at > now()
            returning user_id
            """, new { hash = Hash(token) }, cancellationToken: cancellationToken));
        if (userId is not { } id)
            return null;
        await Users.SetPasswordAsync(connection, id, password, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
