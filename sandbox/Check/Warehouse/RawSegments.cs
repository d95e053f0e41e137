using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Compares the raw segments of one participant's collection with the site, line by line.</summary>
sealed class RawSegments(string participant, WarehouseParticipant inWarehouse, SiteRecords site, Pseudonyms pseudonyms, Findings findings)
{
    const string Stage = "raw segment";
    const int RecordDigits = 32;

    readonly Dictionary<string, string> _idOfCode = site.All.Keys.ToDictionary(id => CodeOf(inWarehouse, site.Collection, id), StringComparer.Ordinal);
    readonly HashSet<string> _tooNew = site.TooNew.Select(id => CodeOf(inWarehouse, site.Collection, id)).ToHashSet(StringComparer.Ordinal);
    readonly HashSet<string> _found = new(StringComparer.Ordinal);
    readonly List<(string Code, byte[] Line)> _strays = [];

    /// <summary>The record's name in the segments.</summary>
    public static string CodeOf(WarehouseParticipant participant, Collection collection, string id) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{participant.Id}/{collection.Name}/{id}")))[..RecordDigits];

    public void Add(RawPeriod period)
    {
        foreach (var part in period.Parts)
            if (!SHA256.HashData(part.Data).AsSpan().SequenceEqual(part.Sha256))
                Wrong($"{period.Name}/{part.Part}", "sha256 does not fit the data");
        var lines = 0;
        foreach (var line in period.Lines())
            AddLine(line, $"{period.Name}:{++lines}");
        if (lines != period.Parts.Sum(part => part.Lines))
            Wrong(period.Name, $"{lines} lines, not as many as noted");
    }

    /// <summary>To be called when all segments were added.</summary>
    public void Complete()
    {
        var missing = _idOfCode.Values.Where(id => !_found.Contains(id) && !IsDeleted(id)).ToHashSet(StringComparer.Ordinal);
        foreach (var (code, line) in _strays)
            if (Strays.Named(line, missing, IsSame) is { } id && missing.Remove(id))
                Wrong(id, "record: another code");
            else
                Wrong(code, "a line of no record on Nightscout");
        foreach (var id in missing)
            Wrong(id, "no line");
    }

    void AddLine(ReadOnlyMemory<byte> line, string name)
    {
        var code = RawPeriod.CodeOf(line) ?? name;
        var record = _idOfCode.GetValueOrDefault(code, code);
        if (!RawPeriod.StartsWith(line, inWarehouse.Hex, code))
        {
            _found.Add(record);
            Wrong(record, "does not start with the codes of participant and record");
            return;
        }
        try
        {
            using var found = JsonDocument.Parse(line);
            AddRecord(code, found.RootElement);
        }
        catch (JsonException)
        {
            Wrong(record, "no JSON");
        }
    }

    void AddRecord(string code, JsonElement found)
    {
        if (!_idOfCode.TryGetValue(code, out var id))
        {
            if (!_tooNew.Contains(code) && !site.IsTooNew(site.Collection.TimeOf(found)))
                _strays.Add((code, found.Bytes().ToArray()));
            return;
        }
        if (!_found.Add(id))
            Wrong(id, "twice");
        if (IsDeleted(id))
            Wrong(id, "deleted at the source");
        using var sent = site.Find(id)!;
        if (new ReducedRecord(new(site.Collection, id), pseudonyms).Difference(sent.RootElement, found) is { } difference)
            Wrong(id, difference);
    }

    bool IsDeleted(string id)
    {
        using var sent = site.Find(id)!;
        return ExpectedRecord.IsDeleted(sent.RootElement);
    }

    bool IsSame(byte[] line, string id)
    {
        using var found = JsonDocument.Parse(line);
        using var sent = site.Find(id)!;
        return new ReducedRecord(new(site.Collection, id), new()).Difference(sent.RootElement, found.RootElement) is null;
    }

    void Wrong(string record, string what) => findings.Add(participant, site.Collection.Name, record, Stage, what);
}
