using System.IO.Compression;
using System.Security.Cryptography;
using Nightscout;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>What a site served for a day.</summary>
/// <param name="Digest">Sum, modulo 2^64, of keyed record hashes: independent of order, says nothing without the key.</param>
public sealed record DayDigest(DateOnly Day, int Records, long Digest);

/// <summary>
/// Records on their way into files: the lines wait on disk, in memory there is only where they are. So a month of any size, or a pump whose
/// clock put years into one day of 1970, costs some hundred bytes a record.
/// </summary>
public sealed class RecordSpool : IDisposable
{
    readonly record struct Entry(string Id, DateOnly Day, DateTimeOffset? Time, long Offset, int Length, long Hash);

    readonly Collection _collection;
    readonly byte[] _digestKey;
    readonly FileStream _lines;
    readonly RawJsonWriter _withoutVolatile = new();
    readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    readonly List<Entry> _entries = [];
    long _end;

    public RecordSpool(Collection collection, byte[] digestKey, string folder)
    {
        _collection = collection;
        _digestKey = digestKey;
        _lines = TemporaryFile.Create(folder, "ingest");
    }

    /// <summary>Adds a record as one line of JSON; a later one of the same id takes the place of the earlier.</summary>
    public void Add(ReadOnlyMemory<byte> line)
    {
        var head = RecordHead.Read(line.Span, _collection);
        var day = head.Time is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : Period.NoDay;
        var entry = new Entry(head.Id, day, head.Time, _end, line.Length, HashOf(line));
        RandomAccess.Write(_lines.SafeFileHandle, line.Span, _end);
        _end += line.Length;
        if (_positions.TryGetValue(head.Id, out var position))
            _entries[position] = entry;
        else
        {
            _positions[head.Id] = _entries.Count;
            _entries.Add(entry);
        }
    }

    /// <summary>Adds what an existing file holds and the site did not serve: our copy outlives the site's.</summary>
    /// <param name="wanted">Days to take.</param>
    public void AddMissing(IEnumerable<RecordLine> file, Func<DateOnly, bool> wanted)
    {
        foreach (var (_, line) in file)
        {
            var head = RecordHead.Read(line.Span, _collection);
            if (!_positions.ContainsKey(head.Id) && wanted(head.Time is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : Period.NoDay))
                Add(line);
        }
    }

    /// <summary>Forgets the records of some days.</summary>
    public void Drop(Predicate<DateOnly> unwanted)
    {
        if (_entries.RemoveAll(entry => unwanted(entry.Day)) == 0)
            return;
        _positions.Clear();
        for (var position = 0; position < _entries.Count; position++)
            _positions[_entries[position].Id] = position;
    }

    public IReadOnlyList<DayDigest> Days() =>
        [.. _entries.GroupBy(entry => entry.Day).Select(day => new DayDigest(day.Key, day.Count(), day.Aggregate(0L, (sum, entry) => unchecked(sum + entry.Hash))))];

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

    /// <summary>Writes the records of a period, oldest first, as gzipped NDJSON.</summary>
    public async Task<SealedFile> SealAsync(Period period, string folder, CancellationToken cancellationToken)
    {
        var entries = _entries.Where(entry => period.Contains(entry.Day)).OrderBy(entry => entry.Time).ThenBy(entry => entry.Id, StringComparer.Ordinal).ToList();
        var file = TemporaryFile.Create(folder, "ingest");
        try
        {
            await using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
            {
                var line = new byte[4096];
                foreach (var entry in entries)
                {
                    if (line.Length < entry.Length + 1)
                        line = new byte[entry.Length + 1];
                    RandomAccess.Read(_lines.SafeFileHandle, line.AsSpan(0, entry.Length), entry.Offset);
                    line[entry.Length] = (byte)'\n';
                    await gzip.WriteAsync(line.AsMemory(0, entry.Length + 1), cancellationToken);
                }
            }
            file.Position = 0;
            var sha256 = await SHA256.HashDataAsync(file, cancellationToken);
            file.Position = 0;
            var md5 = await MD5.HashDataAsync(file, cancellationToken);
            return new(file, file.Length, sha256, md5, entries.Count, entries.Min(entry => entry.Time), entries.Max(entry => entry.Time));
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public void Dispose() => _lines.Dispose();

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

/// <summary>A file ready to be uploaded; its bytes go with it.</summary>
public sealed record SealedFile(FileStream Bytes, long Length, byte[] Sha256, byte[] Md5, int Records, DateTimeOffset? First, DateTimeOffset? Last) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Bytes.DisposeAsync();
}
