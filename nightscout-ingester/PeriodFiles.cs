using System.Security.Cryptography;
using System.Text.Json;
using Nightscout;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>A file of ours cannot be read back: its collection waits, the others do not.</summary>
public sealed class FileUnreadableException(string what) : Exception($"Open Humans: {what}.");

/// <summary>
/// The data files in a participant's Open Humans account, each step written to the ledger before it is taken. A file is replaced by uploading
/// its successor, checking it, making it current, and only then deleting what it replaces, by id.
/// </summary>
public sealed class PeriodFiles(FileLedger ledger, DueParticipants due, DayDigests digests, Spools spools, IngestOptions options, TimeProvider clock, ILogger<PeriodFiles> log)
{
    const int RecentDays = 3;

    /// <summary>Open Humans clears uploads away that are not completed after 6 hours (contract §3); a day, to be on the safe side.</summary>
    static readonly TimeSpan UploadLife = TimeSpan.FromDays(1);

    /// <summary>Brings a period to Open Humans: what the site served, and what it no longer serves but we hold.</summary>
    /// <param name="news">What the read found of the period; noted once it is safe.</param>
    /// <param name="after">A revision that the account may have already: the new one is higher.</param>
    /// <returns>False: nothing was done, because a listing lacked the period's file.</returns>
    /// <exception cref="LeaseLostException">Another replica has the participant now.</exception>
    /// <exception cref="FileUnreadableException">It is not there, or does not arrive twice as the same.</exception>
    /// <exception cref="OpenHumansException">The file before is still there and current.</exception>
    public async Task<bool> WriteAsync(Run run, Collection collection, Period period, PeriodNews news, RecordSpool spool, CancellationToken cancellationToken, int after = 0)
    {
        var rows = await ledger.OpenAsync(run.ParticipantId, collection.Name, cancellationToken);
        var gone = rows.Where(row => row.State == "removed" || row.MissingSince is not null).Select(row => row.Period).ToList();
        if (gone.Contains(period))
            return false; // the participant deleted it: not written again unasked
        var before = rows.Where(row => row.State == "current" && period.Contains(row.Period)).ToList();
        var inFile = new HashSet<string>(StringComparer.Ordinal);
        var readBack = !await HoldsAllOfAsync(run, collection, period, before, spool, cancellationToken);
        if (readBack)
            for (var at = 0; at < before.Count; at++)
                before[at] = await AddMissingAsync(run, collection, before[at], period.Contains, spool, inFile, cancellationToken);
        spool.Drop(day => gone.Exists(removed => removed.Contains(day)));

        var (absent, marked) = Settle(run, collection, period, news, spool, inFile);
        if (readBack || before.Count == 0)
            run.Totals.DifferencesOf(collection).Missing += spool.CountServed(period, inFile);
        await using var file = await spool.SealAsync(period, options.WorkFolder, cancellationToken);
        var notes = NotesOf(period, news, spool) with { Absent = absent, GoneOdd = marked };
        if (file.Records == 0 && before.Count == 0 || before is [var same] && same.Period == period && same.Revision > after && same.Sha256.AsSpan().SequenceEqual(file.Sha256))
        {
            await ledger.NoteAsync(run, collection, notes, cancellationToken);
            return true;
        }
        var written = await UploadAsync(run, collection, period, file, after, cancellationToken);
        await ledger.MakeCurrentAsync(run, written, notes, cancellationToken);
        await DeleteSupersededAsync(run, cancellationToken);
        run.Totals.FilesWritten++;
        return true;
    }

    /// <summary>Days whose ids are kept: what an hourly run rewrites, it rewrites without reading it back.</summary>
    DateOnly RecentFrom => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(-RecentDays);

    PeriodNotes NotesOf(Period period, PeriodNews news, RecordSpool spool) => new(
        period, [.. news.Changed.Select(day => (day, period.IsMonth || day.Day != Period.NoDay && day.Day < RecentFrom ? null : spool.IdsOf(day.Day)))], [.. spool.HeldDays().Where(day => period.Contains(day.Day))], [],
        [.. spool.Odd().Where(record => period.Contains(record.Day))], [.. spool.HeldOdd().Where(record => period.Contains(record.Day))], [],
        spool.Parts(period, day => news.Covered.Contains(day) || news.Changed.Any(changed => changed.Day == day)), clock.GetUtcNow().UtcDateTime);

