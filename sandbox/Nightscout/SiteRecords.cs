using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <param name="Json">As stored, UTF-8.</param>
/// <param name="Key">The value of the collection's time field.</param>
readonly record struct Record(ReadOnlyMemory<byte> Json, Scalar Key)
{
    public static Record Of(ReadOnlyMemory<byte> json, string timeField) => new(json, RecordJson.Field(json, timeField));

    public string Id => RecordJson.Field(Json, "_id").ToString();

    /// <summary>Deleted through API v3: still there, but no longer valid.</summary>
    public bool IsDeleted => RecordJson.Field(Json, "isValid") is { Kind: ScalarKind.Bool, Number: 0 };

    public bool Has(string field, Scalar value) => RecordJson.Field(Json, field).Is(value);
}

/// <summary>The records of one collection of a site. What is put in here is stored as it is, as by a writer straight to the database.</summary>
/// <remarks>Readers see a snapshot: the sorted array is replaced by every write and never changed.</remarks>
public sealed class SiteRecords
{
    readonly Lock _gate = new();
    volatile Record[] _sorted = [];

    readonly Func<DateTimeOffset> _now;

    internal SiteRecords(RecordKind kind, Func<DateTimeOffset> now, GeneratedRecords? generated = null) => (Kind, _now, Generated) = (kind, now, generated);

    internal RecordKind Kind { get; }

    /// <summary>Records that are computed when they are read and cannot be changed; null on an ordinary site.</summary>
    internal GeneratedRecords? Generated { get; }

    /// <summary>The site's time.</summary>
    internal DateTimeOffset Now => _now();

    /// <summary>How many are stored; generated ones are not counted.</summary>
    public int Count => _sorted.Length;

    /// <summary>The stored records, oldest first by the collection's time field.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> All => [.. _sorted.Select(record => record.Json)];

    internal IReadOnlyList<Record> Records => _sorted;

    /// <summary>Stores a record; it is given an <c>_id</c> when it brings none.</summary>
    /// <param name="json">A JSON object, kept byte for byte: it may have duplicate keys or cut emoji.</param>
    /// <returns>Its id.</returns>
    public string Insert(string json) => InsertAll([Encoding.UTF8.GetBytes(json)])[0];

    public string Insert(JsonObject record) => InsertAll([JsonSerializer.SerializeToUtf8Bytes(record, Answers.Unescaped)])[0];

    /// <returns>The ids, in the order given.</returns>
    public IReadOnlyList<string> InsertAll(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        var added = records.Select(json => Record.Of(WithId(json), Kind.TimeField)).ToArray();
        var ids = added.Select(record => record.Id).ToList();
        lock (_gate)
            _sorted = Merged(_sorted, [.. added.OrderBy(record => record.Key)]);
        return ids;
    }

    static Record[] Merged(Record[] sorted, Record[] added)
    {
        var all = new Record[sorted.Length + added.Length];
        var taken = 0;
        for (var i = 0; i < added.Length; i++)
        {
            var before = UpperBound(sorted, added[i].Key);
            Array.Copy(sorted, taken, all, taken + i, before - taken);
            all[before + i] = added[i];
            taken = before;
        }
        Array.Copy(sorted, taken, all, taken + added.Length, sorted.Length - taken);
        return all;
    }

    /// <summary>Puts another record in the place of the one that has this id, which it keeps unless it brings its own.</summary>
    /// <returns>False when there is none of that id.</returns>
    public bool Replace(string id, string json) => Replace(id, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(json));

    public bool Replace(string id, JsonObject record) => Replace(id, (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(record, Answers.Unescaped));

    internal bool Replace(string id, ReadOnlyMemory<byte> json)
    {
        var record = RecordJson.Field(json, "_id").Kind == ScalarKind.Missing ? WithId(json, id) : json;
        var wanted = Scalar.Of(id);
        lock (_gate)
        {
            Record[] others = [.. _sorted.Where(other => !other.Has("_id", wanted))];
            if (others.Length == _sorted.Length)
                return false;
            _sorted = Merged(others, [Record.Of(record, Kind.TimeField)]); // in one step: no reader finds it missing
            return true;
        }
    }

    /// <returns>False when there is none of that id.</returns>
    public bool Delete(string id)
    {
        var wanted = Scalar.Of(id);
        return Delete(record => record.Has("_id", wanted)) > 0;
    }

    /// <summary>Deletes the stored records of a time before this one, as owners prune device status; what has no readable time stays.</summary>
    /// <returns>How many.</returns>
    public int DeleteBefore(DateTimeOffset time) => Delete(record => RecordForms.Mills(record.Key) < time.ToUnixTimeMilliseconds());

    internal int Delete(Func<Record, bool> which)
    {
        lock (_gate)
        {
            var before = _sorted.Length;
            _sorted = [.. _sorted.Where(record => !which(record))];
            return before - _sorted.Length;
        }
    }

    /// <summary>The stored record's JSON; null when there is none of that id.</summary>
    public ReadOnlyMemory<byte>? Find(string id)
    {
        var wanted = Scalar.Of(id);
        return FirstWhere(record => record.Has("_id", wanted))?.Json;
    }

    internal Record? FirstWhere(Func<Record, bool> which)
    {
        foreach (var record in _sorted)
            if (which(record))
                return record;
        return null;
    }

    /// <summary>At least the records whose key lies within the bounds (both included), in the order of their keys.</summary>
    internal IEnumerable<Record> Between(Scalar? min, Scalar? max, bool descending)
    {
        var stored = Stored(min, max, descending);
        return Generated is null ? stored : Merge(stored, Generated.Between(min, max, descending), descending);
    }

    IEnumerable<Record> Stored(Scalar? min, Scalar? max, bool descending)
    {
        var sorted = _sorted;
        var first = min is { } low ? LowerBound(sorted, low) : 0;
        var next = max is { } high ? UpperBound(sorted, high) : sorted.Length;
        for (var i = 0; i < next - first; i++)
            yield return sorted[descending ? next - 1 - i : first + i];
    }

    static IEnumerable<Record> Merge(IEnumerable<Record> left, IEnumerable<Record> right, bool descending)
    {
        using var a = left.GetEnumerator();
        using var b = right.GetEnumerator();
        var (hasA, hasB) = (a.MoveNext(), b.MoveNext());
        while (hasA || hasB)
        {
            var takeA = !hasB || hasA && (descending ? a.Current.Key >= b.Current.Key : a.Current.Key <= b.Current.Key);
            yield return takeA ? a.Current : b.Current;
            (hasA, hasB) = takeA ? (a.MoveNext(), hasB) : (hasA, b.MoveNext());
        }
    }

    static int LowerBound(Record[] sorted, Scalar key) => Partition(sorted, record => record.Key < key);

    static int UpperBound(Record[] sorted, Scalar key) => Partition(sorted, record => record.Key <= key);

    static int Partition(Record[] sorted, Func<Record, bool> isBefore)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isBefore(sorted[middle]) ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    static ReadOnlyMemory<byte> WithId(ReadOnlyMemory<byte> json, string? id = null) =>
        RecordJson.Field(json, "_id").Kind == ScalarKind.Missing ? RecordJson.With(json, "_id", $"\"{id ?? ObjectId.New()}\"") : json;
}
