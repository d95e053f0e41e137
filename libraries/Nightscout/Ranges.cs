using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Nightscout;

/// <summary>Reads what a site holds of a collection between two times, in pages (contract §1, traps 2 to 6).</summary>
public sealed class Ranges(NightscoutClient client)
{
    /// <summary>Offsets a clock on earth can have: text times are compared by wall clock, so ranges over them reach this much further.</summary>
    static readonly TimeSpan WidestOffset = TimeSpan.FromHours(14);

    /// <summary>Of records of one moment, which cannot be asked for in parts.</summary>
    const int LargestPage = 128_000;

    /// <summary>An answer should not be much larger, decoded: a server holds all of it in memory, more than once.</summary>
    const int PageBytes = 4 * 1024 * 1024;

    /// <summary>Pages in a row that may end where they began.</summary>
    const int MostStalled = 16;

    /// <summary>Streams the records whose time lies in [<paramref name="from"/>, <paramref name="before"/>), oldest first.</summary>
    /// <param name="from">Null: from the beginning.</param>
    /// <param name="before">Null: to the end, also future dates.</param>
    /// <param name="withOffsets">Also finds records whose time is text with a local offset; reads up to 28 hours more.</param>
    /// <param name="tags">What the same read saw before; when all of it is as it was, nothing is returned and <see cref="PageTags.AreUnchanged"/> says so.</param>
    /// <returns>Records as sent, each valid until the next is asked for. The last of a page may come again with the next page.</returns>
    /// <exception cref="NightscoutException">A failed page: what was returned so far is no complete range.</exception>
    public async IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> ReadAsync(
        Site site, Collection collection, DateTimeOffset? from, DateTimeOffset? before, bool withOffsets, PageTags tags, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var widen = withOffsets && !collection.TimeIsNumber ? WidestOffset : TimeSpan.Zero;
        var cursor = from - widen ?? DateTimeOffset.MinValue;
        var end = before + widen;
        var count = collection.PageSize;
        var buffer = new ArrayBufferWriter<byte>();
        var first = await FirstChangedAsync(site, collection, Query(collection, cursor, end, count), tags, buffer, cancellationToken);
        if (tags.AreUnchanged)
            yield break;
        HashSet<string> lastPage = [];
        var lastWasShort = false;
        for (var stalled = 0; ; stalled++)
        {
            if (stalled > MostStalled)
                throw new SiteTemporaryException("it keeps sending records of one moment");
            var asked = count;
            var query = Query(collection, cursor, end, asked);
            RecordPage page;
            try
            {
                page = first ?? await client.ReadAsync(site, collection, query, buffer, cancellationToken);
                first = null;
            }
            catch (PageTooLargeException) when (count > 1)
            {
                count = Math.Max(1, count / 4);
                tags.Restart();
                continue;
            }

            HashSet<string> thisPage = [];
            var heads = new List<(RecordHead Head, ReadOnlyMemory<byte> Record)>(page.Records.Count);
            foreach (var record in page.Records)
                heads.Add((RecordHead.Read(record.Span, collection), record));
            var next = cursor;
            var news = false;
            foreach (var (head, record) in heads.OrderBy(item => item.Head.Order)) // entries come newest first whatever was asked
            {
                thisPage.Add(head.Id);
                if (head.Order > next)
                    next = head.Order.Value;
                if (lastPage.Contains(head.Id))
                    continue;
                news = true;
                var isOdd = head.Order is null && before is null; // a time such as "Fri Nov 20 2026" is sorted behind every other and found by no bounded range
                if (isOdd || (from is null || head.Time >= from) && (before is null || head.Time < before))
                    yield return (head, record);
            }
            if (news || !lastWasShort)
                tags.Saw(query, page.ETag); // what comes after a short page was nothing: the short page tells when that changes

            // Neither a short page nor a full one is the end: only a page without anything new is.
            lastWasShort = page.Records.Count < asked;
            if (!news && lastWasShort)
                yield break;
            if (!news)
                count = count < LargestPage ? count * 2 : throw new SiteTemporaryException("it keeps sending the same records"); // a full page of one moment
            lastPage = thisPage;
            // A second back: siblings of the last record may have the same time, and texts of one second differ in what follows it.
            if (next != DateTimeOffset.MinValue && next - TimeSpan.FromSeconds(1) > cursor)
                (cursor, stalled, count) = (next - TimeSpan.FromSeconds(1), 0, CountFor(collection, buffer.WrittenCount / page.Records.Count));
        }
    }

