using System.Security.Cryptography;
using Nightscout;
using OpenHumans;
using Register;

namespace NightscoutIngester;

/// <summary>
/// Takes files in the account over that are not in our books: whole histories that the system before this one wrote, and files of ours whose books were lost
/// or restored from a backup. One of ours that is what its metadata says is entered as it is; the records of all others go to files of ours first, and only
/// then they are deleted. The site is not read for that: a read of everything follows within a month, because whole histories have holes (late readings, edits).
/// </summary>
public sealed class Takeover(FileLedger ledger, PeriodFiles files, Cursors cursors, Spools spools, IngestOptions options, TimeProvider clock, ILogger<Takeover> log)
{
    /// <summary>When the read of everything begins at the latest: a history of many years takes some nights more.</summary>
    const int FullReadWithinDays = 18;

    /// <summary>Before the books are compared with the listing: what was replaced after they were written is not missing.</summary>
    /// <returns>Files whose records have to be written.</returns>
    public async Task<IReadOnlyList<FoundFile>> AdoptAsync(Run run, Membership membership, CancellationToken cancellationToken)
    {
        long[] listed = [.. membership.Files.Select(file => file.Id)];
        var ours = membership.Files.Select(file => (File: file, Name: DataFileName.TryRead(file.Name))).Where(item => item.Name?.ProjectMemberId == run.Participant.ProjectMemberId).ToList();
        var known = await ledger.KnownAsync(run.ParticipantId, [.. ours.Select(item => item.File.Id)], cancellationToken);
        await files.DeleteLeftoversAsync(run, known.Values.Where(row => row.State == "deleted").Select(row => row.FileId), cancellationToken);
        var left = new List<FoundFile>();
        foreach (var (file, name) in ours.OrderBy(item => item.File.Id)) // of two of one period the later one is the complete state
        {
            var row = known.GetValueOrDefault(file.Id);
            if (row is not null && row is not { State: "abandoned", IsOurs: true })
                continue;
            var found = new FoundFile(file, name!, row?.FileId);
            if (name!.Period != Period.Whole && await IsNewestAsync(run, found, listed, cancellationToken) && await files.AdoptAsync(run, found, cancellationToken))
                continue;
            if (name.Period != Period.Whole)
                await ledger.SucceedAsync(run, found, listed, cancellationToken);
            left.Add(found);
        }
        return left;
    }

    /// <summary>Whether nothing that the account has of the file's days was written after it, nor is of more days.</summary>
    async Task<bool> IsNewestAsync(Run run, FoundFile found, long[] listed, CancellationToken cancellationToken) =>
        (await ledger.OpenAsync(run.ParticipantId, found.Name.Collection, cancellationToken))
            .Where(row => row.Period.Contains(found.Name.Period) || found.Name.Period.Contains(row.Period))
            .All(row => row.State == "current" && (!listed.Contains(row.OpenHumansId!.Value) || row.OpenHumansId < found.File.Id && found.Name.Period.Contains(row.Period)));

    /// <summary>Brings the records of found files to files of ours.</summary>
    public async Task TakeOverAsync(Run run, IReadOnlyList<FoundFile> found, CancellationToken cancellationToken)
    {
        foreach (var collection in found.GroupBy(item => item.Name.Collection))
            await TakeOverAsync(run, Collection.Named(collection.Key)!, [.. collection.OrderBy(item => item.Name.Revision).ThenBy(item => item.File.Id)], cancellationToken);
    }

    async Task TakeOverAsync(Run run, Collection collection, IReadOnlyList<FoundFile> found, CancellationToken cancellationToken)
    {
        using var spool = spools.Of(run, collection);
        var scrubber = spools.ScrubberOf(run);
        var withoutConsent = new RawJsonWriter();
        var unreadable = new HashSet<long>();
        foreach (var item in found)
        {
            await using var bytes = await files.DownloadAsync(run, item.File.Id, cancellationToken) ?? throw new OpenHumansTemporaryException("listing", "a file is not there any more");
            var isDamaged = item.Sha256 is { } expected && !(await SHA256.HashDataAsync(bytes, cancellationToken)).AsSpan().SequenceEqual(expected);
            bytes.Position = 0;
            // The system before this one wrote what was shared into each record; what counts is present consent.
            var problems = Read(spool, bytes, line => Scrubber.Without(scrubber.Scrub(line.Span), ["sharing_consent"], withoutConsent));
            if (problems == 0 && !isDamaged)
                continue;
            unreadable.Add(item.File.Id);
            log.LogWarning("A file of participant {Participant} with {Collection} has {Problems} lines that cannot be read: it stays where it is", run.ParticipantId, collection.Name, problems);
        }

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        await ledger.ForgetReadAsync(run, collection, spool.AllDays(), cancellationToken); // what the site does not have of it is to be noticed
        var isWritten = true;
        foreach (var period in spool.Periods(today).OrderByDescending(period => period.Name, StringComparer.Ordinal))
            isWritten &= await files.WriteAsync(run, collection, period, PeriodNews.None, spool, cancellationToken, found.Where(item => item.Name.Period == period).Max(item => (int?)item.Revision) ?? 0);
        if (found.Any(item => item.Name.Period == Period.Whole) && await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is null)
            await cursors.SaveAsync(run.Lease, collection.Name, CursorAfter(spool.Newest, found.Max(item => item.Name.Revision)), cancellationToken);
        if (!isWritten)
        {
            log.LogWarning("Files of participant {Participant} with {Collection} stay: some of their days are missing in the account", run.ParticipantId, collection.Name);
            return; // the only ones that have these days, until another listing tells
        }
        foreach (var item in found)
            await ledger.EnterAsync(run, item, unreadable.Contains(item.File.Id) ? "abandoned" : "superseded", cancellationToken);
        await files.DeleteLeftoversAsync(run, [], cancellationToken);
        log.LogInformation("Took {Files} files with {Records} {Collection} of participant {Participant} over", found.Count, spool.Count, collection.Name, run.ParticipantId);
    }

    /// <returns>Lines that cannot be read; one more when the file breaks off.</returns>
    static int Read(RecordSpool spool, Stream bytes, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> lineOf)
    {
        try
        {
            return spool.AddHeld(RecordLines.Read(bytes), lineOf);
        }
        catch (InvalidDataException)
        {
            return 1;
        }
    }

    /// <summary>Reading goes on from the file's last record; everything is read again some night of the coming month.</summary>
    Cursor CursorAfter(DateTimeOffset? newest, long written)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var readAt = DateTimeOffset.FromUnixTimeMilliseconds(written).UtcDateTime;
        if (newest?.UtcDateTime < readAt)
            readAt = newest.Value.UtcDateTime;
        if (readAt > now)
            readAt = now;
        return new()
        {
            ImportedFrom = Coverage.FirstDay,
            ImportedAllAt = now,
            ReadAt = readAt,
            ReadWeekAt = now.AddDays(-7),
            FullReadAt = now - options.FullEvery + TimeSpan.FromDays(1 + Random.Shared.NextDouble() * FullReadWithinDays),
        };
    }
}
