using System.Text;
using System.Text.Json.Nodes;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>What a site holds and has held.</summary>
sealed class Model(string collection, NightscoutSite site, TimeProvider clock)
{
    readonly List<(string Id, JsonObject Record)> _live = [];
    readonly Dictionary<string, DateTimeOffset?> _gone = [], _earliest = [];
    readonly HashSet<string> _prunable = [];
    readonly Dictionary<string, int> _before = [];
    HashSet<string>? _beforeRuns;
    int _next = 1;

    SiteRecords Records => collection switch { "entries" => site.Entries, "treatments" => site.Treatments, "devicestatus" => site.DeviceStatus, _ => site.Profiles };

    string TimeField => collection switch { "entries" => "date", "profile" => "startDate", _ => "created_at" };

    public void Take(Step step)
    {
        switch (step)
        {
            case Insert insert:
                var record = new JsonObject { ["_id"] = NewId(), ["value"] = _next };
                if (collection == "entries")
                    (record["type"], record["sgv"]) = ("sgv", 40 + _next % 300);
                if (collection == "treatments")
                    (record["eventType"], record["carbs"], record["insulin"]) = ("Note", _next, 0.5);
                record["device"] = $"device{_next}";
                SetTime(record, insert.Age, insert.Form);
                Add(record);
                break;
            case Edit edit when At(edit.Index) is { } found:
                _before[found.Id] = found.Record["value"]!.GetValue<int>();
                found.Record["value"] = ++_next;
                Records.Replace(found.Id, found.Record.DeepClone().AsObject());
                break;
            case Undo undo when At(undo.Index) is { } found && _before.Remove(found.Id, out var was):
                found.Record["value"] = was;
                Records.Replace(found.Id, found.Record.DeepClone().AsObject());
                break;
            case Move move when collection != "devicestatus" && At(move.Index) is { } found && found.Record["isValid"] is null: // nothing moves a device status, and v3 refuses to change what is deleted
                SetTime(found.Record, move.Age, Form.Plain);
                NoteTime(found.Record);
                Records.Replace(found.Id, found.Record.DeepClone().AsObject());
                break;
            case Delete delete when At(delete.Index) is { } found:
                Remove(found);
                break;
            case MarkDeleted mark when At(mark.Index) is { } found:
                found.Record["isValid"] = false;
                Records.Replace(found.Id, found.Record.DeepClone().AsObject());
                break;
            case Rename rename when At(rename.Index) is { } found:
                Remove(found);
                var renamed = found.Record.DeepClone().AsObject();
                renamed["_id"] = NewId();
                Add(renamed);
                break;
            case Prune prune:
                var before = clock.GetUtcNow().AddHours(-prune.Age);
                foreach (var old in _live.Where(item => TimeOf(item.Record) is { } time && time < before && IsVisible(item.Record)).ToList())
                    Remove(old);
                break;
        }
    }

    /// <summary>What the system before this one would write: what its date ranges find, each device under a name by chance.</summary>
    public byte[] Original() => Encoding.UTF8.GetBytes(string.Concat(_live.Where(item => IsVisible(item.Record) && TimeOf(item.Record) <= clock.GetUtcNow()).Select(item =>
    {
        var record = item.Record.DeepClone().AsObject();
        record["device"] = $"random{_next++}";
        return $"{record.ToJsonString()}\n";
    })));

    /// <summary>What is there before the first run is copied by the first import, whatever happens to it on the way.</summary>
    public void NoteRun() => _beforeRuns ??= [.. _live.Select(item => item.Record.ToJsonString())];

    /// <returns>Records that are as they were before the first run, and not in the files after an import that ended well.</returns>
    public string MissingAfterImport(Enrolled participant)
    {
        var ids = participant.Ids(collection); // one that moved further than this run reads may still stand in its old file
        return string.Join("\n", _live.Where(item => _beforeRuns?.Contains(item.Record.ToJsonString()) == true && !ids.Contains(item.Id)).Select(item => $"not imported: {item.Record.ToJsonString()}"));
    }

