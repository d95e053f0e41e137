using System.Security.Cryptography;
using System.Text.Json;
using Nightscout;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>How a file of ours compares with what the site served of its days.</summary>
/// <param name="InBoth">Ids.</param>
/// <param name="Changed">How many of them are not the same any more.</param>
public sealed record FileDifferences(IReadOnlySet<string> InBoth, int Changed);

/// <summary>
/// Records on their way into files: the lines wait on disk, in memory there is only where they are. So a month of any size, or a pump whose
/// clock put years into one day of 1970, costs some hundred bytes a record.
/// </summary>
public sealed class RecordSpool : IDisposable
{
    /// <param name="IsHeld">Our file has it, the site did not serve it.</param>
    readonly record struct Entry(string Id, DateOnly Day, DateTime Local, DateTimeOffset? Time, long Offset, int Length, long Hash, short Glucose, bool IsOdd, bool IsDeleted, bool IsHeld);

    readonly Collection _collection;
    readonly byte[] _digestKey;
    readonly LocalDays _localDays;
    readonly FileStream _lines;
    readonly RawJsonWriter _withoutVolatile = new();
    readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    readonly List<Entry> _entries = [];
    long _end;

    /// <summary>Of one read: more than any site has in a month, or a clock of 1970 in years; a site that sends more is not believed.</summary>
    const int MostServed = 500_000;

    const long MostServedBytes = 2L << 30;

    public RecordSpool(Collection collection, byte[] digestKey, LocalDays localDays, string folder)
    {
        (_collection, _digestKey, _localDays) = (collection, digestKey, localDays);
        _lines = TemporaryFile.Create(folder, "ingest");
    }

    /// <summary>Some record is sorted by wall clock: <see cref="RecordHead.HasOffset"/>.</summary>
    public bool HasOffsets { get; private set; }

    public int Count => _entries.Count;

    /// <summary>Records the site served.</summary>
    public int Served => _entries.Count(entry => !entry.IsHeld);

    public bool Contains(string id) => _positions.ContainsKey(id);

    /// <summary>The day a record of this spool is filed under.</summary>
    public DateOnly DayOf(string id) => _entries[_positions[id]].Day;

    /// <summary>Adds a record the site served as one line of JSON; a later one of the same id takes the place of the earlier.</summary>
    /// <returns>The day it is filed under.</returns>
    /// <exception cref="SiteTemporaryException">The site sends without end.</exception>
    public DateOnly Add(ReadOnlyMemory<byte> line) =>
        _entries.Count < MostServed && _end < MostServedBytes ? Add(line, isHeld: false) : throw new SiteTemporaryException("it sends more records than it can have");

    DateOnly Add(ReadOnlyMemory<byte> line, bool isHeld)
    {
        var head = RecordHead.Read(line.Span, _collection);
        var day = DayOf(head);
        var local = head.Time is { } time ? _localDays.At(time, head.UtcOffset) : Period.NoDay.ToDateTime(TimeOnly.MinValue);
        Put(new(head.Id, day, local, head.Time, _end, line.Length, HashOf(line), head.Glucose, head.IsOdd, head.IsDeleted, isHeld), line.Span);
        HasOffsets |= head.HasOffset;
        return day;
    }

    void Put(Entry entry, ReadOnlySpan<byte> line)
    {
        RandomAccess.Write(_lines.SafeFileHandle, line, _end);
        _end += line.Length;
        if (_positions.TryGetValue(entry.Id, out var position))
            _entries[position] = entry;
        else
        {
            _positions[entry.Id] = _entries.Count;
            _entries.Add(entry);
        }
    }

    /// <summary>Adds what an existing file holds and the site did not serve: our copy outlives the site's.</summary>
    /// <param name="wanted">Days to take.</param>
    /// <returns>How the file differs from what the site served.</returns>
    public FileDifferences AddMissing(IEnumerable<RecordLine> file, Func<DateOnly, bool> wanted)
    {
        var (same, changed) = (new HashSet<string>(StringComparer.Ordinal), 0);
        foreach (var (_, line) in file)
        {
            var head = RecordHead.Read(line.Span, _collection);
            if (!wanted(DayOf(head)))
                continue;
            if (!_positions.TryGetValue(head.Id, out var position) || _entries[position].IsHeld)
                Add(line, isHeld: true); // of what we hold twice the later file counts
            else
            {
                same.Add(head.Id);
                changed += _entries[position].Hash == HashOf(line) ? 0 : 1;
            }
        }
        return new(same, changed);
    }

