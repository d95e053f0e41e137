using System.Collections.Concurrent;
using Quartz;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Copies the Nightscout sites of the participants that are due to their Open Humans accounts.</summary>
/// <remarks>Any replica may get the beat; the leases keep replicas apart. One participant's failure is an outcome with a cause, not an exception here.</remarks>
public sealed class IngestJob(DueParticipants due, ParticipantIngest ingest, IngestOptions options) : IJob
{
    static readonly SemaphoreSlim OneAtATime = new(1); // a beat that finds the one before still at work has nothing to do

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (!await OneAtATime.WaitAsync(0, cancellationToken))
            return;
        try
        {
            var outcomes = new ConcurrentBag<IngestOutcome>();
            await Parallel.ForEachAsync(ClaimAsync(cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
                async (lease, token) => outcomes.Add(await ingest.RunAsync(lease, token)));
            if (outcomes.Count(outcome => outcome.Cause == Cause.Unexpected) is var unexpected and > 0)
                throw new JobExecutionException($"{unexpected} of {outcomes.Count} participants failed for an unknown reason.");
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    /// <summary>One by one, so that a participant is claimed when somebody is free to begin, and shared with the other replicas until then.</summary>
    async IAsyncEnumerable<Lease> ClaimAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await due.ClaimAsync(1, cancellationToken) is { Count: > 0 } leases)
            foreach (var lease in leases)
                yield return lease;
    }
}
