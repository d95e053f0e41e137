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

/// <summary>A participant a grant covers.</summary>
/// <param name="SourceEntity">What they share with, as in <c>openaps.source_entities</c>.</param>
/// <param name="ConsentId">Grows with every change of mind.</param>
public sealed record Covered(long ParticipantId, int SourceEntity, long ConsentId);

/// <summary>The user has no grant that is valid now.</summary>
public sealed class NoGrantException() : Exception("There is no valid access grant.");

/// <summary>
/// What a researcher may read. The database enforces it: only a transaction that names the grant's secret sees rows, and only those of
/// participants whose present consent the grant covers.
/// </summary>
public sealed class Grants(NpgsqlDataSource db, SecretBox secrets)
{
    static readonly TimeSpan ValidFor = TimeSpan.FromDays(365);

    /// <summary>The grant of the study the user works in: the one they chose (<see cref="Access.Studies"/>), else the newest; null: none is valid now.</summary>
    public async Task<Grant?> CurrentAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<Grant>(new CommandDefinition("""
            select grant_id, user_id, openaps as open_aps, nsf, sealed_secret, expires_at
              from portal.access_grant g join portal.app_users u on u.id = g.user_id
             where user_id = @userId and revoked_at is null and expires_at > now()
             order by grant_id is not distinct from u.chosen_grant_id desc, grant_id desc limit 1
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

    /// <summary>Access for a year, without a study that participants are told of.</summary>
    public async Task AddAsync(long userId, bool openAps, bool nsf, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTime>(new CommandDefinition("select now()", cancellationToken: cancellationToken));
        await AddAsync(connection, userId, openAps, nsf, study: null, EndOf(now + ValidFor), cancellationToken);
    }

    /// <summary>The last moment of a day (UTC): "until 22 Nov" means all of it.</summary>
    public static DateTime EndOf(DateTime day) => day.Date.AddDays(1).AddMicroseconds(-1);

    /// <param name="study">What it is called and for: participants read it; null: they are not told.</param>
    /// <returns>The new grant's number.</returns>
    public async Task<long> AddAsync(NpgsqlConnection connection, long userId, bool openAps, bool nsf, string? study, DateTime until, CancellationToken cancellationToken)
    {
        var secret = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.access_grant (user_id, openaps, nsf, study, secret_hash, sealed_secret, expires_at)
            values (@userId, @openAps, @nsf, @study, @hash, @box, @until)
            returning grant_id
            """, new
        {
            userId,
            openAps,
            nsf,
            study,
            hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret)),
            box = secrets.Seal(secret, [], Context(userId)),
            until,
        }, cancellationToken: cancellationToken));
    }

    /// <summary>The access that the system before this one gave (db import-original), unless the user has ever had some here.</summary>
    public async Task AddImportedAsync(long userId, CancellationToken cancellationToken)
    {
        int? commons;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            commons = await connection.ExecuteScalarAsync<int?>(new CommandDefinition("""
                select allowed_projects from portal.app_users where id = @userId and not exists (select from portal.access_grant where user_id = @userId)
                """, new { userId }, cancellationToken: cancellationToken));
        if (commons is { } known) // openaps.source_entities
            await AddAsync(userId, openAps: known is 0 or 2, nsf: known is 1 or 2, cancellationToken);
    }

    /// <summary>Opens a transaction in which each statement sees what the grant covers as that statement begins: a change of mind counts at once, also in the middle of an export.</summary>
    public async Task<NpgsqlTransaction> OpenAsync(Grant grant, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await NameAsync(grant, connection, cancellationToken);
        return transaction;
    }

    /// <summary>Names the grant in a transaction that is open already.</summary>
    public Task NameAsync(Grant grant, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("select set_config('app.grant', @secret, true)",
            new { secret = secrets.Open(grant.SealedSecret, [], Context(grant.UserId)) }, cancellationToken: cancellationToken));

    /// <summary>The participants the grant covers now.</summary>
    public async Task<IReadOnlyList<Covered>> CoveredAsync(Grant grant, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await OpenAsync(grant, connection, cancellationToken);
        return [.. await connection.QueryAsync<Covered>(new CommandDefinition(
            "select participant_id, source_entity, consent_id from research.participant order by participant_id", cancellationToken: cancellationToken))];
    }

    /// <summary>Key of the codes that stand for participants and records in this grant's exports: those of two studies are different, and so are pseudonyms. Times are not.</summary>
    public byte[] CodeKey(Grant grant)
    {
        var salt = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(salt, grant.GrantId);
        return secrets.DeriveKey(salt, "codes of a study");
    }

    /// <summary>The same of a release: all who may read it get the same codes.</summary>
    public byte[] ReleaseKey(int number)
    {
        var salt = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(salt, number);
        return secrets.DeriveKey(salt, "codes of a release");
    }

    static string Context(long userId) => $"access_grant.secret/{userId}";
}