    /// <summary>As many records as fit, in halves of the usual number: equal questions get equal ETags.</summary>
    static int CountFor(Collection collection, int recordBytes)
    {
        var count = collection.PageSize;
        while (count > 1 && (long)count * recordBytes > PageBytes)
            count /= 2;
        return count;
    }

    /// <summary>Asks page by page whether it is as it was: then the next page is asked for as it was, too.</summary>
    /// <returns>The first page of the read, when that is the one that changed.</returns>
    async Task<RecordPage?> FirstChangedAsync(Site site, Collection collection, string query, PageTags tags, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        var known = tags.Begin(query);
        foreach (var (asked, tag) in known)
        {
            if (await client.ReadIfChangedAsync(site, collection, asked, tag, buffer, cancellationToken) is { } page)
                return asked == query ? page : null;
        }
        tags.AreUnchanged = known.Count > 0;
        return null;
    }

    /// <summary>The time of the newest record before <paramref name="before"/>, null when there is none: the site holds nothing older.</summary>
    public async Task<DateTimeOffset?> NewestBeforeAsync(Site site, Collection collection, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var cut = before + (collection.TimeIsNumber ? TimeSpan.Zero : WidestOffset);
        for (var count = 1; ;)
        {
            var page = await client.ReadAsync(site, collection,
                $"count={count}&sort[{collection.TimeField}]=-1&find[{collection.TimeField}][$lt]={Bound(collection, cut)}{Lower(collection)}{NotZero(collection)}", buffer, cancellationToken);
            var heads = page.Records.Select(record => RecordHead.Read(record.Span, collection)).ToList();
            if (heads.Where(head => head.Time < before && !head.IsOdd).Max(head => head.Time) is { } newest) // what is sorted elsewhere than at its time says nothing
                return newest;
            if (heads.Count == 0)
                return null;
            var isBelow = heads.Min(head => head.Order) is { } oldest && oldest < cut && (count >= collection.PageSize || oldest < before - WidestOffset);
            if (isBelow)
                cut = heads.Min(head => head.Order)!.Value; // all of these belong after: look below them
            else if (count >= collection.PageSize && heads.Count < count)
                return null;
            count = count < collection.PageSize ? Math.Min(count * 10, collection.PageSize)
                : isBelow ? count : count < LargestPage ? count * 4 : throw new SiteTemporaryException("it has too many records whose times say nothing");
        }
    }

    /// <summary>The time of the oldest record that a range finds; null when there is none.</summary>
    public async Task<DateTimeOffset?> OldestAsync(Site site, Collection collection, CancellationToken cancellationToken)
    {
        if (collection.TimeField is null)
            return (await ReadAllAsync(site, collection, new(), cancellationToken).Select(record => record.Head.Time).ToListAsync(cancellationToken)).Min();
        var page = await client.ReadAsync(site, collection, $"count=10&sort[{collection.TimeField}]=1{Lower(collection)}{NotZero(collection)}", new(), cancellationToken);
        return page.Records.Min(record => RecordHead.Read(record.Span, collection).Time);
    }

    /// <summary>All documents of a collection that takes no ranges.</summary>
    public IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> ReadAllAsync(Site site, Collection collection, PageTags tags, CancellationToken cancellationToken) =>
        ReadWholeAsync(site, collection, "", tags, cancellationToken);

    /// <summary>
    /// Records that no range finds, because their time is missing, of another type than the others' (text among numbers, a number among texts), or a text
    /// that does not begin with a date (contract §1). Conditions inside <c>$or</c> and <c>$nor</c> are taken as text; the one on dateString keeps the server from
    /// adding its window. Also entries of the date 0, where they are the only ones of their month: the server fails for an answer whose newest entry is one.
    /// </summary>
    public async IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> ReadOddAsync(Site site, Collection collection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string NoWindow = "&find[dateString][$ne]=x";
        var condition = collection.TimeIsNumber ? "find[$or][0][date][$gte]=0" : $"find[$nor][0][{collection.TimeField}][$regex]={Uri.EscapeDataString(RecordTime.Date)}";
        await foreach (var record in ReadWholeAsync(site, collection, $"&{condition}{NoWindow}", new(), cancellationToken))
            yield return record;
        if (!collection.TimeIsNumber)
            yield break;
        // An entry without a date is no text either; a database sorts it before all others, and those of the date 0 next.
        var buffer = new ArrayBufferWriter<byte>();
        for (var count = 10; ; count *= 4)
        {
            var page = await client.ReadAsync(site, collection, $"count={count}&sort[{collection.TimeField}]=1{NoWindow}", buffer, cancellationToken);
            var heads = page.Records.Select(record => (Head: RecordHead.Read(record.Span, collection), Record: record)).ToList();
            var others = heads.Where(record => !record.Head.IsOdd && !IsZero(record.Head)).ToList();
            if (others.Count == 0 && heads.Count >= count)
                continue;
            var isAlone = !others.Exists(record => record.Head.Order is { Year: 1970, Month: 1 });
            foreach (var record in heads.Where(record => record.Head.IsOdd || isAlone && IsZero(record.Head)))
                yield return record;
            yield break;
        }
    }

