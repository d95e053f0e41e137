using Nightscout;
using Register;

namespace NightscoutIngester;

/// <summary>Brings what a read found to the files: days that are not as they were, odd records, and records that turn out to be deleted, moved or pruned.</summary>
public sealed class Findings(
    Ranges ranges, DayDigests digests, OddRecords odd, Absences absences, Cursors cursors, PeriodFiles files, DueParticipants due, Spools spools, TimeProvider clock)
{
    /// <summary>Records that disappear in larger numbers from the beginning of a history were pruned.</summary>
    const int FewRecords = 100;

    /// <param name="covered">What was read completely: what it lacks, the site lacks.</param>
    /// <returns>False when something waits: the file of its period is not there as it should be, and only another listing tells whether it is gone.</returns>
    public async Task<bool> StoreAsync(Run run, Site site, Collection collection, RecordSpool spool, Coverage covered, CancellationToken cancellationToken)
    {
        run.Totals.DifferencesOf(collection).Served += spool.Served;
        var (changed, emptied) = await digests.ChangedAsync(run.ParticipantId, collection.Name, spool.Days(), covered, cancellationToken);
        changed = [.. changed, .. await NotePrunedAsync(run, site, collection, emptied, cancellationToken)];
        var servedOdd = spool.Odd();
        var days = changed.Select(day => day.Day).Concat((await odd.ChangedAsync(run.ParticipantId, collection.Name, servedOdd, cancellationToken)).Select(record => record.Day));
        if (covered.Odd)
            days = days.Concat(await odd.MissingDaysAsync(run.ParticipantId, collection.Name, servedOdd, cancellationToken));
        var scrubber = spools.ScrubberOf(run);
        var verdicts = await absences.JudgeAsync(run, site, collection, spool, covered, record => scrubber.Scrub(record.Span), cancellationToken);

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var periods = verdicts.Days.Concat(days).Select(day => Period.Of(day, today)).Distinct()
            .OrderBy(period => !verdicts.Moved.Exists(period.Contains)) // a record that moved goes to its new file before it leaves the old one
            .ThenByDescending(period => period.Name, StringComparer.Ordinal).ToList();
        await cursors.ForgetMonthsAsync(run.Lease, collection.Name, [.. changed.Select(day => day.Day).Concat(verdicts.Days).Where(day => day < new DateOnly(today.Year, today.Month, 1))], cancellationToken);
        var isNoted = true;
        foreach (var period in periods)
            isNoted &= await files.WriteAsync(run, collection, period, new([.. changed.Where(day => Period.Of(day.Day, today) == period)], covered, verdicts), spool, cancellationToken);
        await absences.StoreAsync(run, collection, verdicts, cancellationToken);
        return isNoted;
    }

    /// <summary>Days of which the site has nothing any more, nor anything older: they were pruned, our files stay as they are.</summary>
    /// <param name="emptied">As they were.</param>
    /// <returns>The days whose records are to be looked for.</returns>
    async Task<IEnumerable<DayDigest>> NotePrunedAsync(Run run, Site site, Collection collection, IReadOnlyList<DayDigest> emptied, CancellationToken cancellationToken)
    {
        if (emptied.Count == 0)
            return [];
        var oldest = collection == Collection.DeviceStatus ? null : await ranges.OldestAsync(site, collection, cancellationToken);
        var pruned = emptied.Where(day => oldest is null || day.Day < DateOnly.FromDateTime(oldest.Value.UtcDateTime)).ToList();
        if (collection != Collection.DeviceStatus && pruned.Sum(day => day.Records) <= FewRecords)
            pruned = []; // so few may have moved: each is asked for by its id
        if (pruned.Count > 0)
            await due.Leases.CommitAsync(run.Lease, async connection =>
            {
                await DaySummaries.EmptyAsync(run.ParticipantId, collection.Name, [.. pruned.Select(day => day.Day)], connection, cancellationToken);
                return await DayDigests.StoreAsync(run.ParticipantId, collection.Name, [.. pruned.Select(day => (Empty(day), (byte[]?)null))], connection, cancellationToken);
            }, cancellationToken);
        return emptied.Except(pruned).Select(Empty);

        static DayDigest Empty(DayDigest day) => new(day.Day, 0, 0);
    }
}
