using Quartz;

namespace NightscoutIngester;

/// <summary>Copies the Nightscout sites of the participants that are due to their Open Humans accounts.</summary>
/// <remarks>Any replica may get the beat; the leases keep replicas apart. One participant's failure is an outcome with a cause, not an exception here.</remarks>
public sealed class IngestJob(DueParticipants due, ParticipantIngest ingest, IngestOptions options, ILogger<IngestJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await due.Leases.WorkOffAsync(due.ClaimAsync, ingest.RunAsync, options.Concurrency, options.Beat, log, cancellationToken);
}
