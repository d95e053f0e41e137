using System.Security.Cryptography;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>A file whose bytes are not those its metadata names.</summary>
public sealed class FileDamagedException() : Exception("A file's bytes are not those its metadata names.");

/// <summary>One load of one participant: what they agree to, which files are new, and which are gone.</summary>
public sealed class ParticipantLoad(
    NpgsqlDataSource db, DueLoads due, Participants participants, OpenHumansAccounts accounts, ConsentLedger ledger, ConsentFile consentFile, FileLoad files,
    Withdrawal withdrawal, EtlOptions options, TimeProvider clock, ILogger<ParticipantLoad> log)
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
        await EndAsync(run, outcome);
        return outcome;
    }

    async Task<Outcome> LoadAsync(Run run, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(run.Lease.Key, cancellationToken);
        run.SeenChangeAt = participant.ChangedAt;
        var newest = await due.NewestFileAsync(participant.ParticipantId, cancellationToken); // before the listing: what is written meanwhile is due again
        var consent = await ledger.CurrentAsync(participant.ParticipantId, cancellationToken);
        if (consent.Page == SharedProjects.None)
        {
            await withdrawal.RunAsync(participant.ParticipantId, cancellationToken); // whatever the file says: the narrower counts
            run.SeenFileId = newest;
            return Outcome.NotShared;
        }
        if (participant.SuspendedAt is not null)
            return Outcome.Suspended;

        var account = accounts.Of(participant.ParticipantId);
        return await account.ReadAsync(membership => LoadListedAsync(run, participant, consent, account, membership, newest, cancellationToken), cancellationToken);
    }

    async Task<Outcome> LoadListedAsync(Run run, Participant participant, CurrentConsent seen, OpenHumansAccount account, Membership membership, long newest, CancellationToken cancellationToken)
    {
        var mayRemove = await consentFile.ReadAsync(participant, seen, account, membership, cancellationToken);
        run.SeenChangeAt = (await participants.FindAsync(run.Lease.Key, cancellationToken)).ChangedAt; // with what reading the consent file changed
        if ((await ledger.CurrentAsync(participant.ParticipantId, cancellationToken)).SharesNothing)
        {
            if (!mayRemove)
                return Outcome.ConsentFileMissing;
            await withdrawal.RunAsync(participant.ParticipantId, cancellationToken);
            run.SeenFileId = newest;
            return Outcome.NotShared;
        }

        await LoadNewAsync(run, participant, account, membership, cancellationToken);
        await RemoveGoneAsync(run, membership, cancellationToken); // after all that is there: a record may have moved to another file
        if (run.Damaged > 0)
            return Outcome.FileDamaged;
        run.SeenFileId = newest;
        return Outcome.Loaded;
    }

    async Task LoadNewAsync(Run run, Participant participant, OpenHumansAccount account, Membership membership, CancellationToken cancellationToken)
    {
        var loaded = await LoadedKeysAsync(participant.ParticipantId, cancellationToken);
        foreach (var (listed, collection, period, revision) in Candidates(membership, participant).Where(file => !loaded.Contains(Key(file.File))))
        {
            try
            {
                await using var content = TemporaryFile.Create(options.WorkFolder, "etl");
                await account.DownloadAsync(listed, content, cancellationToken);
                content.Position = 0;
                var sha256 = await SHA256.HashDataAsync(content, cancellationToken);
                if (FileMetadata.TryRead(listed.Metadata)?.Sha256 is { } promised && promised != Convert.ToHexStringLower(sha256))
                    throw new FileDamagedException();
                var file = new SourceFile(collection, period, Key(listed), revision, listed.Created.UtcDateTime, sha256, () =>
                {
                    content.Position = 0;
                    return content;
                });
                var result = await files.LoadAsync(participant, file, connection => due.Leases.RenewAsync(run.Lease, connection, cancellationToken), null, cancellationToken);
                run.Counts += result.Counts;
                run.Files++;
            }
            catch (Exception damage) when (damage is FileDamagedException or InvalidDataException)
            {
                run.Damaged++;
                log.LogWarning("A {Collection} file of participant {Participant} ({Period}) is damaged and was not loaded.", collection, participant.ParticipantId, period.Name);
            }
        }
    }

    /// <summary>Of each period the newest file, oldest first; without what a newer, longer period covers.</summary>
    static IReadOnlyList<(OpenHumansFile File, string Collection, Period Period, long Revision)> Candidates(Membership membership, Participant participant)
    {
        var newest = membership.Files
            .Select(file => (File: file, Name: DataFileName.TryRead(file.Name)))
            .Where(file => file.Name?.ProjectMemberId == participant.ProjectMemberId)
            .Select(file => (file.File, file.Name!.Collection, file.Name.Period, Revision: FileMetadata.TryRead(file.File.Metadata)?.Revision ?? file.Name.Revision))
            .GroupBy(file => (file.Collection, file.Period))
            .Select(same => same.MaxBy(file => (file.Revision, file.File.Id)))
            .OrderBy(file => file.File.Id).ToList();
        return [.. newest.Where(file => !newest.Exists(other => other.Collection == file.Collection && other.Period != file.Period && other.Period != Period.Whole
            && other.Period.Contains(file.Period) && other.File.Id > file.File.Id))];
    }

    async Task<HashSet<string>> LoadedKeysAsync(long participantId, CancellationToken cancellationToken)
    {
        return [.. (await PeriodsAsync(participantId, cancellationToken)).Where(period => period.LoaderVersion == SourceFile.LoaderVersion).Select(period => period.FileKey)];
    }

    async Task<IReadOnlyList<LoadedPeriod>> PeriodsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await LoadLedger.PeriodsAsync(connection, participantId, cancellationToken);
    }

    /// <summary>Periods whose file a complete listing lacks: the participant deleted it. Believed when a second listing lacks it too.</summary>
    async Task RemoveGoneAsync(Run run, Membership membership, CancellationToken cancellationToken)
    {
        var listed = membership.Files.Select(Key).ToHashSet();
        var covered = membership.Files.Select(file => DataFileName.TryRead(file.Name)).Where(name => name is not null).Select(name => (name!.Collection, name.Period.Name)).ToHashSet();
        foreach (var loaded in await PeriodsAsync(run.Lease.Key, cancellationToken))
        {
            var gone = loaded.FileKey.StartsWith("oh:", StringComparison.Ordinal) && !listed.Contains(loaded.FileKey) && !covered.Contains((loaded.Collection, loaded.Period));
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

    async Task EndAsync(Run run, Outcome outcome)
    {
        var wait = outcome switch
        {
            Outcome.Loaded when run.LookAgainSoon => Doubt * 1.1,
            Outcome.LeaseLost or Outcome.Stopped or Outcome.ConsentChanged => TimeSpan.Zero,
            Outcome.OpenHumansTemporary or Outcome.FileDamaged or Outcome.Unexpected => AfterFailure,
            Outcome.ConsentFileMissing => Doubt, // it may come back at any time
            _ => options.ListEvery,
        } * (0.95 + Random.Shared.NextDouble() * 0.1);
        try
        {
            await due.EndAsync(run.Lease, outcome, clock.GetUtcNow() + wait, run.SeenChangeAt, run.SeenFileId, CancellationToken.None);
        }
        catch (NpgsqlException problem)
        {
            log.LogError(problem, "The outcome of participant {Participant} could not be stored; the lease will run out.", run.Lease.Key);
        }
    }

    static string Key(OpenHumansFile file) => $"oh:{file.Id}";

    static Outcome OutcomeOf(Exception problem, CancellationToken cancellationToken) => problem switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => Outcome.Stopped,
        LeaseLostException => Outcome.LeaseLost,
        ConsentChangedMeanwhileException => Outcome.ConsentChanged,
        SignInAgainException => Outcome.SignInAgain,
        OpenHumansTemporaryException or OpenHumansRefusedException => Outcome.OpenHumansTemporary,
        _ => Outcome.Unexpected,
    };
}
