using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>One load of one participant: what they agree to, which files are new, and which are gone.</summary>
public sealed class ParticipantLoad(
    NpgsqlDataSource db, DueLoads due, Participants participants, OpenHumansAccounts accounts, ConsentLedger ledger, ConsentFile consentFile, ConsentGate gate, AccountFiles files,
    EtlOptions options, TimeProvider clock, ILogger<ParticipantLoad> log)
{
    /// <summary>A period whose file a listing lacks is removed when another listing lacks it this much later.</summary>
    static readonly TimeSpan Doubt = TimeSpan.FromHours(1);

    static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(15);

    /// <summary>What a run finds out on its way.</summary>
    sealed class Run(Lease lease)
    {
        public Lease Lease => lease;
        public DateTime? SeenChangeAt { get; set; }
        public long? SeenFileId { get; set; }
        public LoadCounts Counts { get; set; } = LoadCounts.None;
        public int Files { get; set; }
        public int Damaged { get; set; }
        public bool LookAgainSoon { get; set; }
    }

    /// <summary>Never throws: every way to fail is an outcome, logged and stored once, and delays nobody else.</summary>
    public async Task<Outcome> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var trace = Telemetry.Begin("load");
        var started = clock.GetTimestamp();
        var run = new Run(lease);
        var outcome = Outcome.Unexpected;
        Exception? failure = null;
        try
        {
            outcome = await LoadAsync(run, cancellationToken);
        }
        catch (Exception problem)
        {
            outcome = OutcomeOf(problem, cancellationToken);
            failure = problem;
        }
        log.Log(outcome == Outcome.Unexpected ? LogLevel.Error : LogLevel.Information, outcome == Outcome.Unexpected ? failure : null,
            "Load of participant {Participant}: {Outcome}, {Files} files, {Read} lines read, {Loaded} loaded, {Unchanged} unchanged, {Quarantined} quarantined, {Seconds:0.0} s",
            lease.Key, outcome, run.Files, run.Counts.Read, run.Counts.Loaded, run.Counts.Unchanged, run.Counts.Quarantined, clock.GetElapsedTime(started).TotalSeconds);
        trace.End(outcome.ToString(), isFault: outcome == Outcome.Unexpected);
        Measures.Ended(outcome, clock.GetElapsedTime(started));
        await EndAsync(run, new(outcome, clock.GetElapsedTime(started), run.Files, run.Counts));
        return outcome;
    }

    async Task<Outcome> LoadAsync(Run run, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(run.Lease.Key, cancellationToken);
        run.SeenChangeAt = participant.ChangedAt;
        var newest = await due.NewestFileAsync(participant.ParticipantId, cancellationToken); // before the listing: what is written meanwhile is due again
        var consent = await ledger.CurrentAsync(participant.ParticipantId, cancellationToken);
        if (ConsentGate.BeforeListing(participant, consent) is { } refused)
        {
            run.SeenFileId = refused == Outcome.NotShared ? newest : null;
            return refused;
        }
        return await accounts.Of(participant.ParticipantId).ReadAsync(membership => LoadListedAsync(run, participant, consent, membership, newest, cancellationToken), cancellationToken);
    }

    async Task<Outcome> LoadListedAsync(Run run, Participant participant, CurrentConsent seen, Membership membership, long newest, CancellationToken cancellationToken)
    {
        await consentFile.ReadAsync(participant, seen, membership, cancellationToken);
        run.SeenChangeAt = (await participants.FindAsync(run.Lease.Key, cancellationToken)).ChangedAt; // with what reading the consent file changed
        if (await gate.AfterListingAsync(participant, cancellationToken) is { } refused)
        {
            run.SeenFileId = refused == Outcome.NotShared ? newest : null;
            return refused;
        }

        await LoadNewAsync(run, participant, membership, cancellationToken);
        await RemoveGoneAsync(run, membership, cancellationToken); // after all that is there: a record may have moved to another file
        if (run.Damaged > 0)
            return Outcome.FileDamaged;
        run.SeenFileId = newest;
        return Outcome.Loaded;
    }

    async Task LoadNewAsync(Run run, Participant participant, Membership membership, CancellationToken cancellationToken)
    {
        foreach (var listed in (await files.FindAsync(participant, membership, cancellationToken)).New)
        {
            try
            {
                await using var file = await files.DownloadAsync(listed, cancellationToken);
                var result = await files.LoadAsync(participant, file, connection => due.Leases.RenewAsync(run.Lease, connection, cancellationToken), null, cancellationToken);
                run.Counts += result.Counts;
                run.Files++;
            }
            catch (Exception damage) when (damage is FileDamagedException or InvalidDataException)
            {
                run.Damaged++;
                log.LogWarning("A {Collection} file of participant {Participant} ({Period}) is damaged and was not loaded.", listed.Collection, participant.ParticipantId, listed.Period.Name);
            }
        }
    }

    async Task<IReadOnlyList<LoadedPeriod>> PeriodsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await LoadLedger.PeriodsAsync(connection, participantId, cancellationToken);
    }

    /// <summary>Periods whose file a complete listing lacks: the participant deleted it. Believed when a second listing lacks it too.</summary>
    async Task RemoveGoneAsync(Run run, Membership membership, CancellationToken cancellationToken)
    {
        var listed = membership.Files.Select(ListedFile.KeyOf).ToHashSet();
        var covered = membership.Files.Select(file => DataFileName.TryRead(file.Name)).Where(name => name is not null).Select(name => (name!.Collection, name.Period.Name)).ToHashSet();
        foreach (var loaded in await PeriodsAsync(run.Lease.Key, cancellationToken))
        {
            var gone = loaded.FileKey.StartsWith(ListedFile.KeyPrefix, StringComparison.Ordinal) && !listed.Contains(loaded.FileKey) && !covered.Contains((loaded.Collection, loaded.Period));
            if (!gone && loaded.MissingSince is null)
                continue;
            await due.Leases.CommitAsync(run.Lease, async inLease =>
            {
                await AdvisoryLock.TakeInTransactionAsync(inLease, AdvisoryLock.Warehouse(run.Lease.Key), cancellationToken);
                if (gone && loaded.MissingSince < clock.GetUtcNow().UtcDateTime - Doubt)
                    await LoadLedger.ForgetAsync(inLease, run.Lease.Key, loaded, cancellationToken);
                else if (gone != loaded.MissingSince is not null)
                    await LoadLedger.SetMissingAsync(inLease, run.Lease.Key, loaded, gone, cancellationToken);
                return true;
            }, cancellationToken);
            run.LookAgainSoon |= gone;
        }
    }

    async Task EndAsync(Run run, EndedLoad end)
    {
        var wait = end.Outcome switch
        {
            Outcome.Loaded when run.LookAgainSoon => Doubt * 1.1,
            Outcome.LeaseLost or Outcome.Stopped or Outcome.ConsentChanged => TimeSpan.Zero,
            Outcome.OpenHumansTemporary or Outcome.FileDamaged or Outcome.Unexpected => AfterFailure,
            Outcome.ConsentFileMissing => Doubt, // it may come back at any time
            _ => options.ListEvery,
        } * (0.95 + Random.Shared.NextDouble() * 0.1);
        try
        {
            await due.EndAsync(run.Lease, end, clock.GetUtcNow() + wait, run.SeenChangeAt, run.SeenFileId, CancellationToken.None);
        }
        catch (NpgsqlException problem)
        {
            log.LogError(problem, "The outcome of participant {Participant} could not be stored; the lease will run out.", run.Lease.Key);
        }
    }

    static Outcome OutcomeOf(Exception problem, CancellationToken cancellationToken) => problem switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => Outcome.Stopped,
        LeaseLostException => Outcome.LeaseLost,
        ParticipantGoneException => Outcome.Erased,
        ConsentChangedMeanwhileException => Outcome.ConsentChanged,
        SignInAgainException => Outcome.SignInAgain,
        OpenHumansTemporaryException or OpenHumansRefusedException => Outcome.OpenHumansTemporary,
        _ => Outcome.Unexpected,
    };
}
