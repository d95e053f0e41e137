using System.Security.Cryptography;
using Nightscout;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>
/// The data files in a participant's Open Humans account, each step written to the ledger before it is taken. A file is replaced by uploading
/// its successor, checking it, making it current, and only then deleting what it replaces, by id.
/// </summary>
public sealed class PeriodFiles(FileLedger ledger, DueParticipants due, DayDigests digests, IngestOptions options, TimeProvider clock)
{
    /// <summary>Open Humans clears uploads away that are not completed after 6 hours (contract §3); a day, to be on the safe side.</summary>
    static readonly TimeSpan UploadLife = TimeSpan.FromDays(1);

    /// <summary>Brings a period to Open Humans: what the site served, and what it no longer serves but we hold.</summary>
    /// <param name="changed">What the site served for the days that are not as they were; noted once they are safe.</param>
    /// <exception cref="LeaseLostException">Another replica has the participant now.</exception>
    /// <exception cref="OpenHumansException">The file before is still there and current.</exception>
    public async Task WriteAsync(Run run, Collection collection, Period period, IReadOnlyList<DayDigest> changed, RecordSpool spool, CancellationToken cancellationToken)
    {
        var rows = await ledger.OpenAsync(run.ParticipantId, collection.Name, cancellationToken);
        var gone = rows.Where(row => row.State == "removed" || row.MissingSince is not null).Select(row => row.Period).ToList();
        if (gone.Contains(period))
            return; // the participant deleted it: not written again unasked
        var before = rows.Where(row => row.State == "current" && period.Contains(row.Period)).ToList();
        if (!await HoldsAllOfAsync(run, collection, period, before, spool, cancellationToken))
            foreach (var row in before)
                await AddMissingAsync(run, row, period.Contains, spool, cancellationToken);
        spool.Drop(day => gone.Exists(removed => removed.Contains(day)));

        await using var file = await spool.SealAsync(period, options.WorkFolder, cancellationToken);
        if (file.Records == 0 && before.Count == 0)
            return;
        var days = changed.Select(day => (day, period.IsMonth ? null : spool.IdsOf(day.Day))).ToList();
        if (before is [var same] && same.Period == period && same.Sha256.AsSpan().SequenceEqual(file.Sha256))
        {
            await due.Leases.CommitAsync(run.Lease, connection => DayDigests.StoreAsync(run.ParticipantId, collection.Name, days, connection, cancellationToken), cancellationToken);
            return;
        }
        var written = await UploadAsync(run, collection, period, file, cancellationToken);
        await ledger.MakeCurrentAsync(run, written, days, cancellationToken);
        await DeleteSupersededAsync(run, cancellationToken);
        run.Totals.FilesWritten++;
    }

    /// <summary>Joins the day files of months that are closed by now.</summary>
    public async Task JoinClosedMonthsAsync(Run run, Collection collection, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var rows = await ledger.OpenAsync(run.ParticipantId, collection.Name, cancellationToken);
        var months = rows.Where(row => row is { State: "current", MissingSince: null, Period.IsDay: true })
            .Select(row => Period.Of(row.Period.Days!.Value.First, today)).Where(period => period.IsMonth).Distinct();
        foreach (var month in months)
        {
            using var spool = new RecordSpool(collection, [], options.WorkFolder);
            await WriteAsync(run, collection, month, [], spool, cancellationToken);
        }
    }

    /// <summary>Goes on where an earlier run was interrupted.</summary>
    public async Task SettleAsync(Run run, CancellationToken cancellationToken)
    {
        foreach (var row in (await ledger.OpenAsync(run.ParticipantId, null, cancellationToken)).Where(row => row.State is "planned" or "started" or "put" or "completed"))
        {
            if (row.State is "planned" or "started" || !await IsCompletedAsync(run, row, cancellationToken))
                await ledger.SetStateAsync(run, row.FileId, "abandoned", cancellationToken); // invisible on Open Humans, which clears such uploads away
            else
                await ledger.MakeCurrentAsync(run, row, [], cancellationToken);
        }
        await DeleteSupersededAsync(run, cancellationToken);
    }

    /// <summary>Notes which of our files a complete listing lacks.</summary>
    /// <param name="startsOver">The participant is new, or back: what is not there is written again.</param>
    public Task ReconcileAsync(Run run, Membership membership, bool startsOver, CancellationToken cancellationToken)
    {
        long[] listed = [.. membership.Files.Select(file => file.Id)];
        return startsOver ? ledger.ForgetMissingAsync(run, listed, cancellationToken) : ledger.CompareAsync(run, listed, cancellationToken);
    }

