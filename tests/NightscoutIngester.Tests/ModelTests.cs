using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>
/// Random histories of a site, with faults on every wire and the process killed between any two steps. When the faults have stopped and everything was
/// read twice again, the files hold what the site holds, record by record, each once; only what was pruned is in the files alone.
/// </summary>
[Parallelizable(ParallelScope.Self)]
[TestFixture("entries")]
[TestFixture("treatments")]
[TestFixture("devicestatus")]
[TestFixture("profile")]
public sealed class ModelTests(string collection)
{
    /// <summary>With those killed at each step at least 500.</summary>
    static readonly Dictionary<string, int> Histories = new() { ["entries"] = 110, ["treatments"] = 130, ["devicestatus"] = 60, ["profile"] = 40 };

    readonly Crash _crash = new();
    World _world = null!;
    int _made;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.CreateAsync(_crash, ["--Ingest:FullPages=1000", "--Ingest:WeeklyDeviceStatus=60.00:00:00"]);

    [OneTimeTearDown]
    public async Task Stop() => await _world.DisposeAsync();

    [Test]
    public void After_all_faults_the_files_hold_what_the_site_holds()
    {
        var histories = Environment.GetEnvironmentVariable("MODEL_HISTORIES") is { } given ? int.Parse(given) : Histories[collection];
        var property = Prop.ForAll(HistoryOf(collection), history =>
        {
            string difference;
            try
            {
                difference = RunAsync(history).GetAwaiter().GetResult();
            }
            catch (Exception problem)
            {
                difference = problem.ToString();
            }
            return difference.Length == 0 ? true : throw new AssertionException($"{difference}\nafter\n{string.Join("\n", history)}");
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(14).WithQuietOnSuccess(true));
        TestContext.Out.WriteLine($"{_made} histories");
    }

    /// <summary>What follows the kill would go unnoticed if the step before it were forgotten: the only record of its day is deleted, another one changes.</summary>
    [Test]
    public async Task Killed_at_any_step_a_run_loses_nothing([Values] bool atWrites)
    {
        for (var number = 1; number <= (atWrites ? 45 : 30); number++)
        {
            List<Step> history =
            [
                new Insert(24 * 75, Form.Plain), new Insert(24 * 10, Form.Plain), new Insert(20, Form.Text), new Insert(1, Form.Plain),
                atWrites ? new KilledAtWrite(number) : new KilledAtRequest((number + 1) / 2 * 2, After: number % 2 == 0), new Edit(1), new Delete(3),
            ];
            Assert.That(await RunAsync(history), Is.Empty, string.Join("\n", history));
        }
    }

    /// <summary>Histories that the other tests have found.</summary>
    [TestCase(480, 0)]
    [TestCase(480, 2.5)]
    [TestCase(1800, 0)]
    public async Task A_record_that_moves_stands_once(double from, double to)
    {
        List<Step> history = [new Insert(from, Form.Fraction), new Copy(), new Move(0, to)];
        for (var hour = 0; hour < 24; hour += 4) // days begin and end at UTC midnight
        {
            _world.Clock.Advance(TimeSpan.FromHours(4));
            Assert.That(await RunAsync(history), Is.Empty);
        }
    }

    static Arbitrary<List<Step>> HistoryOf(string collection) => Arb.From(
        Gen.ListOf(StepOf(collection)).Where(steps => steps.Count > 0).Select(steps => steps.ToList()),
        steps => Enumerable.Range(0, steps.Count).Select(left => steps.Where((_, at) => at != left).ToList()).Where(shorter => shorter.Count > 0));

    static Gen<Step> StepOf(string collection)
    {
        var which = Gen.Choose(0, 30);
        var age = Gen.Elements(0.0, 0.5, 1, 2.5, 6, 20, 30, 47, 49, 24 * 5, 24 * 6.9, 24 * 20, 24 * 40, 24 * 75, 24 * 130, -48, 24 * 20_000);
        var form = Gen.Elements(Enum.GetValues<Form>());
        return Gen.Frequency(
            (8, from hours in age from shape in form select (Step)new Insert(hours, shape)),
            (3, from index in which select (Step)new Edit(index)),
            (2, from index in which from hours in age select (Step)new Move(index, hours)),
            (3, from index in which select (Step)new Delete(index)),
            (1, from index in which select (Step)new MarkDeleted(index)),
            (1, from index in which select (Step)new Rename(index)),
            (1, from hours in age select (Step)new Prune(Math.Abs(hours))),
            (4, from hours in Gen.Elements(1, 1, 3, 13, 25, 24 * 8, 24 * 36) select (Step)new Wait(hours)),
            (4, Gen.Constant((Step)new Copy())),
            (3, from skip in Gen.Choose(0, 6)
                from kind in Gen.Elements(FaultKind.Status, FaultKind.CutBody, FaultKind.HtmlPage, FaultKind.JsonNull, FaultKind.EmptyBody, FaultKind.Reset, FaultKind.SlowDrip)
                from status in Gen.Elements(500, 503, 429, 502)
                select (Step)new SiteFails(kind, status, skip)),
            (3, from skip in Gen.Choose(0, 3)
                from kind in Gen.Elements(FaultKind.Status, FaultKind.LoseAnswer, FaultKind.CutBody)
                from path in Gen.Elements("*/files/upload/direct/", "/storage/*", "*/files/upload/complete/", "*/files/delete/", "*/exchange-member/", "*/datafile-download/*")
                select (Step)new OpenHumansFails(kind, path, skip)),
            (4, from number in Gen.Choose(1, 40) from after in Gen.Elements(true, false) select (Step)new KilledAtRequest(number, after)),
            (4, from number in Gen.Choose(1, 60) select (Step)new KilledAtWrite(number)));
    }

    async Task<string> RunAsync(List<Step> history)
    {
        var site = new NightscoutSite($"{collection}-{_made++}");
        var model = new Model(collection, site, _world.Clock);
        var participant = await _world.EnrolAsync(site);
        foreach (var step in history)
        {
            await TakeAsync(step, model, participant);
            model.NotePrunable();
        }

        _world.Sandbox.Faults.Clear();
        await participant.RunAsync();
        if (model.MissingAfterImport(participant) is { Length: > 0 } missing)
            return missing;
        for (var pass = 0; pass < 2; pass++)
        {
            _world.Clock.Advance(TimeSpan.FromDays(81));
            ToNight();
            for (var run = 0; run < 3; run++) // the first may settle what was left open; absent records are looked at again a day later
            {
                model.NotePrunable();
                var outcome = await participant.RunAsync();
                if (outcome.Cause != Cause.Success)
                    return $"A run without a fault ended with {outcome.Cause}.";
                _world.Clock.Advance(TimeSpan.FromHours(25));
                ToNight();
            }
        }
        return await model.CompareAsync(participant);
    }

    /// <summary>Two o'clock in the morning, as the participant's zone is not known.</summary>
    void ToNight() => _world.Clock.Advance(TimeSpan.FromHours(24 - _world.Clock.GetUtcNow().TimeOfDay.TotalHours + 2));

    async Task TakeAsync(Step step, Model model, Enrolled participant)
    {
        if (step is Copy or SiteFails or OpenHumansFails or KilledAtRequest or KilledAtWrite)
            model.NoteRun();
        var site = participant.Site.Name;
        switch (step)
        {
            case Wait wait:
                _world.Clock.Advance(TimeSpan.FromHours(wait.Hours));
                break;
            case Copy:
                await participant.RunAsync();
                break;
            case SiteFails fails:
                _world.Sandbox.Faults.Add(new() { Kind = fails.Kind, Status = fails.Status, Site = site, Skip = fails.Skip, Count = 4, Delay = TimeSpan.FromMilliseconds(1) });
                await participant.RunAsync();
                _world.Sandbox.Faults.Clear();
                break;
            case OpenHumansFails fails:
                _world.Sandbox.Faults.Add(new() { Kind = fails.Kind, Path = fails.Path, Skip = fails.Skip });
                await participant.RunAsync();
                _world.Sandbox.Faults.Clear();
                break;
            case KilledAtRequest kill:
                _crash.AtRequest(kill.Number, kill.After);
                await participant.RunAsync();
                await _crash.ReviveAsync();
                break;
            case KilledAtWrite kill:
                await participant.ClaimAsync();
                await _crash.AtWriteAsync(kill.Number);
                await participant.RunClaimedAsync();
                await _crash.ReviveAsync();
                break;
            default:
                model.Take(step);
                break;
        }
    }
}

enum Form { Plain, SameTimeAsLast, Fraction, Text, Offset, Missing }

abstract record Step;

/// <param name="Age">Hours; negative: in the future.</param>
sealed record Insert(double Age, Form Form) : Step;

sealed record Edit(int Index) : Step;

sealed record Move(int Index, double Age) : Step;

sealed record Delete(int Index) : Step;

sealed record MarkDeleted(int Index) : Step;

/// <summary>The same record under another id.</summary>
sealed record Rename(int Index) : Step;

sealed record Prune(double Age) : Step;

sealed record Wait(int Hours) : Step;

sealed record Copy : Step;

sealed record SiteFails(FaultKind Kind, int Status, int Skip) : Step;

sealed record OpenHumansFails(FaultKind Kind, string Path, int Skip) : Step;

sealed record KilledAtRequest(int Number, bool After) : Step;

sealed record KilledAtWrite(int Number) : Step;

/// <summary>What a site holds and has held.</summary>
sealed class Model(string collection, NightscoutSite site, TimeProvider clock)
{
    readonly List<(string Id, JsonObject Record)> _live = [];
    readonly Dictionary<string, DateTimeOffset?> _gone = [];
    readonly HashSet<string> _prunable = [];
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
                found.Record["value"] = ++_next;
                Records.Replace(found.Id, found.Record.DeepClone().AsObject());
                break;
            case Move move when collection != "devicestatus" && At(move.Index) is { } found: // nothing moves a device status
                SetTime(found.Record, move.Age, Form.Plain);
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

    /// <summary>What is there before the first run is copied by the first import, whatever happens to it on the way.</summary>
    public void NoteRun() => _beforeRuns ??= [.. _live.Select(item => item.Record.ToJsonString())];

    /// <returns>Records that are as they were before the first run, and not in the files after an import that ended well.</returns>
    public string MissingAfterImport(Enrolled participant)
    {
        var ids = participant.Ids(collection); // one that moved further than this run reads may still stand in its old file
        return string.Join("\n", _live.Where(item => _beforeRuns?.Contains(item.Record.ToJsonString()) == true && !ids.Contains(item.Id)).Select(item => $"not imported: {item.Record.ToJsonString()}"));
    }

    /// <summary>A deleted record may count as pruned from the moment that nothing older is there.</summary>
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
        Records.Insert(record.DeepClone().AsObject());
    }

    void Remove((string Id, JsonObject Record) item)
    {
        Records.Delete(item.Id);
        _live.Remove(item);
        _gone[item.Id] = TimeOf(item.Record);
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
