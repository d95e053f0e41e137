using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using DataManagementApp.Accounts;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>Builds the exports that wait, as files; a restart builds an interrupted one again.</summary>
public sealed class ExportJob(ExportQueue queue, ExportBuild build, Grants grants, ExportFiles files, PortalOptions options, ILogger<ExportJob> log) : IJob
{
    const int Attempts = 5;
    static readonly SemaphoreSlim OneAtATime = new(1); // a beat that finds the one before still at work has nothing to do

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (!await OneAtATime.WaitAsync(0, cancellationToken))
            return;
        try
        {
            files.DeleteOld();
            await Parallel.ForEachAsync(ClaimAsync(cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
                async (lease, token) => await BuildAsync(lease, token));
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    /// <summary>Never throws: an export that cannot be built says why and delays no other.</summary>
    async Task BuildAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            await queue.StartAsync(lease, cancellationToken);
            var export = (await queue.FindAsync(lease.Key, cancellationToken))!;
            var grant = await grants.FindAsync(export.GrantId, cancellationToken);
            await using var file = files.Create(lease.Key);
            var totals = await build.WriteZipAsync(grant, export.Request, file, rows => queue.ProgressAsync(lease, rows, cancellationToken), cancellationToken);
            file.Position = 0;
            var sha256 = await SHA256.HashDataAsync(file, cancellationToken);
            files.Keep(lease.Key, file);
            await queue.FinishAsync(lease, totals, file.Length, sha256, cancellationToken);
            log.LogInformation("Export {Export}: ready, {Rows} rows, {Bytes} bytes, {Participants} participants.", lease.Key, totals.Rows, file.Length, totals.Participants.Count);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping: the lease runs out and another replica, or this one after its restart, builds it again
        }
        catch (LeaseLostException)
        {
            log.LogWarning("Export {Export} went to another replica.", lease.Key);
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
            else if (attempts < Attempts)
                await queue.RetryAsync(lease, CancellationToken.None);
            else
                await queue.FailAsync(lease, "The file could not be built, and the fault is ours. Please try again later; we have been told.", CancellationToken.None);
            log.LogError(problem is ConsentChangedException ? null : problem, "Export {Export}: attempt {Attempt} ended early ({Reason}).", lease.Key, attempts, problem.GetType().Name);
        }
        catch (Exception unstored) when (unstored is Npgsql.NpgsqlException or LeaseLostException)
        {
            log.LogError(unstored, "The outcome of export {Export} could not be stored; the lease will run out.", lease.Key);
        }
    }

    async IAsyncEnumerable<Lease> ClaimAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await queue.Leases.ClaimAsync(1, cancellationToken) is { Count: > 0 } leases)
            foreach (var lease in leases)
                yield return lease;
    }
}
