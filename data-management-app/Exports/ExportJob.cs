using System.Security.Cryptography;
using DataManagementApp.Accounts;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>Builds the exports that wait, as files; a restart builds an interrupted one again.</summary>
public sealed class ExportJob(ExportQueue queue, ExportBuild build, Grants grants, ExportFiles files, PortalOptions options, ILogger<ExportJob> log) : IJob
{
    const int Attempts = 5;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await queue.Leases.WorkOffAsync(queue.Leases.ClaimAsync, BuildAsync, options.Concurrency, options.Beat, log, cancellationToken);

    /// <summary>Never throws: an export that cannot be built says why and delays no other.</summary>
    async Task BuildAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            await queue.StartAsync(lease, cancellationToken);
            var export = (await queue.FindAsync(lease.Key, cancellationToken))!;
            var grant = await grants.FindAsync(export.GrantId, cancellationToken);
            var covered = await queue.HoldAsync(lease, grant, cancellationToken);
            await using var file = files.Create(lease);
            try
            {
                var totals = await build.WriteZipAsync(grant, export.Request, file, rows => queue.ProgressAsync(lease, rows, cancellationToken), cancellationToken, covered);
                file.Position = 0;
                var sha256 = await SHA256.HashDataAsync(file, cancellationToken);
                await queue.FinishAsync(lease, totals, file.Length, sha256, () => files.Keep(lease.Key, file), cancellationToken);
                log.LogInformation("Export {Export}: ready, {Rows} rows, {Bytes} bytes, {Participants} participants.", lease.Key, totals.Rows, file.Length, totals.Participants.Count);
            }
            finally
            {
                File.Delete(file.Name); // what was not kept: it may hold records of somebody who has withdrawn since
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping: the lease runs out and another replica, or this one after its restart, builds it again
        }
        catch (LeaseLostException)
        {
            log.LogWarning("Export {Export} was taken back, or went to another replica.", lease.Key);
        }
        catch (Exception problem)
        {
            await EndAsync(lease, problem);
        }
    }

    async Task EndAsync(Lease lease, Exception problem)
    {
        try
        {
            var attempts = (await queue.FindAsync(lease.Key, CancellationToken.None))?.Attempts ?? Attempts;
            if (problem is NoGrantException)
                await queue.FailAsync(lease, "Your access has ended. Please renew it and ask for the file again.", CancellationToken.None);
            else if (problem is ConsentChangedException || attempts < Attempts)
                await queue.RetryAsync(lease, counts: problem is not ConsentChangedException, CancellationToken.None);
            else
                await queue.FailAsync(lease, "The file could not be built, and the fault is ours. Please try again later; we have been told.", CancellationToken.None);
            log.Log(problem is ConsentChangedException ? LogLevel.Information : LogLevel.Error, problem is ConsentChangedException ? null : problem,
                "Export {Export}: attempt {Attempt} ended early ({Reason}).", lease.Key, attempts, problem.GetType().Name);
        }
        catch (Exception unstored) when (unstored is Npgsql.NpgsqlException or LeaseLostException)
        {
            log.LogError(unstored, "The outcome of export {Export} could not be stored; the lease will run out.", lease.Key);
        }
    }
}
