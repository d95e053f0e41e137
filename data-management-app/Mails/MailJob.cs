using Npgsql;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp.Mails;

/// <summary>Sends the mails that wait, a failed one again after a growing pause, and forgets the text of old ones.</summary>
public sealed class MailJob(Outbox outbox, Postman postman, PortalOptions options, ILogger<MailJob> log) : IJob
{
    /// <summary>After a minute, two, four … and at most six hours: a day and a half in all.</summary>
    public const int Attempts = 14;

    static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        await outbox.ForgetAsync(options.KeepMails, cancellationToken);
        if (postman.HasServer)
            await outbox.Leases.WorkOffAsync(outbox.Leases.ClaimAsync, SendAsync, concurrency: 2, options.MailBeat, log, cancellationToken);
    }

    /// <param name="attempts">That failed so far.</param>
    /// <returns>Null: it is given up.</returns>
    public static TimeSpan? Pause(int attempts) => attempts >= Attempts ? null : TimeSpan.FromMinutes(Math.Min(Longest.TotalMinutes, Math.Pow(2, attempts - 1)));

    /// <summary>Never throws: one that cannot be sent delays no other.</summary>
    async Task SendAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            var (recipient, subject, body, attempts) = await outbox.ReadAsync(lease.Key, cancellationToken);
            try
            {
                await postman.SendAsync(lease.Key, recipient, subject, body, cancellationToken);
            }
            catch (UndeliveredException problem)
            {
                var pause = problem.IsFinal ? null : Pause(attempts + 1);
                await outbox.FailedAsync(lease, problem.Message, pause, CancellationToken.None);
                log.LogWarning("Mail {Mail}: attempt {Attempt} failed, {Problem}; {Next}.", lease.Key, attempts + 1, problem.Message, pause is null ? "given up" : "tried again");
                return;
            }
            await outbox.SentAsync(lease, CancellationToken.None); // it is out: whoever stops us now must not have it sent twice
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping: the lease runs out and it is sent later
        }
        catch (Exception problem) when (problem is LeaseLostException or NpgsqlException or SealBrokenException)
        {
            log.LogError("Mail {Mail}: {Problem}; it is tried again when the lease has run out.", lease.Key, problem.GetType().Name);
        }
    }
}