    /// <summary>Adds a file that is not in our books: what a file of ours holds of the same records counts more.</summary>
    /// <param name="lineOf">What is to be filed of a line.</param>
    /// <returns>Lines that could not be read.</returns>
    public int AddHeld(IEnumerable<RecordLine> file, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> lineOf)
    {
        var unreadable = 0;
        foreach (var (_, line) in file)
            try
            {
                if (line.IsEmpty || line.Span[0] != (byte)'{')
                    throw new JsonException();
                Add(lineOf(line), isHeld: true);
            }
            catch (JsonException)
            {
                unreadable++;
            }
        return unreadable;
    }

    /// <summary>
    /// Takes out what a record that the site served replaces under another id: same identifiers, or same time and amounts. Only a served record that
    /// is new to the file replaces, and only one.
    /// </summary>
    /// <param name="inFile">Ids of served records that the file has.</param>
    /// <param name="covered">Days that were read completely.</param>
    public int RemoveReplaced(IReadOnlySet<string> inFile, Func<DateOnly, bool> covered)
    {
        if (!_entries.Exists(entry => entry.IsHeld) || !_entries.Exists(entry => !entry.IsHeld && !inFile.Contains(entry.Id)))
            return 0;
        var news = _entries.Where(entry => !entry.IsHeld && !inFile.Contains(entry.Id)).Select(entry => (entry.Id, Keys: RecordKeys.Of(LineOf(entry), _collection))).ToList();
        var byIdentifier = news.SelectMany(entry => entry.Keys.Identifiers.Select(identifier => (identifier, entry.Id))).ToLookup(entry => entry.identifier, entry => entry.Id, StringComparer.Ordinal);
        var byEvent = news.Where(entry => entry.Keys.Event is not null).ToLookup(entry => entry.Keys.Event!, StringComparer.Ordinal);
        var (used, replaced) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var held in _entries.Where(entry => entry.IsHeld && covered(entry.Day)))
        {
            var keys = RecordKeys.Of(LineOf(held), _collection);
            var same = keys.Identifiers.SelectMany(identifier => byIdentifier[identifier])
                .Concat(keys.Event is { } moment ? byEvent[moment].Where(entry => keys.CanBe(entry.Keys.IsNamed)).Select(entry => entry.Id) : []).FirstOrDefault(id => !used.Contains(id));
            if (same is null)
                continue;
            used.Add(same);
            replaced.Add(held.Id);
        }
        if (replaced.Count > 0)
            Remove(entry => replaced.Contains(entry.Id));
        return replaced.Count;
    }

    /// <summary>Records of a period that the site served and the file lacks.</summary>
    public int CountServed(Period period, IReadOnlySet<string> inFile) => _entries.Count(entry => !entry.IsHeld && period.Contains(entry.Day) && !inFile.Contains(entry.Id));

    /// <summary>Records that our file holds as valid and the site did not serve.</summary>
    public IReadOnlyList<(string Id, DateOnly Day, DateTimeOffset? Time, bool IsOdd)> Held() =>
        [.. _entries.Where(entry => entry is { IsHeld: true, IsDeleted: false }).Select(entry => (entry.Id, entry.Day, entry.Time, entry.IsOdd))];

    /// <summary>Marks a held record as Nightscout itself marks one: <c>"isValid":false</c>, all other fields kept.</summary>
    public void MarkDeleted(string id)
    {
        var entry = _entries[_positions[id]];
        var kept = Scrubber.Without(LineOf(entry), ["isValid"], new());
        var line = new byte[kept.Length + ",\"isValid\":false".Length];
        kept.Span[..^1].CopyTo(line);
        ",\"isValid\":false}"u8.CopyTo(line.AsSpan(kept.Length - 1));
        Put(entry with { Offset = _end, Length = line.Length, IsDeleted = true }, line);
    }

    /// <summary>Takes out our own copy of a record under a day.</summary>
    public void RemoveHeld(string id, DateOnly day) => Remove(entry => entry.IsHeld && entry.Id == id && entry.Day == day);

    /// <summary>Forgets the records of some days.</summary>
    public void Drop(Predicate<DateOnly> unwanted) => Remove(entry => unwanted(entry.Day));

    void Remove(Predicate<Entry> unwanted)
    {
        if (_entries.RemoveAll(unwanted) == 0)
            return;
        _positions.Clear();
        for (var position = 0; position < _entries.Count; position++)
            _positions[_entries[position].Id] = position;
    }

    /// <summary>What the site served of each day; odd records, which some reads find and others do not, are no part of it.</summary>
    public IReadOnlyList<DayDigest> Days() => DigestsOf(held: false);

    /// <summary>Days of records that only our file has, with their number and digest.</summary>
    public IReadOnlyList<DayDigest> HeldDays() => DigestsOf(held: true);

    IReadOnlyList<DayDigest> DigestsOf(bool held) =>
    [
        .. _entries.Where(entry => entry.IsHeld == held && !entry.IsOdd).GroupBy(entry => entry.Day)
            .Select(day => new DayDigest(day.Key, day.Count(), day.Aggregate(0L, (sum, entry) => unchecked(sum + entry.Hash)))),
    ];

    /// <summary>The odd records that only our file has.</summary>
    public IReadOnlyList<OddRecord> HeldOdd() =>
        [.. _entries.Where(entry => entry is { IsHeld: true, IsOdd: true, IsDeleted: false }).Select(entry => new OddRecord(entry.Id, entry.Day, entry.Hash))];

    /// <summary>The odd records the site served.</summary>
    public IReadOnlyList<OddRecord> Odd() =>
        [.. _entries.Where(entry => entry is { IsHeld: false, IsOdd: true }).Select(entry => new OddRecord(entry.Id, entry.Day, entry.Hash))];

    /// <summary>Ids of the newest records the site served, none of them made up by us.</summary>
    public string[] NewestIds(DateTimeOffset before) =>
    [
        .. _entries.Where(entry => entry is { IsHeld: false, IsOdd: false } && entry.Time <= before && !entry.Id.StartsWith("sha256:", StringComparison.Ordinal))
            .OrderByDescending(entry => entry.Time).Take(2).Select(entry => entry.Id),
    ];

    /// <summary>Sorted 8-byte hashes of the ids of a day.</summary>
    public byte[] IdsOf(DateOnly day)
    {
        var hashes = _entries.Where(entry => entry.Day == day).Select(entry => IdHash(entry.Id)).Order().ToArray();
        var bytes = new byte[hashes.Length * sizeof(long)];
        Buffer.BlockCopy(hashes, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    /// <summary>Whether every id of <paramref name="ids"/>, as <see cref="IdsOf"/> gave them, is here.</summary>
    public bool HoldsAll(byte[] ids)
    {
        var here = _entries.Select(entry => IdHash(entry.Id)).ToHashSet();
        var hashes = new long[ids.Length / sizeof(long)];
        Buffer.BlockCopy(ids, 0, hashes, 0, ids.Length);
        return hashes.All(here.Contains);
    }

    /// <summary>What the days of a period hold, for their summaries.</summary>
    /// <param name="wasRead">Whether all that the site has of a day was served.</param>
    public IReadOnlyList<DayPart> Parts(Period period, Func<DateOnly, bool> wasRead) =>
    [
        .. _entries.Where(entry => period.Contains(entry.Day)).GroupBy(entry => (entry.Day, LocalDay: DateOnly.FromDateTime(entry.Local))).Select(part => DayPart.Of(
            part.Key.Day, part.Key.LocalDay, wasRead(part.Key.Day) ? part.Count(entry => entry is { IsHeld: false, IsDeleted: false }) : null,
            part.Count(entry => !entry.IsDeleted), _collection == Collection.Entries ? part.Where(entry => entry is { Glucose: > 0, IsDeleted: false }).Select(entry => (TimeOnly.FromDateTime(entry.Local), entry.Glucose)) : null)),
    ];

    /// <summary>The periods that records of this spool belong to.</summary>
    public IReadOnlyList<Period> Periods(DateOnly today) => [.. _entries.Select(entry => entry.Day).Distinct().Select(day => Period.Of(day, today)).Distinct()];

    /// <summary>Of the newest profile: the zone of its default schedule; null when it names none that is known.</summary>
    public string? Zone => _entries.Where(entry => entry is { IsHeld: false, IsDeleted: false }).OrderByDescending(entry => entry.Time).Select(entry => ProfileZone.Of(LineOf(entry))).FirstOrDefault(zone => zone is not null);

    public DateTimeOffset? Newest => _entries.Max(entry => entry.Time);

    /// <summary>Writes the records of a period, oldest first.</summary>
    public Task<SealedFile> SealAsync(Period period, string folder, CancellationToken cancellationToken)
    {
        var entries = _entries.Where(entry => period.Contains(entry.Day)).OrderBy(entry => entry.Time).ThenBy(entry => entry.Id, StringComparer.Ordinal).ToList();
        return SealedFile.WriteAsync(entries.Select(LineOf), entries.Count, entries.Min(entry => entry.Time), entries.Max(entry => entry.Time), folder, cancellationToken);
    }

    public void Dispose() => _lines.Dispose();

    static DateOnly DayOf(RecordHead head) => head.Time is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : Period.NoDay;

    byte[] LineOf(Entry entry)
    {
        var line = new byte[entry.Length];
        RandomAccess.Read(_lines.SafeFileHandle, line, entry.Offset);
        return line;
    }

    long HashOf(ReadOnlyMemory<byte> line)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(_digestKey, Scrubber.Without(line, _collection.VolatileFields, _withoutVolatile).Span, hash);
        return BitConverter.ToInt64(hash);
    }

    long IdHash(string id)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(_digestKey, System.Text.Encoding.UTF8.GetBytes(id), hash);
        return BitConverter.ToInt64(hash);
    }
}
