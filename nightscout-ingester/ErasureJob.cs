using Dapper;
using Npgsql;
using Quartz;
using Register;

namespace NightscoutIngester;

/// <summary>Removes the state of copying of participants who are erased. Their files on Open Humans are their own and stay.</summary>
[DisallowConcurrentExecution]
public sealed class ErasureJob(NpgsqlDataSource db, ILogger<ErasureJob> log) : IJob
{
    readonly Erasures _erasures = new(db, "copying_at");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        foreach (var erasure in await _erasures.DueAsync(cancellationToken))
            if (await _erasures.RunAsync(erasure, connection => RemoveAsync(connection, erasure.ParticipantId, cancellationToken), cancellationToken))
                log.LogInformation("Erasure {Receipt}: nothing is left of the copying.", erasure.ReceiptId);
    }

    /// <summary>The place in the queue goes first: it is the lease that every commit of a run in hand renews, so none can follow.</summary>
    static async Task<bool> RemoveAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("delete from ingest.participant where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken));
        await ParticipantTables.RemoveAsync(connection, "ingest", participantId, except: [], cancellationToken);
        return true;
    }
}
