using System.Runtime.ExceptionServices;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Somebody else's run reads the same site.</summary>
public sealed class SiteBusyException() : Exception("The site is being read for another participant.");

/// <summary>The site lets us read some collections and not others: a token of a role of its own.</summary>
public sealed class PartRefusedException(IEnumerable<string> refused) : Exception($"The site does not let us read {string.Join(", ", refused)}.");

/// <summary>One run of one participant: settle what an earlier run left open, find the site, copy each collection.</summary>
public sealed class ParticipantIngest(
    DueParticipants due, Participants participants, OpenHumansAccounts accounts, SiteAddress address, PeriodFiles files, CollectionIngest collections, NightscoutClient nightscout,
    IngestOptions options, ClockSkew skew, TimeProvider clock, ILogger<ParticipantIngest> log)
{
    /// <summary>Profiles first: they prove that the site is the one it was, and tell the zone in which days are counted.</summary>
    static readonly Collection[] Order = [Collection.Profile, .. Collection.All.Where(collection => collection != Collection.Profile)];

    /// <summary>Until a run that had more to do than its time allowed goes on.</summary>
    static readonly TimeSpan Unfinished = TimeSpan.FromMinutes(5);

    /// <summary>Never throws: every way to fail is an outcome, logged and stored once, and delays nobody else.</summary>
    public Task<IngestOutcome> RunAsync(Lease lease, CancellationToken cancellationToken) => RunAsync(lease, CopyAsync, cancellationToken);

    /// <param name="copy">What to do with the participant's site.</param>
    public async Task<IngestOutcome> RunAsync(Lease lease, Func<Run, CancellationToken, Task> copy, CancellationToken cancellationToken)
    {
        using var trace = Telemetry.Begin("ingest");
        var started = clock.GetUtcNow();
        var totals = new RunTotals { Visit = new() { Pause = options.Pause } };
        var cause = Cause.Success;
        Run? run = null;
        Exception? failure = null;
        try
        {
            var participant = await participants.FindAsync(lease.Key, cancellationToken);
            run = new(participant, accounts.Of(lease.Key), lease, totals, started);
            if (participant.SuspendedAt is null)
                await copy(run, cancellationToken);
            else
                cause = Cause.Suspended;
        }
        catch (Exception problem)
        {
            (cause, failure) = (CauseOf(problem, lease, cancellationToken), problem);
        }

        var outcome = new IngestOutcome(cause, totals);
        var seconds = (clock.GetUtcNow() - started).TotalSeconds;
        log.Log(cause is Cause.Unexpected ? LogLevel.Error : LogLevel.Information, cause is Cause.Unexpected ? failure : null,
            "Ingest of participant {Participant}: {Outcome:l}, {Requests} requests, {Records} records read, {Files} files written, {BytesUp} bytes up, {BytesDown} bytes down, {Seconds:0.0} s",
            lease.Key, cause.Name(), totals.Visit.Requests, totals.RecordsRead, totals.FilesWritten, totals.BytesUp, totals.BytesDown, seconds);
        trace.End(cause.Name(), isFault: cause is Cause.Unexpected);
        Measures.Ended(outcome, seconds);
        if (totals.Visit.ClockSkew is { } ahead)
            skew.NoteSite(lease.Key, ahead);
        await EndAsync(lease, outcome, failure, run, started);
        return outcome;
    }

    /// <summary>Reads everything, by day and whatever it costs, and compares it with the files.</summary>
    public async Task ReconcileAsync(Run run, CancellationToken cancellationToken)
    {
        var site = await OpenAsync(run, cancellationToken);
        run.IsDaily = run.IsUnhurried = true;
        foreach (var collection in Order)
            await collections.CompareAsync(run, site, collection, cancellationToken);
    }

    async Task<Site> OpenAsync(Run run, CancellationToken cancellationToken)
    {
        await due.LoadAsync(run, cancellationToken);
        await files.SettleAsync(run, cancellationToken);
        return await address.FindAsync(run, cancellationToken);
    }

    /// <summary>Within a time, whatever a site does: windows end in time by themselves, a site that never stops sending is cut off.</summary>
    async Task CopyAsync(Run run, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.RunBudget * 2);
        try
        {
            await CopyWithinAsync(run, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SiteTemporaryException("reading it takes longer than a run may");
        }
    }

    async Task CopyWithinAsync(Run run, CancellationToken cancellationToken)
    {
        var site = await OpenAsync(run, cancellationToken);
        Exception? failure = null;
        bool? knowsToken = null;
        var failed = new HashSet<Collection>();
        var refused = Order.Where(collection => run.Refused.Contains(collection.Name)).ToHashSet();
        foreach (var collection in Order) // what is new, of every collection, before history of any
        {
            await TryAsync(collection, () => collections.CopyNewAsync(run, site, collection, cancellationToken));
            if (collection == Order[0] && site.Token is not null) // the site has let us in
                await NoteHistoryAsync(run, site, cancellationToken);
        }
        foreach (var collection in Order)
            await TryAsync(collection, () => collections.CopyOlderAsync(run, site, collection, cancellationToken));
        if (run.LocalDays.Night(clock.GetUtcNow()) is { } night)
            await CopyEverythingAsync(night);
        if (run.IsDaily)
            foreach (var collection in Order)
                await TryFilesAsync(collection, () => files.JoinClosedMonthsAsync(run, collection, cancellationToken));
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        if (refused.Count > 0)
            throw new PartRefusedException(refused.Select(collection => collection.Name));

        // A token that may not read treatments, or one page that is too large, costs that collection and no other.
        async Task TryAsync(Collection collection, Func<Task> copy)
        {
            if (failed.Contains(collection) || refused.Contains(collection))
                return;
            try
            {
                await TryFilesAsync(collection, copy);
            }
            catch (SiteRefusedException problem)
            {
                refused.Add(collection);
                if (problem.WithToken)
                    knowsToken ??= await nightscout.KnowsTokenAsync(site, cancellationToken) ?? true; // some do not tell
                if (knowsToken is false || refused.Count == Order.Length)
                    throw;
                run.Refuse(collection.Name);
            }
            catch (NightscoutException problem) when (problem is not SiteUnreachableException)
            {
                failure ??= problem;
                failed.Add(collection);
            }
        }

        // Nor does one file of ours that cannot be read back.
        async Task TryFilesAsync(Collection collection, Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (FileUnreadableException problem)
            {
                failure ??= problem;
                failed.Add(collection);
            }
        }

        async Task CopyEverythingAsync(DateOnly night)
        {
            foreach (var collection in Order)
                await TryAsync(collection, async () =>
                {
                    var pages = await NightPagesAsync(run, night, 0, cancellationToken);
                    if (pages >= options.FullPages)
                        return;
                    var before = site.Visit.Requests;
                    try
                    {
                        await collections.CopyEverythingAsync(run, site, collection, options.FullPages - pages, cancellationToken);
                    }
                    finally
                    {
                        if (site.Visit.Requests > before) // also of a read that failed: it is repeated soon
                            await NightPagesAsync(run, night, site.Visit.Requests - before, cancellationToken);
                    }
                });
        }
    }

    /// <summary>What API v3 tells comes on top: a site where it fails is read all the same.</summary>
    async Task NoteHistoryAsync(Run run, Site site, CancellationToken cancellationToken)
    {
        if (run.Refused.Contains(Run.ApiV3))
            return;
        try
        {
            if (await nightscout.AuthorizeAsync(site, cancellationToken) is { } jwt)
                foreach (var collection in Order)
                    await collections.NoteHistoryAsync(run, site, collection, jwt, cancellationToken);
        }
        catch (SiteRefusedException)
        {
            run.Refuse(Run.ApiV3); // each further try would slow the site's own users down
        }
        catch (NightscoutException problem) when (problem is not SiteUnreachableException)
        {
            log.LogInformation("The site of participant {Participant} does not tell its history: {Problem:l}", run.ParticipantId, problem.Message);
        }
    }

    /// <summary>Counts pages of a night; another night begins at 0.</summary>
    /// <returns>With those added.</returns>
    async Task<int> NightPagesAsync(Run run, DateOnly night, int added, CancellationToken cancellationToken) =>
        await due.Leases.CommitAsync(run.Lease, connection => connection.ExecuteScalarAsync<int>(new CommandDefinition("""
            update ingest.participant set night_pages = case when night = @night then night_pages else 0 end + @added, night = @night where participant_id = @ParticipantId returning night_pages
            """, new { run.ParticipantId, night, added }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Also while stopping: the outcome is known and the lease should not have to run out.</summary>
    async Task EndAsync(Lease lease, IngestOutcome outcome, Exception? failure, Run? run, DateTimeOffset started)
    {
        try
        {
            var every = run?.IsUnfinished == true ? Unfinished : options.EveryAfter(outcome.Totals.Visit);
            var jitter = 0.9 + Random.Shared.NextDouble() * 0.2; // not all at the full hour
            await due.EndAsync(lease, outcome, failure is NightscoutException or OpenHumansException or SiteChangedException or NoAddressException or PartRefusedException or FileUnreadableException ? failure.Message : null, started, run,
                failures => outcome.Cause.Wait(every, failures, failure is SiteRefusedException { WithToken: true }) * jitter, clock, CancellationToken.None);
        }
        catch (NpgsqlException problem)
        {
            log.LogError(problem, "The outcome of participant {Participant} could not be stored; the lease will run out.", lease.Key);
        }
    }

    static Cause CauseOf(Exception problem, Lease lease, CancellationToken cancellationToken) => problem switch
    {
        OperationCanceledException when lease.IsLost => Cause.LeaseLost,
        OperationCanceledException when cancellationToken.IsCancellationRequested => Cause.Stopped,
        LeaseLostException or ParticipantGoneException => Cause.LeaseLost, // erased: there is nothing left to note the end in
        SignInAgainException => Cause.SignInAgain,
        NoAddressException => Cause.NoAddress,
        AddressMalformedException or AddressPrivateException => Cause.AddressUnusable,
        SiteRefusedException => Cause.SiteRefused,
        PartRefusedException => Cause.PartRefused,
        SiteUnreachableException => Cause.SiteUnreachable,
        SiteMovedException => Cause.SiteMoved,
        SiteChangedException => Cause.SiteChanged,
        SiteBusyException => Cause.SiteBusy,
        NotNightscoutException => Cause.NotNightscout,
        SiteTemporaryException or PageTooLargeException => Cause.SiteTemporary,
        OpenHumansTemporaryException or OpenHumansRefusedException or UploadDamagedException or FileUnreadableException => Cause.OpenHumansTemporary,
        _ => Cause.Unexpected,
    };
}