    /// <summary>What becomes of records that our file holds and the site did not serve: replaced, marked as deleted, noted as absent, or simply kept.</summary>
    static (IReadOnlyList<Absence> Absent, string[] Marked) Settle(Run run, Collection collection, Period period, PeriodNews news, RecordSpool spool, HashSet<string> inFile)
    {
        var differences = run.Totals.DifferencesOf(collection);
        differences.Renamed += spool.RemoveReplaced(inFile, day => period.Contains(day) && news.Covered.Contains(day));
        var (absent, marked) = (new List<Absence>(), new List<string>());
        foreach (var copy in news.Verdicts.Copies.Where(copy => period.Contains(copy.Day)))
            spool.RemoveHeld(copy.RecordId, copy.Day);
        foreach (var held in spool.Held().Where(held => period.Contains(held.Day)))
        {
            differences.OnlyOurs++;
            if (collection == Collection.DeviceStatus || held.Day < run.HistoryFrom || !(held.IsOdd ? news.Covered.Odd : news.Covered.Contains(held.Day)))
                continue; // devicestatus is pruned everywhere: its disappearance says nothing
            if (news.Verdicts.Deleted.Contains(held.Id))
            {
                spool.MarkDeleted(held.Id);
                marked.Add(held.Id);
                differences.Deleted++;
            }
            else
                absent.Add(new(held.Id, held.Day, held.Time?.UtcDateTime));
        }
        return (absent, [.. marked]);
    }

    /// <summary>Joins the day files of months that are closed by now, and forgets ids that are not needed any more.</summary>
    public async Task JoinClosedMonthsAsync(Run run, Collection collection, CancellationToken cancellationToken)
    {
        await digests.ForgetIdsAsync(run.ParticipantId, collection.Name, RecentFrom, cancellationToken);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var rows = await ledger.OpenAsync(run.ParticipantId, collection.Name, cancellationToken);
        var months = rows.Where(row => row is { State: "current", MissingSince: null, Period.IsDay: true })
            .Select(row => Period.Of(row.Period.Days!.Value.First, today)).Where(period => period.IsMonth).Distinct();
        foreach (var month in months)
        {
            using var spool = spools.Of(run, collection);
            await WriteAsync(run, collection, month, PeriodNews.None, spool, cancellationToken);
        }
    }

    /// <summary>Goes on where an earlier run was interrupted.</summary>
    public async Task SettleAsync(Run run, CancellationToken cancellationToken)
    {
        foreach (var row in (await ledger.UnsettledAsync(run.ParticipantId, cancellationToken)).Where(row => row.State != "superseded"))
        {
            if (row.State is "planned" or "started" || !await IsCompletedAsync(run, row, cancellationToken))
                await ledger.SetStateAsync(run, row.FileId, "abandoned", cancellationToken); // invisible on Open Humans, which clears such uploads away
            else if (await ReadBackAsync(run, row, cancellationToken) is { } notes)
                await ledger.MakeCurrentAsync(run, row, notes, cancellationToken);
            else
                await ledger.DoubtAsync(run, row.FileId, cancellationToken); // the participant deleted it; or the listing was wrong
        }
        await DeleteSupersededAsync(run, cancellationToken);
    }

    /// <summary>The run that wrote the file did not live to note what it holds.</summary>
    /// <returns>Null: the file is not there.</returns>
    async Task<PeriodNotes?> ReadBackAsync(Run run, FileRow row, CancellationToken cancellationToken)
    {
        await using var bytes = await DownloadAsync(run, row.OpenHumansId!.Value, cancellationToken);
        if (bytes is null)
            return null;
        return NotesOf(run, Collection.Named(row.Collection)!, row.Period, bytes);
    }

    PeriodNotes NotesOf(Run run, Collection collection, Period period, Stream bytes)
    {
        using var spool = spools.Of(run, collection);
        spool.AddHeld(RecordLines.Read(bytes), line => line);
        return NotesOf(period, PeriodNews.None, spool);
    }

    /// <summary>Makes a file of ours that the books do not know current, when it is as its metadata says: it is the complete state of its period.</summary>
    /// <returns>False: it is damaged, or does not say.</returns>
    public async Task<bool> AdoptAsync(Run run, FoundFile found, CancellationToken cancellationToken)
    {
        if (found.Sha256 is not { } expected)
            return false;
        await using var bytes = await DownloadAsync(run, found.File.Id, cancellationToken) ?? throw new OpenHumansTemporaryException("listing", "a file is not there any more");
        if (!(await SHA256.HashDataAsync(bytes, cancellationToken)).AsSpan().SequenceEqual(expected))
            return false;
        bytes.Position = 0;
        var md5 = await MD5.HashDataAsync(bytes, cancellationToken);
        bytes.Position = 0;
        await ledger.AdoptAsync(run, found, bytes.Length, expected, md5, NotesOf(run, Collection.Named(found.Name.Collection)!, found.Name.Period, bytes), cancellationToken);
        await DeleteSupersededAsync(run, cancellationToken);
        return true;
    }

    /// <summary>Notes which of our files a complete listing lacks.</summary>
    /// <param name="startsOver">The participant is new, or back: what is not there is written again.</param>
    public Task ReconcileAsync(Run run, Membership membership, bool startsOver, CancellationToken cancellationToken)
    {
        long[] listed = [.. membership.Files.Select(file => file.Id)];
        return startsOver ? ledger.ForgetMissingAsync(run, listed, cancellationToken) : ledger.CompareAsync(run, listed, cancellationToken);
    }

