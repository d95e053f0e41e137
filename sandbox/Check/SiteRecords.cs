using System.Text.Json;

namespace Sandbox.Check;

/// <summary>The records of one participant's collection as Nightscout serves them, without those that are too new to be expected anywhere.</summary>
sealed class SiteRecords
{
    readonly HashSet<string> _tooNew = new(StringComparer.Ordinal), _deleted = new(StringComparer.Ordinal), _undated = new(StringComparer.Ordinal);
    readonly Dictionary<string, byte[]> _records;
    readonly long? _ignoreAfter;

    public SiteRecords(Collection collection, Dictionary<string, byte[]> records, long? ignoreAfter)
    {
        (Collection, _records, _ignoreAfter) = (collection, records, ignoreAfter);
        foreach (var (id, json) in records)
            using (var record = JsonDocument.Parse(json))
            {
                var time = collection.TimeOf(record.RootElement);
                if (IsTooNew(time))
                    _tooNew.Add(id);
                else if (ExpectedRecord.IsDeleted(record.RootElement))
                    _deleted.Add(id);
                else if (time is null)
                    _undated.Add(id);
            }
        foreach (var id in _tooNew)
            _records.Remove(id);
    }

    public Collection Collection { get; }

    public IReadOnlyDictionary<string, byte[]> All => _records;

    public IReadOnlyCollection<string> TooNew => _tooNew;

    /// <summary>Marked as deleted: the warehouse does not hold them.</summary>
    public int Deleted => _deleted.Count;

    /// <summary>Nothing dates them: no export of days holds them.</summary>
    public int Undated => _undated.Count;

    /// <summary>Whether a record is to arrive at every stage.</summary>
    public bool GoesTheWholeWay(string id) => !_deleted.Contains(id) && !_undated.Contains(id);

    public bool IsTooNew(string id) => _tooNew.Contains(id);

    public bool IsTooNew(long? time) => time > _ignoreAfter;

    /// <returns>Null when the site has no such record; to be disposed of.</returns>
    public JsonDocument? Find(string id) => _records.TryGetValue(id, out var json) ? JsonDocument.Parse(json) : null;
}
