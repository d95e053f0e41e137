using Dapper;
using Npgsql;
using OpenHumans;
using ServiceDefaults;

namespace Register;

/// <summary>What became of a token pair of the system before this one.</summary>
public enum ImportedPair
{
    New,
    /// <summary>The system before this one has refreshed it since the last import, and this one has not.</summary>
    Updated,
    Unchanged,
    /// <summary>Unchanged, and Open Humans has refused it here: the participant has to sign in again.</summary>
    Refused,
    /// <summary>The participant signed in here, or the pair was refreshed here: ours is the one that lives.</summary>
    KeptOurs,
    /// <summary>The participant has left the project since: only they themselves come back.</summary>
    Left,
}

/// <summary>Takes over the token pairs of the system before this one, so that nobody has to sign in again.</summary>
public static class TokenImport
{
    const string RefusedTokens = "open humans refused the tokens";

    sealed record Sealed(long ParticipantId, byte[] Salt, byte[] AccessToken);

    sealed record Stored(byte[] Salt, string? SuspendedBecause, byte[]? AccessToken, byte[]? RefreshToken, long? Generation, long? ImportedGeneration, DateTime? RefusedAt);

    /// <summary>In the caller's transaction, under the lock of refreshes: a refresh in hand is never undone.</summary>
    /// <exception cref="SealBrokenException">The pair here was sealed under a key that is not configured.</exception>
    public static async Task<ImportedPair> StoreAsync(long participantId, TokenPair pair, SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Tokens(participantId), cancellationToken);
        var stored = await connection.QuerySingleAsync<Stored>(new CommandDefinition("""
            select salt, suspended_because, access_token, refresh_token, generation, imported_generation, refused_at
              from register.participant p left join register.open_humans_token t using (participant_id)
             where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
        if (stored.SuspendedBecause is not (null or RefusedTokens))
            return ImportedPair.Left;
        if (stored.Generation != stored.ImportedGeneration)
            return ImportedPair.KeptOurs;
        if (stored.AccessToken is not null
            && secrets.Open(stored.AccessToken, stored.Salt, OpenHumansTokens.AccessContext(participantId)) == pair.AccessToken
            && secrets.Open(stored.RefreshToken, stored.Salt, OpenHumansTokens.RefreshContext(participantId)) == pair.RefreshToken)
            return stored.RefusedAt is null ? ImportedPair.Unchanged : ImportedPair.Refused;

        var written = await connection.ExecuteAsync(new CommandDefinition("""
            insert into register.open_humans_token as have (participant_id, access_token, refresh_token, expires_at, generation, imported_generation)
            values (@participantId, @access, @refresh, @ExpiresAt, 1, 1)
                on conflict (participant_id) do update
               set access_token = excluded.access_token, refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
                   generation = have.generation + 1, imported_generation = have.generation + 1, refused_at = null
             where have.generation = @Generation
            """, new
        {
            participantId,
            access = secrets.Seal(pair.AccessToken, stored.Salt, OpenHumansTokens.AccessContext(participantId)),
            refresh = secrets.Seal(pair.RefreshToken, stored.Salt, OpenHumansTokens.RefreshContext(participantId)),
            pair.ExpiresAt,
            stored.Generation,
        }, cancellationToken: cancellationToken));
        if (written == 0)
            return ImportedPair.KeptOurs; // signed in this moment
        await connection.ExecuteAsync(new CommandDefinition("""
            update register.participant set suspended_at = null, suspended_because = null, changed_at = now() where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
        return stored.Generation is null ? ImportedPair.New : ImportedPair.Updated;
    }

    /// <summary>Whether the key opens what is sealed here already, as far as there is something.</summary>
    public static async Task<bool> IsKeyRightAsync(SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var newest = await connection.QueryFirstOrDefaultAsync<Sealed>(new CommandDefinition("""
            select participant_id, salt, access_token from register.open_humans_token join register.participant using (participant_id) order by changed_at desc limit 1
            """, cancellationToken: cancellationToken));
        if (newest is null)
            return true;
        try
        {
            secrets.Open(newest.AccessToken, newest.Salt, OpenHumansTokens.AccessContext(newest.ParticipantId));
            return true;
        }
        catch (SealBrokenException)
        {
            return false;
        }
    }
}
