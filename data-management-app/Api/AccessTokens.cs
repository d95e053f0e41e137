using System.Security.Cryptography;
using System.Text;
using Dapper;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace DataManagementApp.Api;

/// <summary>What a token allows.</summary>
public static class Scopes
{
    /// <summary>Records and the data dictionary.</summary>
    public const string Read = "read";

    /// <summary>Asking for files, looking at how they are built, deleting them.</summary>
    public const string Export = "export";

    /// <summary>Files of exports and releases.</summary>
    public const string Download = "download";

    /// <summary>Behind "may".</summary>
    public static string Words(string scope) => scope switch
    {
        Read => "read records and the data dictionary",
        Export => "ask for files and cancel them",
        _ => "download files",
    };

    public static IReadOnlyList<string> All { get; } = [Read, Export, Download];
}

/// <summary>A personal access token; the token itself is not kept.</summary>
public sealed record AccessToken
{
    public long TokenId { get; init; }

    public long UserId { get; init; }

    /// <summary>The study it is for.</summary>
    public long GrantId { get; init; }

    public string Name { get; init; } = "";

    public string[] Scopes { get; init; } = [];

    public DateTime CreatedAt { get; init; }

    /// <summary>With its own end or the study's, whichever comes first.</summary>
    public DateTime EndsAt { get; init; }

    /// <summary>To the minute.</summary>
    public DateTime? LastUsedAt { get; init; }
}

/// <summary>The table <c>portal.access_token</c>: by them programs do what a researcher may do.</summary>
public sealed class AccessTokens(NpgsqlDataSource db)
{
    /// <summary>So that a token is known for one where it should not be, in a notebook or a repository.</summary>
    public const string Prefix = "oadc_";

    /// <summary>Tokens that work at the same time.</summary>
    public const int Most = 20;

    const string Columns = """
        t.token_id, t.user_id, t.grant_id, t.name, t.scopes, t.created_at, least(t.expires_at, g.expires_at, g.revoked_at) as ends_at, t.last_used_at
        """;

    /// <returns>The token, to be shown once; null when the user has as many as there may be.</returns>
    public async Task<string?> AddAsync(Grant grant, string name, IEnumerable<string> scopes, TimeSpan validFor, CancellationToken cancellationToken)
    {
        var token = $"{Prefix}{WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32))}";
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var tokenId = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            insert into portal.access_token (user_id, grant_id, name, token_hash, scopes, expires_at)
            select @UserId, @GrantId, @name, @hash, @scopes, now() + @validFor
             where (select count(*) from portal.access_token where user_id = @UserId and revoked_at is null and expires_at > now()) < @Most
            returning token_id
            """, new { grant.UserId, grant.GrantId, name, hash = Hash(token), scopes = scopes.ToArray(), validFor, Most }, cancellationToken: cancellationToken));
        if (tokenId is null)
            return null;
        await Audit.NoteAsync(connection, grant.UserId, "token made", $"token {tokenId}, grant {grant.GrantId}: {string.Join(' ', scopes)}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return token;
    }

    /// <summary>Those of a user that are not revoked, newest first.</summary>
    public async Task<IReadOnlyList<AccessToken>> OfUserAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<AccessToken>(new CommandDefinition(
            $"select {Columns} from portal.access_token t join portal.access_grant g using (grant_id) where t.user_id = @userId and t.revoked_at is null order by t.token_id desc",
            new { userId }, cancellationToken: cancellationToken))];
    }

    /// <returns>False: it is not this user's, or was revoked before.</returns>
    public async Task<bool> RevokeAsync(long userId, long tokenId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition(
            "update portal.access_token set revoked_at = now() where token_id = @tokenId and user_id = @userId and revoked_at is null", new { userId, tokenId }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, userId, "token revoked", $"token {tokenId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>All of a user, in the transaction of what ends them.</summary>
    /// <returns>How many had not ended before.</returns>
    public static Task<int> RevokeAllAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken) => connection.ExecuteAsync(new CommandDefinition(
        "update portal.access_token set revoked_at = now() where user_id = @userId and revoked_at is null and expires_at > now()", new { userId }, cancellationToken: cancellationToken));

    /// <returns>Null when the token does not work: unknown, ended, revoked, its study over, its owner deactivated.</returns>
    public async Task<AccessToken?> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AccessToken>(new CommandDefinition($"""
            with used as (
                update portal.access_token set last_used_at = now() where token_hash = @hash and coalesce(last_used_at < now() - interval '1 minute', true))
            select {Columns} from portal.access_token t join portal.access_grant g using (grant_id) join portal.app_users u on u.id = t.user_id
             where t.token_hash = @hash and t.revoked_at is null and t.expires_at > now() and g.revoked_at is null and g.expires_at > now() and not u.deactivated
            """, new { hash = Hash(token) }, cancellationToken: cancellationToken));
    }

    static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
