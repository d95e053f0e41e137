using System.Runtime.ExceptionServices;
using Nightscout;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>A run in hand: whose, under which lease, and what it has moved so far.</summary>
public sealed record Run(Participant Participant, OpenHumansAccount Account, Lease Lease, RunTotals Totals)
{
    public long ParticipantId => Participant.ParticipantId;
}

/// <summary>One run of one participant: settle what an earlier run left open, find the site, copy each collection.</summary>
public sealed class ParticipantIngest(
    DueParticipants due, Participants participants, OpenHumansAccounts accounts, SiteAddress address, PeriodFiles files, CollectionIngest collections,
    IngestOptions options, TimeProvider clock, ILogger<ParticipantIngest> log)
{
    /// <summary>Never throws: every way to fail is an outcome, logged and stored once, and delays nobody else.</summary>
    public async Task<IngestOutcome> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var started = clock.GetUtcNow();
        var totals = new RunTotals();
        var cause = Cause.Success;
        DateTime? seenChangeAt = null;
        Exception? failure = null;
        try
        {
            var participant = await participants.FindAsync(lease.Key, cancellationToken);
            seenChangeAt = participant.ChangedAt;
            if (participant.SuspendedAt is null)
                await CopyAsync(new(participant, accounts.Of(lease.Key), lease, totals), cancellationToken);
            else
                cause = Cause.Suspended;
        }
        catch (Exception problem)
        {
            (cause, failure) = (CauseOf(problem, cancellationToken), problem);
        }

        var outcome = new IngestOutcome(cause, totals);
        var seconds = (clock.GetUtcNow() - started).TotalSeconds;
        log.Log(cause is Cause.Unexpected ? LogLevel.Error : LogLevel.Information, cause is Cause.Unexpected ? failure : null,
            "Ingest of participant {Participant}: {Outcome:l}, {Records} records read, {Files} files written, {BytesUp} bytes up, {BytesDown} bytes down, {Seconds:0.0} s",
            lease.Key, cause.Name(), totals.RecordsRead, totals.FilesWritten, totals.BytesUp, totals.BytesDown, seconds);
        await EndAsync(lease, outcome, started, seenChangeAt);
        return outcome;
    }

    async Task CopyAsync(Run run, CancellationToken cancellationToken)
    {
        await files.SettleAsync(run, cancellationToken);
        var site = await address.FindAsync(run, cancellationToken);
        NightscoutException? failure = null;
        var failed = new HashSet<Collection>();
        foreach (var collection in Collection.All)
            await TryAsync(collection, collections.CopyNewAsync); // what is new, of every collection, before history of any
        foreach (var collection in Collection.All.Where(collection => !failed.Contains(collection)).ToList())
            await TryAsync(collection, collections.CopyOlderAsync);
        foreach (var collection in Collection.All)
            await files.JoinClosedMonthsAsync(run, collection, cancellationToken);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        // A token that may not read treatments, or one page that is too large, costs that collection and no other.
        async Task TryAsync(Collection collection, Func<Run, Site, Collection, CancellationToken, Task> copy)
        {
            try
            {
                await copy(run, site, collection, cancellationToken);
            }
            catch (NightscoutException problem) when (problem is not SiteUnreachableException)
            {
                failure ??= problem;
                failed.Add(collection);
            }
        }
    }

    /// <summary>Also while stopping: the outcome is known and the lease should not have to run out.</summary>
    async Task EndAsync(Lease lease, IngestOutcome outcome, DateTimeOffset started, DateTime? seenChangeAt)
    {
        try
        {
            var wait = outcome.Cause.Wait(options.Every) * (0.9 + Random.Shared.NextDouble() * 0.2); // not all at the full hour
            await due.EndAsync(lease, outcome, started, clock.GetUtcNow() + wait, seenChangeAt, CancellationToken.None);
        }
        catch (NpgsqlException problem)
        {
            log.LogError(problem, "The outcome of participant {Participant} could not be stored; the lease will run out.", lease.Key);
        }
    }

    static Cause CauseOf(Exception problem, CancellationToken cancellationToken) => problem switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => Cause.Stopped,
        LeaseLostException => Cause.LeaseLost,
        SignInAgainException => Cause.SignInAgain,
        NoAddressException => Cause.NoAddress,
        AddressMalformedException or AddressPrivateException => Cause.AddressUnusable,
        SiteRefusedException => Cause.SiteRefused,
        SiteUnreachableException => Cause.SiteUnreachable,
        SiteMovedException => Cause.SiteMoved,
        NotNightscoutException => Cause.NotNightscout,
        SiteTemporaryException or PageTooLargeException => Cause.SiteTemporary,
        OpenHumansTemporaryException or OpenHumansRefusedException or UploadDamagedException => Cause.OpenHumansTemporary,
        _ => Cause.Unexpected,
    };
}
