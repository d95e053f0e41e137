using System.Security.Cryptography;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Compares the files of one participant's collection with the site: every record once, in the file of its period, unaltered.</summary>
sealed class FileCheck(CheckedParticipant participant, SiteRecords site, Pseudonyms pseudonyms, Findings findings)
{
    const string Stage = "open humans";

    readonly Dictionary<string, string> _foundIn = new(StringComparer.Ordinal);
    readonly List<(string Id, byte[] Line)> _strays = [];

    /// <summary>Distinct records that go the whole way.</summary>
    public int Found => _foundIn.Keys.Count(site.GoesTheWholeWay);

    /// <returns>The record of every line, for whom a line is named by its number.</returns>
    public List<string> Add(DataFile file, byte[] stored)
    {
        CheckMetadata(file, stored);
        var lines = new List<string>();
        foreach (var line in GzipLines.Read(new MemoryStream(stored)))
            lines.Add(AddLine(file, line, lines.Count + 1));
        if (file.Metadata.Field("records") is not { } records || records.GetRawText() != $"{lines.Count}")
            Wrong(file.Name, $"metadata records is not {lines.Count}");
        return lines;
    }

    /// <summary>To be called when all files were added.</summary>
    public void Complete()
    {
        var missing = site.All.Keys.Where(id => !_foundIn.ContainsKey(id)).ToHashSet(StringComparer.Ordinal);
        foreach (var (strayId, line) in _strays)
            if (Strays.Named(line, missing, IsSameButForId) is { } id && missing.Remove(id))
                Wrong(id, $"_id: {Findings.Short(strayId)}");
            else
                Wrong(strayId, "not on Nightscout");
        foreach (var id in missing)
            Wrong(id, "in no file");
    }

    bool IsSameButForId(byte[] line, string id)
    {
        using var kept = JsonDocument.Parse(line);
        using var sent = site.Find(id);
        return new CopiedRecord(new(site.Collection, id), new()) { IgnoresId = true }.Difference(sent!.RootElement, kept.RootElement) is null;
    }

    void CheckMetadata(DataFile file, byte[] stored)
    {
        if (file.Member != participant.ProjectMemberId)
            Wrong(file.Name, "named for another member");
        foreach (var (name, expected) in new[]
        {
            ("sha256", Convert.ToHexStringLower(SHA256.HashData(stored))),
            ("md5", Convert.ToHexStringLower(MD5.HashData(stored))),
            ("collection", file.Collection.Name),
            ("period", file.Period),
        })
            if (file.Metadata.Field(name)?.Text() != expected)
                Wrong(file.Name, $"metadata {name} does not fit the file");
    }

    string AddLine(DataFile file, ReadOnlyMemory<byte> line, int number)
    {
        var name = $"{file.Name}:{number}";
        try
        {
            using var kept = JsonDocument.Parse(line);
            if (kept.RootElement.Field("_id")?.Text() is not { } id)
            {
                Wrong(name, "no record with _id");
                return name;
            }
            AddRecord(file, id, kept.RootElement);
            return id;
        }
        catch (JsonException)
        {
            Wrong(name, "no JSON");
            return name;
        }
    }

    void AddRecord(DataFile file, string id, JsonElement kept)
    {
        if (site.IsTooNew(id))
            return;
        using var sent = site.Find(id);
        if (sent is null)
        {
            if (!site.IsTooNew(site.Collection.TimeOf(kept)))
                _strays.Add((id, kept.Bytes().ToArray()));
            return;
        }
        if (!_foundIn.TryAdd(id, file.Name))
            Wrong(id, _foundIn[id] == file.Name ? "twice in its file" : "in two files");
        if (!file.Covers(site.Collection.TimeOf(sent.RootElement)))
            Wrong(id, $"in the file of {file.Period}");
        if (new CopiedRecord(new(site.Collection, id), pseudonyms).Difference(sent.RootElement, kept) is { } difference)
            Wrong(id, difference);
    }

    void Wrong(string record, string what) => findings.Add(participant.ProjectMemberId, site.Collection.Name, record, Stage, what);
}
