using Npgsql;
using Quartz;
using Register;

namespace OpenHumansEtl;

/// <summary>Removes the rows of participants who withdrew, and of those who are erased, whatever loads are going on.</summary>
/// <remarks>Reads the consent ledger, so that a withdrawal by page, file or command is found alike. One participant's failure delays no other's.</remarks>
[DisallowConcurrentExecution]
public sealed class WithdrawalJob(Withdrawal withdrawal, NpgsqlDataSource db, ILogger<WithdrawalJob> log) : IJob
{
    readonly Erasures _erasures = new(db, "warehouse_at");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var failed = 0;
        foreach (var erasure in await _erasures.DueAsync(cancellationToken))
            await TryAsync(async () =>
            {
                if (await _erasures.RunAsync(erasure, connection => Withdrawal.EraseAsync(connection, erasure.ParticipantId, cancellationToken), cancellationToken))
                    log.LogInformation("Erasure {Receipt}: nothing is left in the warehouse.", erasure.ReceiptId);
            });
        foreach (var participant in await withdrawal.DueAsync(cancellationToken))
            await TryAsync(async () =>
            {
                if (await withdrawal.RunAsync(participant, cancellationToken) is { } rows)
                    log.LogInformation("Withdrawal of participant {Participant}: {Rows} rows removed.", participant, rows);
            });
        if (failed > 0)
            throw new JobExecutionException($"{failed} withdrawals failed; they are tried again.");

        async Task TryAsync(Func<Task> remove)
        {
            try
            {
                await remove();
            }
            catch (NpgsqlException problem)
            {
                failed++;
                log.LogError(problem, "A withdrawal failed; it is tried again with the next beat.");
            }
        }
    }
}
