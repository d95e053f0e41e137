using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>Builds the exports that wait, as files, several at a time; a restart goes on behind the files that are complete.</summary>
public sealed class ExportJob(
    ExportQueue queue, ExportBuild build, ExportEstimates estimates, Grants grants, ExportFiles files, PortalMails mails, PortalOptions options, ILogger<ExportJob> log) : IJob
{
    const int Attempts = 5;

    const string OurFault = "The file could not be built, and the fault is ours. Please try again later; we have been told.";

    static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(250), UntilThereIsSpace = TimeSpan.FromMinutes(1);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await queue.Leases.WorkOffAsync(queue.Leases.ClaimAsync, BuildAsync, options.Concurrency, options.Beat, log, cancellationToken);

    /// <summary>Never throws: an export that cannot be built says why and delays no other.</summary>
    async Task BuildAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var trace = Telemetry.Begin("export");
        try
        {
            if (!files.HasSpace)
            {
                await queue.PostponeAsync(lease, "The disk for exports is nearly full. It begins by itself when there is space.", UntilThereIsSpace, cancellationToken);
                log.LogError("Export {Export}: less than {Least} bytes are free in the folder of exports; it waits.", lease.Key, options.LeastFreeSpace);
                return;
            }
            await queue.StartAsync(lease, cancellationToken);
            var export = (await queue.FindAsync(lease.Key, cancellationToken))!;
            if (export.Attempts > Attempts) // the last one took the service with it, and told nobody
            {
                await queue.FailAsync(lease, OurFault, cancellationToken);
                log.LogError("Export {Export}: {Attempts} attempts ended without a word; it is not tried again.", lease.Key, Attempts);
                return;
            }
            var grant = await grants.FindAsync(export.GrantId, cancellationToken);
            var (covered, kept) = await queue.HoldAsync(lease, grant, export.Request, cancellationToken);
            var complete = await WholeAsync(lease, kept, cancellationToken);
            await queue.GoOnAsync(lease, complete.Sum(file => file.Rows), cancellationToken);
            var (folder, progress) = (new LeasedFolder(queue, files, lease, complete), new BuildProgress());
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var told = TellAsync(lease, grant, export, progress, stop);
            ExportTotals totals;
            try
            {
                totals = await build.BuildAsync(grant, CodeKey(export, grant), export.Request, covered, folder, progress, stop.Token);
            }
            finally
            {
                await stop.CancelAsync();
                await told;
            }
            await FinishAsync(lease, export, folder, totals, cancellationToken);
            trace.End("ready", isFault: false);
        }
        catch (Exception problem) when (problem is OperationCanceledException or LeaseLostException)
        {
            trace.End("left", isFault: false);
            await LeaveAsync(lease, cancellationToken);
        }
        catch (Exception problem)
        {
            trace.End(problem.GetType().Name, isFault: problem is not (ConsentChangedException or NoGrantException or TooManyColumnsException));
            await EndAsync(lease, problem);
        }
    }

    /// <summary>A file that is complete may be lost, or its row be stored while nobody heard of it: then it is built again, and so is what tells about all of them.</summary>
    async Task<IReadOnlyList<ExportedFile>> WholeAsync(Lease lease, IReadOnlyList<ExportedFile> kept, CancellationToken cancellationToken)
    {
        if (kept.All(file => files.IsWhole(lease.Key, file)))
            return kept;
        var whole = kept.Where(file => !file.IsAbout && files.IsWhole(lease.Key, file)).ToList();
        await queue.ForgetFilesAsync(lease, kept.Except(whole), cancellationToken);
        log.LogWarning("Export {Export}: {Missing} of {Files} files are not in the folder; they are built again.", lease.Key, kept.Count - whole.Count, kept.Count);
        return whole;
    }

    /// <summary>Each study has codes of its own, and so has each release: they tell nobody whom another one's stand for.</summary>
    byte[] CodeKey(ExportRow export, Grant grant) => export.Release is { } release ? grants.ReleaseKey(release) : grants.CodeKey(grant);

    async Task FinishAsync(Lease lease, ExportRow export, LeasedFolder folder, ExportTotals totals, CancellationToken cancellationToken)
    {
        var all = folder.Files.Values.OrderBy(file => file.Number).ToList();
        if (!all.TrueForAll(file => files.IsWhole(lease.Key, file)))
            throw new FileNotFoundException("A file that was complete is not in the folder of exports any more.");
        var zip = ExportAbout.IsZipped(export.Request, all, options.MostInZip) ? new ExportZip(all, folder.PathOf, export.RequestedAt) : null;
        var bytes = zip?.Length ?? all.Sum(file => file.FileBytes);
        await queue.FinishAsync(lease, totals.Rows, bytes, zip is null ? null : await zip.Sha256Async(cancellationToken), async connection =>
        {
            if (export.Release is { } release)
                await ReleaseTexts.WriteAsync(connection, release, cancellationToken);
            await mails.ExportReadyAsync(connection, lease.Key, cancellationToken);
        }, cancellationToken);
        log.LogInformation("Export {Export}: ready, {Rows} rows, {Bytes} bytes, {Participants} participants.", lease.Key, totals.Rows, bytes, totals.Participants.Count);
    }

    /// <summary>Writes down how far the build is until it ends; stops the build when the lease is gone.</summary>
    async Task TellAsync(Lease lease, Grant grant, ExportRow export, BuildProgress progress, CancellationTokenSource stop)
    {
        try
        {
            using var timer = new PeriodicTimer(ProgressEvery);
            for (var isExpected = false; ; await timer.WaitForNextTickAsync(stop.Token))
                try
                {
                    await queue.ProgressAsync(lease, progress, stop.Token);
                    if (!isExpected)
                        await queue.ExpectAsync(lease, (await estimates.ReadAsync(grant, export.Request, stop.Token)).Rows, stop.Token);
                    isExpected = true;
                }
                catch (Npgsql.NpgsqlException problem)
                {
                    log.LogWarning("How far export {Export} is could not be stored ({Problem}); it goes on.", lease.Key, problem.GetType().Name);
                }
        }
        catch (LeaseLostException)
        {
            await stop.CancelAsync(); // it was cancelled, or taken back
        }
        catch (OperationCanceledException)
        {
            // the build has ended
        }
    }

    /// <summary>The service stops, and another replica, or this one after its restart, goes on; or the export is no longer ours.</summary>
    async Task LeaveAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            if (cancellationToken.IsCancellationRequested && !lease.IsLost)
                await queue.AgainAsync(lease, keepsFiles: true, counts: false, CancellationToken.None);
            else
                log.LogInformation("Export {Export} was cancelled or taken back, or went to another replica.", lease.Key);
        }
        catch (Exception problem) when (problem is Npgsql.NpgsqlException or LeaseLostException)
        {
            log.LogWarning("Export {Export} could not be given back ({Problem}); the lease will run out.", lease.Key, problem.GetType().Name);
        }
    }

    async Task EndAsync(Lease lease, Exception problem)
    {
        try
        {
            var attempts = (await queue.FindAsync(lease.Key, CancellationToken.None))?.Attempts ?? Attempts;
            if (problem is NoGrantException)
                await queue.FailAsync(lease, "Your access has ended. Please renew it and ask for the file again.", CancellationToken.None);
            else if (problem is TooManyColumnsException)
                await queue.FailAsync(lease, "These records have too many different fields for one table. Please choose NDJSON, fewer days, or a file per participant.", CancellationToken.None);
            else if (problem is ConsentChangedException || attempts < Attempts)
                await queue.AgainAsync(lease, keepsFiles: problem is not ConsentChangedException, counts: problem is not ConsentChangedException, CancellationToken.None);
            else if (problem is IOException { HResult: var code } && (code & 0xFFFF) is 28 or 112)
                await queue.FailAsync(lease, "The disk for exports is full, which is ours to mend. Please try again tomorrow, or ask for fewer days now.", CancellationToken.None);
            else
                await queue.FailAsync(lease, OurFault, CancellationToken.None);
            log.Log(problem is ConsentChangedException ? LogLevel.Information : LogLevel.Error, problem is ConsentChangedException ? null : problem,
                "Export {Export}: attempt {Attempt} ended early ({Reason}).", lease.Key, attempts, problem.GetType().Name);
        }
        catch (Exception unstored) when (unstored is Npgsql.NpgsqlException or LeaseLostException)
        {
            log.LogError(unstored, "The outcome of export {Export} could not be stored; the lease will run out.", lease.Key);
        }
    }
}
