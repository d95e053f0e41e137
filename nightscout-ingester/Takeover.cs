using Nightscout;
using OpenHumans;
using Register;

namespace NightscoutIngester;

/// <summary>
/// Takes files in the account over that are not in our books: whole histories that the system before this one wrote, and files of ours whose books were lost.
/// Their records go to files of ours first; only then they are deleted. The site is not read for that: a read of everything follows within a month, because
/// those histories have holes (late readings, edits).
/// </summary>
public sealed class Takeover(FileLedger ledger, PeriodFiles files, Cursors cursors, Spools spools, IngestOptions options, TimeProvider clock, ILogger<Takeover> log)
{
    const int FullReadWithinDays = 28;

    public async Task TakeOverAsync(Run run, Membership membership, CancellationToken cancellationToken)
    {
        var ours = membership.Files.Select(file => (File: file, Name: DataFileName.TryRead(file.Name))).Where(item => item.Name is not null && item.Name.ProjectMemberId == run.Participant.ProjectMemberId).ToList();
        var known = await ledger.KnownAsync(run.ParticipantId, [.. ours.Select(item => item.File.Id)], cancellationToken);
        await files.DeleteLeftoversAsync(run, ours.Where(item => known.TryGetValue(item.File.Id, out var row) && row.State == "deleted").Select(item => known[item.File.Id].FileId), cancellationToken);
        foreach (var collection in ours.Where(item => !known.ContainsKey(item.File.Id)).GroupBy(item => item.Name!.Collection))
            await TakeOverAsync(run, Collection.Named(collection.Key)!, [.. collection.OrderBy(item => item.Name!.Revision).ThenBy(item => item.File.Id).Select(item => (item.File, item.Name!))], cancellationToken);
    }

    async Task TakeOverAsync(Run run, Collection collection, IReadOnlyList<(OpenHumansFile File, DataFileName Name)> found, CancellationToken cancellationToken)
    {
        using var spool = spools.Of(run, collection);
        var scrubber = spools.ScrubberOf(run);
        var withoutConsent = new RawJsonWriter();
        var unreadable = new HashSet<long>();
        foreach (var (file, _) in found)
        {
            await using var bytes = await files.DownloadAsync(run, file.Id, cancellationToken) ?? throw new OpenHumansTemporaryException("listing", "a file is not there any more");
            // The system before this one wrote what was shared into each record; what counts is present consent.
            var problems = Read(spool, bytes, line => Scrubber.Without(scrubber.Scrub(line.Span), ["sharing_consent"], withoutConsent));
            if (problems == 0)
                continue;
            unreadable.Add(file.Id);
            log.LogWarning("A file of participant {Participant} with {Collection} has {Problems} lines that cannot be read: it stays where it is", run.ParticipantId, collection.Name, problems);
        }

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        foreach (var period in spool.Periods(today).OrderByDescending(period => period.Name, StringComparer.Ordinal))
            await files.WriteAsync(run, collection, period, PeriodNews.None, spool, cancellationToken);
        if (found.Any(item => item.Name.Period == Period.Whole) && await cursors.FindAsync(run.ParticipantId, collection.Name, cancellationToken) is null)
            await cursors.SaveAsync(run.Lease, collection.Name, CursorAfter(spool.Newest, found.Max(item => item.Name.Revision)), cancellationToken);
        foreach (var (file, name) in found)
            await ledger.EnterAsync(run, collection, name.Period, file, unreadable.Contains(file.Id) ? "abandoned" : "superseded", cancellationToken);
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
