using Quartz;

namespace OpenHumansEtl.Derived;

/// <summary>Makes local time and summaries of what the loads changed.</summary>
/// <remarks>Any replica may get the beat; the participants' locks keep replicas apart.</remarks>
public sealed class SummariesJob(Summaries summaries) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (await summaries.WorkOffAsync(null, cancellationToken) is { Failed: > 0 and var failed })
            throw new JobExecutionException($"The summaries of {failed} participants could not be made.");
    }
}
