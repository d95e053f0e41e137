using Nightscout;

namespace NightscoutIngester;

/// <summary>The address answers as another site: none of the records seen last exists there. Nothing is copied until the participant says that it is theirs.</summary>
public sealed class SiteChangedException() : Exception("The site knows none of the records it had: it is another one.");

/// <summary>
/// A freed sub-domain may be taken by somebody else, whose data must not arrive under our participant (traps, C 23). A site is the one it was
/// when it still has one of the newest records we have seen.
/// </summary>
public sealed class SiteIdentity(NightscoutClient nightscout, Ranges ranges, Cursors cursors, DayDigests digests, TimeProvider clock)
{
    /// <summary>Records asked for in each collection, and how many must be missing altogether: a participant may delete the one or two newest.</summary>
    const int Asked = 4, Evidence = 3;

    /// <summary>Profiles that are gone prove nothing by themselves, however many: their owner may have tidied up.</summary>
    const int MostProfiles = Evidence - 1;

    /// <summary>Days that are read for records which cannot be asked for by their id.</summary>
    const int DaysRead = 2;

    /// <summary>Proves it by what was just read, else by asking for the records themselves.</summary>
    /// <exception cref="SiteChangedException">It has none of them.</exception>
    public async Task ProveAsync(Run run, Site site, Cursor? cursor, RecordSpool spool, CancellationToken cancellationToken)
    {
        run.IsSiteProven |= cursor?.RecentIds.Any(spool.Contains) == true;
        if (!run.IsSiteProven && cursor is not null)
            run.IsSiteProven = await IsSameAsync(run, site, cancellationToken) is not false ? true : throw new SiteChangedException();
    }

    /// <summary>Whether anything is known by which a site can be told from another.</summary>
    public async Task<bool> KnowsAsync(Run run, CancellationToken cancellationToken) => (await cursors.RecentIdsAsync(run.ParticipantId, cancellationToken)).Count > 0;

    /// <summary>Whether the site still has one of the newest records that we have seen; null when too few are known.</summary>
    public async Task<bool?> IsSameAsync(Run run, Site site, CancellationToken cancellationToken)
    {
        var missing = 0;
        foreach (var (name, ids) in (await cursors.RecentIdsAsync(run.ParticipantId, cancellationToken)).OrderByDescending(recent => recent.Collection == Collection.Profile.Name))
        {
            var collection = Collection.Named(name)!;
            var lookedFor = ids.Where(id => id.Length == 24).Take(Asked).ToList();
            if (collection.TimeField is null)
            {
                if (await HasAnyAsync(ranges.ReadAllAsync(site, collection, new(), cancellationToken), collection, ids, cancellationToken))
                    return true;
                missing += Math.Min(ids.Length, MostProfiles);
            }
            else if (lookedFor.Count > 0)
                foreach (var id in lookedFor)
                {
                    missing++;
                    if (await nightscout.FindAsync(site, collection, id, cancellationToken) is not null)
                        return true;
                }
            else // servers before 15 fail for an id that is no ObjectId: the days of such records are read instead
            {
                var days = await digests.NewestAsync(run.ParticipantId, name, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(2), DaysRead, cancellationToken);
                foreach (var day in days)
                {
                    DateTimeOffset start = new(day.Day, TimeOnly.MinValue, TimeSpan.Zero);
                    if (await HasAnyAsync(ranges.ReadAsync(site, collection, start, start.AddDays(1), withOffsets: true, new(), cancellationToken), collection, ids, cancellationToken))
                        return true;
                }
                missing += Math.Min(Math.Min(ids.Length, Asked), days.Sum(day => day.Records));
            }
        }
        return missing >= Evidence ? false : null;
    }

    /// <summary>Also under another id: an upgrade to 15.0.7 moves UUIDs to <c>identifier</c> (traps, B 12).</summary>
    static async Task<bool> HasAnyAsync(IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> records, Collection collection, string[] ids, CancellationToken cancellationToken) =>
        await records.AnyAsync(record => ids.Contains(record.Head.Id) || RecordKeys.Of(record.Record.Span, collection).Identifiers.Any(ids.Contains), cancellationToken);
}
