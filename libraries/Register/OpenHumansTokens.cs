using System.Data;
using Dapper;
using Npgsql;
using OpenHumans;
using Polly;
using Polly.Retry;
using ServiceDefaults;

namespace Register;

/// <summary>There is no working Open Humans token for the participant: they have to sign in again.</summary>
public sealed class SignInAgainException() : Exception("The participant needs to sign in with Open Humans again.");

/// <param name="Generation">Of the pair it belongs to; names it when it turns out to be refused.</param>
public sealed record AccessToken(string Value, long Generation);

/// <summary>
/// Participants' Open Humans tokens. A refresh kills the old pair at once, so only one process at a time may do it for a participant,
/// and the new pair is stored before anybody uses it (contract §1 and §9.1).
/// </summary>
public sealed class OpenHumansTokens(NpgsqlDataSource db, OpenHumansOAuth oauth, SecretBox secrets, TimeProvider clock)
{
    /// <summary>A token that ends sooner is refreshed first, so that it lasts through an upload.</summary>
    static readonly TimeSpan LeastRemaining = TimeSpan.FromMinutes(10);

    /// <summary>A pair that Open Humans just gave out must not be lost to a database that restarts.</summary>
    static readonly ResiliencePipeline Storing = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(),
        MaxRetryAttempts = 10,
        Delay = TimeSpan.FromSeconds(1),
    }).Build();

    sealed record Stored(long ParticipantId, byte[] Salt, byte[] AccessToken, byte[] RefreshToken, DateTime ExpiresAt, long Generation, DateTime? RefusedAt);

    /// <summary>An access token that lasts for some minutes, refreshed when needed.</summary>
    /// <exception cref="SignInAgainException">None, or Open Humans refused the pair.</exception>
    /// <exception cref="OpenHumansTemporaryException">A refresh was needed and got no answer.</exception>
    public async Task<AccessToken> GetAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var stored = await ReadAsync(participantId, connection, cancellationToken);
        return stored.ExpiresAt > clock.GetUtcNow().UtcDateTime + LeastRemaining ? Open(stored) : await RenewAsync(stored, connection, cancellationToken);
    }

    /// <summary>A token of another pair than the one that ended or was refused: somebody's newer one, or a refreshed one.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<AccessToken> RenewAsync(long participantId, long seenGeneration, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var stored = await ReadAsync(participantId, connection, cancellationToken);
        return stored.Generation != seenGeneration ? Open(stored) : await RenewAsync(stored, connection, cancellationToken);
    }

    /// <param name="connection">The only one: whoever waited for a second one, with the lock in hand, would wait for others who wait for the lock.</param>
    async Task<AccessToken> RenewAsync(Stored seen, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var key = AdvisoryLock.Tokens(seen.ParticipantId);
        await AdvisoryLock.TakeAsync(connection, key, cancellationToken);
        try
        {
            var stored = await ReadAsync(seen.ParticipantId, connection, cancellationToken);
            if (stored.Generation != seen.Generation)
                return Open(stored);
            TokenPair pair;
            try
            {
                // Not cancelled with the caller: the old pair is dead once Open Humans has sent the new one, whoever still waits for it.
                pair = await oauth.RefreshAsync(secrets.Open(stored.RefreshToken, stored.Salt, RefreshContext(stored.ParticipantId)), CancellationToken.None);
            }
            catch (OpenHumansRefusedException)
            {
                if (await SwapAsync(stored, null, connection, cancellationToken))
                    throw new SignInAgainException();
                return Open(await ReadAsync(stored.ParticipantId, connection, cancellationToken)); // signed in meanwhile
            }
            await SwapAsync(stored, pair, connection, CancellationToken.None); // once given out the pair is stored, even while stopping
            return Open(await ReadAsync(stored.ParticipantId, connection, cancellationToken));
        }
        finally
        {
            await AdvisoryLock.ReleaseAsync(connection, key);
        }
    }

    /// <summary>Stores the pair of a new sign-in, whatever was there before.</summary>
    public static async Task StoreAsync(Participant participant, TokenPair pair, SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into register.open_humans_token as have (participant_id, access_token, refresh_token, expires_at, generation)
            values (@ParticipantId, @access, @refresh, @expires, 1)
                on conflict (participant_id) do update
               set access_token = excluded.access_token, refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
                   generation = have.generation + 1, refused_at = null
            """, new
        {
            participant.ParticipantId,
            access = secrets.Seal(pair.AccessToken, participant.Salt, AccessContext(participant.ParticipantId)),
            refresh = secrets.Seal(pair.RefreshToken, participant.Salt, RefreshContext(participant.ParticipantId)),
            expires = pair.ExpiresAt,
        }, cancellationToken: cancellationToken));

    /// <returns>False: somebody stored another pair meanwhile.</returns>
    async Task<bool> SwapAsync(Stored old, TokenPair? pair, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await Storing.ExecuteAsync(async token =>
        {
            if (connection.State != ConnectionState.Open) // the database restarts
            {
                await connection.CloseAsync();
                await connection.OpenAsync(token);
            }
            return await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select register.swap_tokens(@ParticipantId, @Generation, @access, @refresh, @expires)", new
            {
                old.ParticipantId,
                old.Generation,
                access = pair is null ? null : secrets.Seal(pair.AccessToken, old.Salt, AccessContext(old.ParticipantId)),
                refresh = pair is null ? null : secrets.Seal(pair.RefreshToken, old.Salt, RefreshContext(old.ParticipantId)),
                expires = pair?.ExpiresAt,
            }, cancellationToken: token));
        }, cancellationToken);

    static async Task<Stored> ReadAsync(long participantId, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var stored = await connection.QuerySingleOrDefaultAsync<Stored>(new CommandDefinition("""
            select participant_id, salt, access_token, refresh_token, expires_at, generation, refused_at
              from register.open_humans_token join register.participant using (participant_id) where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
        return stored is { RefusedAt: null } ? stored : throw new SignInAgainException();
    }

    AccessToken Open(Stored stored) => new(secrets.Open(stored.AccessToken, stored.Salt, AccessContext(stored.ParticipantId)), stored.Generation);

    public static string AccessContext(long participantId) => $"open_humans_token.access_token/{participantId}";

    public static string RefreshContext(long participantId) => $"open_humans_token.refresh_token/{participantId}";
}