    async Task<FileRow> UploadAsync(Run run, Collection collection, Period period, SealedFile file, CancellationToken cancellationToken)
    {
        var planned = await ledger.PlanAsync(run, collection, period, file, cancellationToken);
        var now = clock.GetUtcNow();
        await due.Leases.RenewAsync(run.Lease, cancellationToken);
        var (id, url) = await run.Account.StartUploadAsync(DataFileName.Of(run.Participant.ProjectMemberId, collection.Name, period), new FileMetadata
        {
            Description = $"Your Nightscout {collection.Name} data ({(period == Period.Undated ? "without a date" : period.Name)}), uploaded at {now:yyyy-MM-dd HH:mm} UTC.",
            Tags = ["open-aps", "Nightscout", collection.Name, "json"],
            Collection = collection.Name,
            Period = period.Name,
            Revision = planned.Revision,
            Records = file.Records,
            StartDate = file.First,
            EndDate = file.Last,
            Sha256 = Convert.ToHexStringLower(file.Sha256),
            Md5 = Convert.ToHexStringLower(file.Md5),
            UpdatedAt = now,
        }, cancellationToken);
        await ledger.SetStateAsync(run, planned.FileId, "started", cancellationToken, id);

        file.Bytes.Position = 0;
        await run.Account.PutAsync(url, file.Bytes, file.Length, file.Md5, cancellationToken);
        run.Totals.BytesUp += file.Length;
        await ledger.SetStateAsync(run, planned.FileId, "put", cancellationToken);

        await run.Account.CompleteUploadAsync(id, file.Length, cancellationToken);
        await ledger.SetStateAsync(run, planned.FileId, "completed", cancellationToken);
        return planned;
    }

    async Task DeleteSupersededAsync(Run run, CancellationToken cancellationToken)
    {
        foreach (var row in (await ledger.OpenAsync(run.ParticipantId, null, cancellationToken)).Where(row => row.State == "superseded"))
        {
            await due.Leases.RenewAsync(run.Lease, cancellationToken);
            await run.Account.DeleteAsync(row.OpenHumansId!.Value, cancellationToken); // false: it was gone already
            await ledger.SetStateAsync(run, row.FileId, "deleted", cancellationToken);
        }
    }

    /// <summary>Whether an upload whose bytes are there is a complete file; asks for its completion, which may be repeated.</summary>
    async Task<bool> IsCompletedAsync(Run run, FileRow row, CancellationToken cancellationToken)
    {
        if (row.State == "completed")
            return true;
        try
        {
            await due.Leases.RenewAsync(run.Lease, cancellationToken);
            await run.Account.CompleteUploadAsync(row.OpenHumansId!.Value, row.Bytes, cancellationToken);
            return true;
        }
        catch (OpenHumansDeclinedException)
        {
            return false;
        }
        catch (UploadDamagedException)
        {
            await due.Leases.RenewAsync(run.Lease, cancellationToken);
            await run.Account.DeleteAsync(row.OpenHumansId!.Value, cancellationToken); // it is complete by now, and not what was sent
            return false;
        }
        catch (OpenHumansTemporaryException)
        {
            // Open Humans answers 500 for an upload it has cleared away, and for any other reason: the listing tells.
            if ((await run.Account.ListAsync(cancellationToken)).Files.Any(file => file.Id == row.OpenHumansId))
                return true;
            if (row.PlannedAt > clock.GetUtcNow().UtcDateTime - UploadLife)
                throw;
            return false;
        }
    }

    /// <summary>Whether the file that is there holds nothing but what the site just served: then it need not be read back.</summary>
    async Task<bool> HoldsAllOfAsync(Run run, Collection collection, Period period, List<FileRow> before, RecordSpool spool, CancellationToken cancellationToken)
    {
        if (before.Count == 0)
            return true;
        if (before.Count > 1 || before[0].Period != period || period.IsMonth)
            return false;
        var day = period.Days?.First ?? Period.NoDay;
        return await digests.IdsAsync(run.ParticipantId, collection.Name, day, cancellationToken) is { } ids && spool.HoldsAll(ids);
    }

    async Task AddMissingAsync(Run run, FileRow row, Func<DateOnly, bool> wanted, RecordSpool spool, CancellationToken cancellationToken)
    {
        await using var gzipped = TemporaryFile.Create(options.WorkFolder, "ingest");
        await run.Account.ReadAsync(async membership => // for a download URL that still works
        {
            var file = membership.Files.FirstOrDefault(file => file.Id == row.OpenHumansId)
                ?? throw new OpenHumansTemporaryException("listing", "a file of ours is not there"); // the next reconciliation will tell
            gzipped.SetLength(0);
            await run.Account.DownloadAsync(file, gzipped, cancellationToken);
            return true;
        }, cancellationToken);
        run.Totals.BytesDown += gzipped.Length;
        gzipped.Position = 0;
        if (!(await SHA256.HashDataAsync(gzipped, cancellationToken)).AsSpan().SequenceEqual(row.Sha256))
            throw new UploadDamagedException("a file of ours is not what was written"); // replacing it would lose what only it holds
        gzipped.Position = 0;
        spool.AddMissing(RecordLines.Read(gzipped), wanted);
    }
}
