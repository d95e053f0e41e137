using Npgsql;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp.Alerts;

/// <summary>Looks for what is wrong, writes down what is to be told of it, and hands waiting messages to Slack; mails go with the others.</summary>
public sealed class AlertJob(Watch watch, AlertBook book, SlackQueue queue, Slack slack, AlertOptions options, ILogger<AlertJob> log) : IJob
{
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await book.DigestAsync(await watch.LookAsync(cancellationToken), cancellationToken);
            await queue.ForgetAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return; // stopping: nothing is told, or all of it
        }
        if (options.HasSlack)
            await queue.Leases.WorkOffAsync(queue.Leases.ClaimAsync, SendAsync, concurrency: 1, options.Beat, log, cancellationToken);
    }

    /// <summary>Never throws: one that is not taken delays no other.</summary>
    async Task SendAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            var (text, attempts) = await queue.ReadAsync(lease.Key, cancellationToken);
            try
            {
                await slack.PostAsync(text, cancellationToken);
            }
            catch (SlackException problem)
            {
                var pause = TimeSpan.FromMinutes(Math.Min(LongestPause.TotalMinutes, Math.Pow(2, attempts)));
                await queue.FailedAsync(lease, problem.Message, problem.Wait ?? pause, CancellationToken.None);
                log.LogWarning("Alert {Message} for Slack: attempt {Attempt} failed, {Problem:l}.", lease.Key, attempts + 1, problem.Message);
                return;
            }
            await queue.SentAsync(lease, CancellationToken.None); // it is out: whoever stops us now must not have it sent twice
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping: the lease runs out and it is sent later
        }
        catch (Exception problem) when (problem is LeaseLostException or NpgsqlException)
        {
            log.LogError("Alert {Message} for Slack: {Problem}; it is tried again when the lease has run out.", lease.Key, problem.GetType().Name);
        }
    }
}