    /// <summary>Deletes what a listing shows though it should be gone.</summary>
    public async Task DeleteLeftoversAsync(Run run, IEnumerable<long> fileIds, CancellationToken cancellationToken)
    {
        foreach (var fileId in fileIds)
            await ledger.SetStateAsync(run, fileId, "superseded", cancellationToken);
        await DeleteSupersededAsync(run, cancellationToken);
    }

    async Task<FileRow> UploadAsync(Run run, Collection collection, Period period, SealedFile file, int after, CancellationToken cancellationToken)
    {
        var planned = await ledger.PlanAsync(run, collection, period, file, after, cancellationToken);
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
        foreach (var row in (await ledger.UnsettledAsync(run.ParticipantId, cancellationToken)).Where(row => row.State == "superseded"))
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
        return await digests.IdsAsync(run.ParticipantId, collection.Name, day, cancellationToken) is { } ids && spool.ServedAll(ids);
    }

    /// <summary>Adds what a file of ours holds and the site did not serve. Of a damaged one that is what can be read of it; it stays in the account, and its days are read again.</summary>
    /// <param name="inFile">Ids of records that both have are added.</param>
    /// <returns>The row as it is now.</returns>
    async Task<FileRow> AddMissingAsync(Run run, Collection collection, FileRow row, Func<DateOnly, bool> wanted, RecordSpool spool, HashSet<string> inFile, CancellationToken cancellationToken)
    {
        await using var first = await ReadAsync();
        var hash = await HashAsync(first);
        if (row.Sha256.Length > 0 && !hash.AsSpan().SequenceEqual(row.Sha256))
        {
            await using var second = await ReadAsync(); // the way here may have damaged it
            if (!(await HashAsync(second)).AsSpan().SequenceEqual(hash))
                throw new FileUnreadableException("a file of ours does not arrive as it is");
            await ledger.NoteDamageAsync(run, row, cancellationToken);
            log.LogWarning("The file of participant {Participant} with {Collection} of {Period:l} is damaged: what can be read of it goes to a new one, and it stays where it is", run.ParticipantId, collection.Name, row.Period.Name);
            row = row with { Sha256 = [] };
        }
        var differences = spool.AddMissing(row.Sha256.Length == 0 ? Readable(first) : RecordLines.Read(first), wanted);
        run.Totals.DifferencesOf(collection).Changed += differences.Changed;
        inFile.UnionWith(differences.InBoth);
        return row;

        async Task<byte[]> HashAsync(Stream bytes)
        {
            var found = await SHA256.HashDataAsync(bytes, cancellationToken);
            bytes.Position = 0;
            return found;
        }

        async Task<FileStream> ReadAsync()
        {
            if (await DownloadAsync(run, row.OpenHumansId!.Value, cancellationToken) is { } bytes)
                return bytes;
            await ledger.ListNextAsync(run, cancellationToken);
            throw new FileUnreadableException("a file of ours is not there");
        }
    }

    /// <summary>The records of a damaged file, up to where nothing can be read any more.</summary>
    static IEnumerable<RecordLine> Readable(Stream file)
    {
        IEnumerator<RecordLine>? lines = null;
        while (true)
        {
            try
            {
                lines ??= RecordLines.Read(file).GetEnumerator();
                if (!lines.MoveNext())
                    break;
            }
            catch (InvalidDataException)
            {
                break;
            }
            if (IsRecord(lines.Current.Json.Span))
                yield return lines.Current;
        }
    }

    static bool IsRecord(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, JsonLimits.Reader);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Brings a file of the account here.</summary>
    /// <returns>Null: the account lists no such file.</returns>
    public async Task<FileStream?> DownloadAsync(Run run, long openHumansId, CancellationToken cancellationToken)
    {
        var bytes = TemporaryFile.Create(options.WorkFolder, "ingest");
        try
        {
            var isThere = await run.Account.ReadAsync(async membership => // for a download URL that still works
            {
                if (membership.Files.FirstOrDefault(file => file.Id == openHumansId) is not { } file)
                    return false;
                bytes.SetLength(0);
                await run.Account.DownloadAsync(file, bytes, cancellationToken);
                return true;
            }, cancellationToken);
            if (!isThere)
            {
                await bytes.DisposeAsync();
                return null;
            }
            run.Totals.BytesDown += bytes.Length;
            bytes.Position = 0;
            return bytes;
        }
        catch
        {
            await bytes.DisposeAsync();
            throw;
        }
    }
}

/// <summary>What a read found of a period.</summary>
/// <param name="Changed">What the site served for the days that are not as they were.</param>
/// <param name="Covered">Days that were read completely: what they lack, the site lacks.</param>
/// <param name="Verdicts">On records that earlier reads lacked.</param>
public sealed record PeriodNews(IReadOnlyList<DayDigest> Changed, Coverage Covered, Verdicts Verdicts)
{
    /// <summary>The site was not asked.</summary>
    public static readonly PeriodNews None = new([], Coverage.Nothing, Verdicts.None);
}
