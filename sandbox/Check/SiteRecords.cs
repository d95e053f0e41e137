using System.Text.Json;

namespace Sandbox.Check;

/// <summary>The records of one participant's collection as Nightscout serves them, without those that are too new to be expected anywhere.</summary>
sealed class SiteRecords
{
    readonly HashSet<string> _tooNew = new(StringComparer.Ordinal);
    readonly Dictionary<string, byte[]> _records;
    readonly long? _ignoreAfter;

    public SiteRecords(Collection collection, Dictionary<string, byte[]> records, long? ignoreAfter)
    {
        (Collection, _records, _ignoreAfter) = (collection, records, ignoreAfter);
        if (ignoreAfter is null)
            return;
        foreach (var (id, json) in records)
            using (var record = JsonDocument.Parse(json))
                if (IsTooNew(collection.TimeOf(record.RootElement)))
                    _tooNew.Add(id);
        foreach (var id in _tooNew)
            _records.Remove(id);
    }

    public Collection Collection { get; }

    public IReadOnlyDictionary<string, byte[]> All => _records;

    public IReadOnlyCollection<string> TooNew => _tooNew;

    public bool IsTooNew(string id) => _tooNew.Contains(id);

    public bool IsTooNew(long? time) => time > _ignoreAfter;

    /// <returns>Null when the site has no such record; to be disposed of.</returns>
    public JsonDocument? Find(string id) => _records.TryGetValue(id, out var json) ? JsonDocument.Parse(json) : null;
}