    static bool IsZero(RecordHead head) => head.Order == DateTimeOffset.UnixEpoch;

    async IAsyncEnumerable<(RecordHead Head, ReadOnlyMemory<byte> Record)> ReadWholeAsync(
        Site site, Collection collection, string condition, PageTags tags, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (tags.Known is [var (asked, tag), ..])
        {
            if (await client.ReadIfChangedAsync(site, collection, asked, tag, buffer, cancellationToken) is null)
            {
                tags.AreUnchanged = true;
                yield break;
            }
        }
        for (var count = collection.PageSize; ; count *= 4)
        {
            var query = $"count={count}{condition}";
            var page = await client.ReadAsync(site, collection, query, buffer, cancellationToken);
            if (page.Records.Count >= count)
                continue; // full: there may be more, and there is no way to ask for the rest alone
            tags.Begin(query);
            tags.Saw(query, page.ETag);
            foreach (var record in page.Records)
                yield return (RecordHead.Read(record.Span, collection), record);
            yield break;
        }
    }

    static string Query(Collection collection, DateTimeOffset from, DateTimeOffset? before, int count) =>
        $"count={count}&sort[{collection.TimeField}]=1&find[{collection.TimeField}][$gte]={Bound(collection, from)}"
        + (before is { } end ? $"&find[{collection.TimeField}][$lt]={Bound(collection, end)}" : "");

    /// <summary>Without a bound on the date field the server adds its own: the last four days (contract §1).</summary>
    static string Lower(Collection collection) => $"&find[{collection.TimeField}][$gte]={Bound(collection, DateTimeOffset.MinValue)}";

    /// <summary>The server fails for entries of which the newest has the date 0 (seen on 0.12.8): with others of its month such an entry is found by ranges, alone by <see cref="ReadOddAsync"/>.</summary>
    static string NotZero(Collection collection) => collection.TimeIsNumber ? $"&find[{collection.TimeField}][$ne]=0" : "";

    static string Bound(Collection collection, DateTimeOffset time) => collection.TimeIsNumber
        ? time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)
        : (time.Year < 1900 ? new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero) : time.ToUniversalTime()).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}

/// <summary>Queries and ETags of the pages of one read, in order: what it saw before, and what it sees now.</summary>
/// <param name="known">Query and ETag, alternating; empty: nothing is known.</param>
public sealed class PageTags(string[]? known = null)
{
    readonly List<(string Query, string Tag)> _seen = [];
    bool _complete = true;

    internal IReadOnlyList<(string Query, string Tag)> Known { get; } = [.. (known ?? []).Chunk(2).Select(pair => (pair[0], pair[1]))];

    /// <summary>The site answered that every page is as it was: nothing was returned.</summary>
    public bool AreUnchanged { get; internal set; }

    /// <summary>For the next read, query and ETag alternating; empty when a page had no ETag.</summary>
    public string[] ToArray() => AreUnchanged ? Flat(Known) : _complete ? Flat(_seen) : [];

    /// <returns>The pages known, when the read begins as it did before.</returns>
    internal IReadOnlyList<(string Query, string Tag)> Begin(string query)
    {
        _seen.Clear();
        return Known is [var first, ..] && first.Query == query ? Known : [];
    }

    internal void Saw(string query, string? tag)
    {
        if (tag is null)
            _complete = false;
        else
            _seen.Add((query, tag));
    }

    /// <summary>Pages of another size follow: what was seen does not make one read.</summary>
    internal void Restart() => _complete = false;

    static string[] Flat(IEnumerable<(string Query, string Tag)> pages) => [.. pages.SelectMany(page => new[] { page.Query, page.Tag })];
}
