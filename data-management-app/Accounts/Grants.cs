using System.Buffers.Binary;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Accounts;

/// <param name="OpenAps">Whether it covers the OpenAPS Data Commons.</param>
/// <param name="Nsf">Whether it covers the Nightscout Data Commons.</param>
public sealed record Grant(long GrantId, long UserId, bool OpenAps, bool Nsf, byte[] SealedSecret, DateTime ExpiresAt);

/// <summary>The user has no grant that is valid now.</summary>
public sealed class NoGrantException() : Exception("There is no valid access grant.");

/// <summary>
/// What a researcher may read. The database enforces it: only a transaction that names the grant's secret sees rows, and only those of
/// participants whose present consent the grant covers.
/// </summary>
public sealed class Grants(NpgsqlDataSource db, SecretBox secrets)
{
    static readonly TimeSpan ValidFor = TimeSpan.FromDays(365);

    public async Task<Grant?> CurrentAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<Grant>(new CommandDefinition("""
            select grant_id, user_id, openaps as open_aps, nsf, sealed_secret, expires_at from portal.access_grant
             where user_id = @userId and revoked_at is null and expires_at > now()
             order by grant_id desc limit 1
            """, new { userId }, cancellationToken: cancellationToken));
    }

    /// <exception cref="NoGrantException">It expired or was revoked.</exception>
    public async Task<Grant> FindAsync(long grantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Grant>(new CommandDefinition("""
            select grant_id, user_id, openaps as open_aps, nsf, sealed_secret, expires_at from portal.access_grant
             where grant_id = @grantId and revoked_at is null and expires_at > now()
            """, new { grantId }, cancellationToken: cancellationToken)) ?? throw new NoGrantException();
    }

    public async Task AddAsync(long userId, bool openAps, bool nsf, CancellationToken cancellationToken)
    {
        var secret = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into portal.access_grant (user_id, openaps, nsf, secret_hash, sealed_secret, expires_at)
            values (@userId, @openAps, @nsf, @hash, @box, now() + @ValidFor)
            """, new
        {
            userId,
            openAps,
            nsf,
            hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret)),
            box = secrets.Seal(secret, [], Context(userId)),
            ValidFor,
        }, cancellationToken: cancellationToken));
    }

    /// <summary>Opens a transaction that sees what the grant covers, as it is now until the transaction ends.</summary>
    public async Task<NpgsqlTransaction> OpenAsync(Grant grant, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("select set_config('app.grant', @secret, true)",
            new { secret = secrets.Open(grant.SealedSecret, [], Context(grant.UserId)) }, cancellationToken: cancellationToken));
        return transaction;
    }

    /// <summary>The participants a transaction from <see cref="OpenAsync"/> sees.</summary>
    public static async Task<IReadOnlyList<long>> ParticipantsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<long>(new CommandDefinition("select participant_id from research.participant order by participant_id", cancellationToken: cancellationToken))];

    /// <summary>Whether the grant covers every one of the participants now.</summary>
    public async Task<bool> CoversAsync(Grant grant, IEnumerable<long> participants, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await OpenAsync(grant, connection, cancellationToken);
        return (await ParticipantsAsync(connection, cancellationToken)).ToHashSet().IsSupersetOf(participants);
    }

    /// <summary>Key of the codes that stand for participants and records in this grant's exports: those of two studies are different. Times and pseudonyms of devices are not.</summary>
    public byte[] CodeKey(Grant grant)
    {
        var salt = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(salt, grant.GrantId);
        return secrets.DeriveKey(salt, "codes of a study");
    }

    static string Context(long userId) => $"access_grant.secret/{userId}";
}
