using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Quartz;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Loads the files of the participants that are due.</summary>
/// <remarks>Any replica may get the beat; the leases keep replicas apart. One participant's failure is an outcome with a cause, not an exception here.</remarks>
public sealed class EtlJob(DueLoads due, ParticipantLoad load, EtlOptions options) : IJob
{
    static readonly SemaphoreSlim OneAtATime = new(1); // a beat that finds the one before still at work has nothing to do

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (!await OneAtATime.WaitAsync(0, cancellationToken))
            return;
        try
        {
            var outcomes = new ConcurrentBag<Outcome>();
            await Parallel.ForEachAsync(ClaimAsync(cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
                async (lease, token) => outcomes.Add(await load.RunAsync(lease, token)));
            if (outcomes.Count(outcome => outcome == Outcome.Unexpected) is var unexpected and > 0)
                throw new JobExecutionException($"{unexpected} of {outcomes.Count} participants failed for an unknown reason.");
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    async IAsyncEnumerable<Lease> ClaimAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await due.ClaimAsync(1, cancellationToken) is { Count: > 0 } leases)
            foreach (var lease in leases)
                yield return lease;
    }
}
