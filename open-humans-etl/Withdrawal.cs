using Dapper;
using Npgsql;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Removes what was loaded of a participant who shares nothing any more: rows, segments, summaries, ledger.</summary>
public sealed class Withdrawal(NpgsqlDataSource db)
{
    /// <summary>The queue, which stays: whoever shares again is loaded again.</summary>
    const string Queue = "load_state";

    /// <summary>A load lets go of the lock with its next batch; whoever waits meanwhile must not keep others waiting.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whose latest word is that they share nothing, and that word came after the rows were last removed.</summary>
    public async Task<IReadOnlyList<long>> DueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<long>(new CommandDefinition("""
            select c.participant_id from register.current_consent c left join openaps.load_state l using (participant_id)
             where not c.openaps and not c.nsf and (c.page = 'none' or c.file = 'none' and c.file_version <> @FileMissing)
               and c.consent_id > coalesce(l.withdrawn_consent_id, 0)
            """, new { CurrentConsent.FileMissing }, cancellationToken: cancellationToken))];
    }

    /// <summary>In one transaction, under the lock that loads take; removes nothing when the participant shares something by then.</summary>
    /// <returns>Null: a load has the participant in hand, try again. Else how many rows were removed.</returns>
    public async Task<long?> RunAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await AdvisoryLock.TryTakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), Patience, cancellationToken))
            return null;
        var consent = await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken);
        if (!consent.HasWithdrawn)
            return 0;
        var removed = await ParticipantTables.RemoveAsync(connection, "openaps", participantId, except: [Queue], cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into openaps.load_state (participant_id, withdrawn_consent_id) values (@participantId, @ConsentId)
                on conflict (participant_id) do update set withdrawn_consent_id = excluded.withdrawn_consent_id
            """, new { participantId, consent.ConsentId }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return removed;
    }

    /// <summary>Everything of an erased participant, the queue included, in the caller's transaction.</summary>
    /// <returns>False: a load has the participant in hand, try again.</returns>
    public static async Task<bool> EraseAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        if (!await AdvisoryLock.TryTakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), Patience, cancellationToken))
            return false;
        await ParticipantTables.RemoveAsync(connection, "openaps", participantId, except: [], cancellationToken);
        return true;
    }
}
