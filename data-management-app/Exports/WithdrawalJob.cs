using Dapper;
using Npgsql;
using Quartz;
using Register;

namespace DataManagementApp.Exports;

/// <summary>Follows the consent ledger on the researchers' side: exports that name who left or narrowed are taken back, files leave the disk, the erased are forgotten.</summary>
[DisallowConcurrentExecution]
public sealed class WithdrawalJob(TakenBack takenBack, NpgsqlDataSource db, ILogger<WithdrawalJob> log) : IJob
{
    readonly Erasures _erasures = new(db, "portal_at");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var erasures = await _erasures.DueAsync(cancellationToken); // before the exports are looked at: who is on this list is covered by none from here on
        var (restarted, withdrawn) = await takenBack.RunAsync(cancellationToken);
        if (restarted + withdrawn > 0)
            log.LogInformation("Somebody left or shares less: {Withdrawn} exports withdrawn, {Restarted} begun again.", withdrawn, restarted);
        foreach (var erasure in erasures)
            if (await _erasures.RunAsync(erasure, connection => EraseAsync(connection, erasure.ParticipantId, cancellationToken), cancellationToken))
                log.LogInformation("Erasure {Receipt}: nothing is left in exports.", erasure.ReceiptId);
    }

    /// <returns>False: an export that may name the participant began meanwhile; it is taken back with the next beat.</returns>
    static async Task<bool> EraseAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
                select exists (select from portal.export_participant join portal.export using (export_id) where participant_id = @participantId and state in ('queued', 'building', 'ready'))
                """, new { participantId }, cancellationToken: cancellationToken)))
            return false;
        await ParticipantTables.RemoveAsync(connection, "portal", participantId, except: [], cancellationToken);
        return true;
    }
}
