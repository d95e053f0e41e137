using Quartz;

namespace OpenHumansEtl;

/// <summary>Loads the files of the participants that are due.</summary>
/// <remarks>Any replica may get the beat; the leases keep replicas apart. One participant's failure is an outcome with a cause, not an exception here.</remarks>
public sealed class EtlJob(DueLoads due, ParticipantLoad load, EtlOptions options, ILogger<EtlJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await due.Leases.WorkOffAsync(due.ClaimAsync, load.RunAsync, options.Concurrency, options.Beat, log, cancellationToken);
}