    /// <summary>A deleted record may count as pruned from the moment that nothing older is there than it was at any time: it may be gone before its last move was seen.</summary>
    public void NotePrunable()
    {
        var oldest = _live.Where(item => IsVisible(item.Record)).Select(item => TimeOf(item.Record)).Min();
        foreach (var (id, time) in _gone)
            if (oldest is null || time is not null && time <= oldest)
                _prunable.Add(id);
    }

    /// <returns>How the files differ from what they should hold; "" when they do not.</returns>
    public async Task<string> CompareAsync(Enrolled participant)
    {
        var differences = new StringBuilder();
        var twice = participant.Ids(collection).CountBy(id => id).Where(id => id.Value > 1).Select(id => id.Key).ToList();
        if (twice.Count > 0)
            return $"{string.Join(", ", twice)} twice in\n{string.Join("\n", participant.LinesOfFiles(collection))}";
        var files = participant.Records(collection);
        var served = participant.Served(Records);
        foreach (var (id, record) in served)
            if (!files.TryGetValue(id, out var copied))
                differences.AppendLine($"missing: {record}");
            else if (!CopyTests.SameButForAmounts(copied, record))
                differences.AppendLine($"differs: {copied}\n     from {record}");
        foreach (var (id, copied) in files.Where(file => !served.ContainsKey(file.Key) && !file.Value.Contains("\"isValid\":false")))
            if (collection != "devicestatus" && !_prunable.Contains(id))
                differences.AppendLine($"not marked as deleted: {copied}");
        var inSummaries = await participant.QueryAsync<long>($"select coalesce(sum(copied), 0) from ingest.day_summary where participant_id = @Participant and collection = '{collection}'");
        if (inSummaries != files.Count(file => !file.Value.Contains("\"isValid\":false")))
            differences.AppendLine($"summaries count {inSummaries} records in files that hold {files.Count}");
        var current = await participant.QueryAsync<long>("select count(*) from ingest.file where participant_id = @Participant and state = 'current'");
        if (current != participant.Files.Count)
            differences.AppendLine($"{current} files are current, {participant.Files.Count} are there");
        return differences.ToString();
    }

    /// <summary>A range of the site finds it.</summary>
    bool IsVisible(JsonObject record) => collection == "profile" || record[TimeField] is JsonValue value && value.GetValueKind() == (collection == "entries" ? System.Text.Json.JsonValueKind.Number : System.Text.Json.JsonValueKind.String);

    DateTimeOffset? TimeOf(JsonObject record) => Nightscout.RecordHead.Read(Encoding.UTF8.GetBytes(record.ToJsonString()), Nightscout.Collection.Named(collection)!).Time;

    (string Id, JsonObject Record)? At(int index) => _live.Count == 0 ? null : _live[index % _live.Count];

    void Add(JsonObject record)
    {
        _live.Add((record["_id"]!.ToString(), record));
        NoteTime(record);
        Records.Insert(record.DeepClone().AsObject());
    }

    void NoteTime(JsonObject record)
    {
        var (id, time) = (record["_id"]!.ToString(), TimeOf(record));
        if (!_earliest.TryGetValue(id, out var before) || before is null || time < before)
            _earliest[id] = time;
    }

    void Remove((string Id, JsonObject Record) item)
    {
        Records.Delete(item.Id);
        _live.Remove(item);
        _gone[item.Id] = _earliest[item.Id];
    }

    void SetTime(JsonObject record, double age, Form form)
    {
        var time = clock.GetUtcNow().AddHours(-age).AddMilliseconds(_next * 7);
        if (form == Form.SameTimeAsLast && _live.LastOrDefault().Record is { } last && TimeOf(last) is { } same)
            time = same;
        record.Remove(TimeField);
        if (form == Form.Missing)
            return;
        record[TimeField] = (collection == "entries", form) switch
        {
            (true, Form.Text) => Iso(time),
            (true, Form.Fraction) => time.ToUnixTimeMilliseconds() + 0.25,
            (true, _) => time.ToUnixTimeMilliseconds(),
            (false, Form.Text) => time.ToUnixTimeMilliseconds(),
            (false, Form.Offset) => time.ToOffset(TimeSpan.FromHours(-8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz"),
            _ => Iso(time),
        };
    }

    string NewId() => $"{_next++:x24}";

    static string Iso(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}
