using Nightscout;

namespace NightscoutIngester;

/// <summary>The address answers as another site: none of the records seen last exists there. Nothing is copied until the participant says that it is theirs.</summary>
public sealed class SiteChangedException() : Exception("The site knows none of the records it had: it is another one.");

/// <summary>
/// A freed sub-domain may be taken by somebody else, whose data must not arrive under our participant (traps, C 23). A site is the one it was
/// when it still has one of the newest records we have seen.
/// </summary>
public sealed class SiteIdentity(NightscoutClient nightscout, Ranges ranges, Cursors cursors)
{
    /// <summary>Records asked for in each collection, and how many must be missing altogether: a participant may delete the one or two newest.</summary>
    const int Asked = 4, Evidence = 3;

    /// <summary>Proves it by what was just read, else by asking for the records themselves.</summary>
    /// <exception cref="SiteChangedException">It has none of them.</exception>
    public async Task ProveAsync(Run run, Site site, Cursor? cursor, RecordSpool spool, CancellationToken cancellationToken)
    {
        run.IsSiteProven |= cursor?.RecentIds.Any(spool.Contains) == true;
        if (!run.IsSiteProven && cursor is not null)
            run.IsSiteProven = await IsSameAsync(run, site, cancellationToken) is not false ? true : throw new SiteChangedException();
    }

    /// <summary>Whether the site still has one of the newest records that we have seen; null when too few can be asked for.</summary>
    public async Task<bool?> IsSameAsync(Run run, Site site, CancellationToken cancellationToken)
    {
        var asked = 0;
        foreach (var (name, ids) in (await cursors.RecentIdsAsync(run.ParticipantId, cancellationToken)).OrderByDescending(recent => recent.Collection == Collection.Profile.Name))
        {
            var collection = Collection.Named(name)!;
            if (collection.TimeField is null)
            {
                if (await ranges.ReadAllAsync(site, collection, new(), cancellationToken).AnyAsync(record => ids.Contains(record.Head.Id), cancellationToken))
                    return true;
                continue;
            }
            foreach (var id in ids.Where(id => id.Length == 24).Take(Asked))
            {
                asked++;
                if (await nightscout.FindAsync(site, collection, id, cancellationToken) is not null)
                    return true;
            }
        }
        return asked >= Evidence ? false : null;
    }
}
