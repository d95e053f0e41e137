using System.Buffers;
using System.Text.Json;

namespace Nightscout;

/// <summary>How much a site holds of one kind.</summary>
/// <param name="Count">Null: the site did not tell.</param>
/// <param name="IsAtLeast">There may be more than <paramref name="Count"/>: that many were asked for, and came.</param>
/// <param name="IsRefused">What was given may not read them.</param>
public sealed record CollectionGlance(Collection Collection, long? Count, bool IsAtLeast = false, bool IsRefused = false);

/// <summary>What a site holds, as far as it tells quickly. Null is "not told", never "none".</summary>
/// <param name="Oldest">Time of its oldest entry since 2000.</param>
/// <param name="Newest">Time of its newest entry that is not of the future.</param>
/// <param name="TimeZone">As its newest profile names it.</param>
/// <param name="IsPublic">Anybody can read it, without a token.</param>
public sealed record SiteGlance(SiteCheck Check, IReadOnlyList<CollectionGlance> Collections, DateTimeOffset? Oldest, DateTimeOffset? Newest, string? TimeZone, bool? IsPublic);

/// <summary>Looks at a site that was checked, for the participant to see that it is theirs. Reads no more than a page of each kind.</summary>
public sealed class FirstLook(NightscoutClient nightscout, TimeProvider clock)
{
    /// <summary>Before it are clocks that were never set.</summary>
    const long Year2000 = 946_684_800_000;

    static readonly Version CountsSince = new(15, 0, 7);

    /// <summary>For all of it: somebody waits in front of the page. What was not told by then is not told.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(20);

    readonly ArrayBufferWriter<byte> _buffer = new();

    public async Task<SiteGlance> GlanceAsync(SiteCheck check, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        var site = check.Site;
        var glance = new SiteGlance(check, [], null, null, null, site.Token is null ? true : null);
        var tomorrow = clock.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds();

        async Task TellAsync(Func<CancellationToken, Task> ask)
        {
            try
            {
                if (!budget.IsCancellationRequested)
                    await ask(budget.Token);
            }
            catch (NightscoutException)
            {
                // stays "not told": the site can be read, which CheckAsync found out
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // out of time: the same
            }
        }

        if (site.Token is not null)
            await TellAsync(async token => glance = glance with { IsPublic = await IsPublicAsync(site, token) });
        await TellAsync(async token => glance = glance with { Newest = await EntryTimeAsync(site, $"find[date][$gte]={Year2000}&find[date][$lte]={tomorrow}&count=1", token) });
        await TellAsync(async token => glance = glance with { Oldest = await EntryTimeAsync(site, $"find[date][$gte]={Year2000}&sort[date]=1&count=1", token) });
        foreach (var collection in Collection.All)
        {
            var found = new CollectionGlance(collection, null);
            await TellAsync(async token => found = await CountAsync(check, collection, token));
            glance = glance with { Collections = [.. glance.Collections, found], TimeZone = collection == Collection.Profile && found.Count > 0 ? TimeZoneIn(_buffer.WrittenMemory) : null };
        }
        return glance;
    }

    async Task<bool?> IsPublicAsync(Site site, CancellationToken cancellationToken)
    {
        try
        {
            await nightscout.ReadAsync(site with { Token = null }, Collection.Entries, "count=1", _buffer, cancellationToken);
            return true;
        }
        catch (SiteRefusedException)
        {
            return false;
        }
    }

    async Task<DateTimeOffset?> EntryTimeAsync(Site site, string parameters, CancellationToken cancellationToken) =>
        (await nightscout.ReadAsync(site, Collection.Entries, parameters, _buffer, cancellationToken)).Records is [var record, ..] ? RecordHead.Read(record.Span, Collection.Entries).Time : null;

    /// <summary>By <c>/count</c> where that is right, else a page: one that is not full holds all there are.</summary>
    async Task<CollectionGlance> CountAsync(SiteCheck check, Collection collection, CancellationToken cancellationToken)
    {
        try
        {
            if (collection == Collection.Entries && MayCount(check.Version) && await nightscout.CountEntriesAsync(check.Site, Year2000, cancellationToken) is { } count)
                return new(collection, count);
            var every = collection.TimeField is null ? "" : $"find[{collection.TimeField}][$exists]=1&"; // no window of four days then (contract §1)
            var page = await nightscout.ReadAsync(check.Site, collection, $"{every}count={collection.PageSize}", _buffer, cancellationToken);
            return new(collection, page.Records.Count, IsAtLeast: page.Records.Count >= collection.PageSize);
        }
        catch (SiteRefusedException)
        {
            return new(collection, null, IsRefused: true);
        }
    }

    /// <summary>Older ones answer <c>/count</c> with 500, which would be tried again.</summary>
    static bool MayCount(string version) => !Version.TryParse(version.Split('-')[0], out var parsed) || parsed >= CountsSince;

    /// <param name="profiles">A list of profiles, newest first.</param>
    static string? TimeZoneIn(ReadOnlyMemory<byte> profiles)
    {
        try
        {
            using var list = JsonDocument.Parse(profiles);
            var newest = list.RootElement[0];
            return newest.GetProperty("store").GetProperty(newest.GetProperty("defaultProfile").GetString()!).GetProperty("timezone").GetString() is { Length: > 0 and <= 60 } zone ? zone : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentNullException)
        {
            return null; // profiles of before 2016 have no store; what else is odd about one is not for this page
        }
    }
}
