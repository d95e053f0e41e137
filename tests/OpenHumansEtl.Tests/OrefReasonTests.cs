using System.Text;
using OpenHumansEtl.AllowList;
using OpenHumansEtl.Tables;
using Sandbox;

namespace OpenHumansEtl.Tests;

public sealed class OrefReasonTests
{
    StagedRows _rows = null!;

    [OneTimeSetUp]
    public async Task Migrate() => _rows = await StagedRows.CreateAsync();

    [OneTimeTearDown]
    public async Task Drop() => await _rows.DisposeAsync();

    static readonly string[] Written =
    [
        "COB: 12, Dev: -5, BGI: -1.2, ISF: 50, CR: 10, Target: 100, minPredBG 90, minGuardBG 80, IOBpredBG 100, UAMpredBG 104; Eventual BG 94 >= 90, insulinReq 0.55; maxBolus 0.4. Microbolusing 0.4U. temp 1.2 ~ req 1.25U/hr. ",
        "COB: 0, Dev: -0.3, BGI: -0.1, ISF: 2.5, CR: 9.666666666666666, Target: 5.5, minPredBG 4.9, minGuardBG 3.9, IOBpredBG 5.2; minGuardBG 3.9<4.0",
        "Autosens ratio: 0.9, ISF: 2.5→2.8, COB: 12, CR: 10, TDD: 38.4 U, 62% Bolus 38% Basal, Dynamic ISF/CR: On/Off, Sigmoid function, AF: 0.5; Eventual BG 5.2 < 5.5, setting 30m low temp of 0.2U/h. ",
        "Eventual BG 80<100, but Delta 5 > expectedDelta -2; no temp, setting 0.55U/hr",
        "Dev: 20, BGI: -2, ISF: 40, Target: 100; 95-105 in range: no temp required; setting current basal of 0.8 as temp",
        "COB: 35, Dev: 60, BGI: -3, ISF: 40; IOB 4.2 > max_iob 4, temp 0.5<0.8U/hr",
        "15 add'l carbs req w/in 20m; minGuardBG 52<65",
        "maxDelta 25 > 20% of BG 110: SMB disabled; adj. req. rate: 5.2 to maxSafeBasal: 4.0, temp 4 >~ req 4U/hr",
        "BG data is too old: Fri Nov 20; canceling high temp",
        "insulinReq 0.5. Waiting 2m 30s to microbolus again. 30m@0.80 ",
    ];

    [TestCaseSource(nameof(Written))]
    public void Reducing_what_is_reduced_gives_itself(string reason)
    {
        var reduced = OrefReason.Reduce(reason);

        Assert.That(reduced, Is.Not.Null);
        Assert.That(OrefReason.Reduce(reduced!), Is.EqualTo(reduced));
    }

    [Test]
    public void What_follows_the_grammar_stays_in_its_order_and_the_rest_goes()
    {
        Assert.That(OrefReason.Reduce(Written[0]), Is.EqualTo("COB: 12, Dev: -5, BGI: -1.2, ISF: 50, CR: 10, Target: 100, minPredBG 90, minGuardBG 80, IOBpredBG 100, UAMpredBG 104, Eventual BG 94 >= 90, "
            + "insulinReq 0.55, maxBolus 0.4, Microbolusing 0.4U, temp 1.2 ~ req 1.25U/hr"));
        Assert.That(OrefReason.Reduce(Written[1]), Is.EqualTo("COB: 0, Dev: -0.3, BGI: -0.1, ISF: 2.5, CR: 9.6666, Target: 5.5, minPredBG 4.9, minGuardBG 3.9, IOBpredBG 5.2, minGuardBG 3.9<4.0"));
        Assert.That(OrefReason.Reduce(Written[3]), Is.EqualTo("Eventual BG 80<100, Delta 5 > expectedDelta -2, no temp, setting 0.55U/hr"));
        Assert.That(OrefReason.Reduce(Written[7]), Is.EqualTo("maxDelta 25 > 20% of BG 110, adj. req. rate: 5.2 to maxSafeBasal: 4.0, temp 4 >~ req 4U/hr"));
        Assert.That(OrefReason.Reduce(Written[9]), Is.EqualTo("insulinReq 0.5, Waiting 2m 30s to microbolus again, 30m@0.80"));
    }

    [TestCase("call Mum +49 171 2345678")]
    [TestCase("ISF: 0171 2345678")]
    [TestCase("ISF: 171 2345678")]
    [TestCase("ISF: 171-234-5678")]
    [TestCase("COB: 171.234.5678")]
    [TestCase("COB: 1712345678")]
    [TestCase("CR: 171/2345")]
    [TestCase("CR: +49, 171")]
    [TestCase("Target: 12:30")]
    [TestCase("temp 171 234 5678U/hr")]
    [TestCase("https://ann.example.com/?token=ann-0123456789abcdef&ISF=50")]
    [TestCase("myISF: 50")]
    [TestCase("ISF of Ann: 50")]
    [TestCase("tel 171-234-567 in rangefinder")]
    public void Nothing_that_a_person_typed_passes(string text) => Assert.That(OrefReason.Reduce(text), Is.Null.Or.Empty);

    [Test]
    public void Words_between_tokens_go()
    {
        Assert.That(OrefReason.Reduce("ISF: 50 because Ann said so, tel 0171 2345678; COB: 12 (Gran's cake), CR: 10"), Is.EqualTo("ISF: 50, COB: 12, CR: 10"));
    }

    [Test]
    public void Any_mixture_of_tokens_and_text_reduces_to_something_that_stays([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var pieces = Written.SelectMany(reason => reason.Split(' ')).Concat(["Ann", "0171", "2345678", "-", "→", "50", "3.", ".5", "@", "\n", "  ", "U/hr", "of", "temp", ":", ","]).ToArray();
        for (var round = 0; round < 500; round++)
        {
            var text = string.Join(random.Next(2) == 0 ? " " : "", Enumerable.Range(0, random.Next(1, 30)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (OrefReason.Reduce(text) is not { } reduced)
                continue;
            Assert.That(OrefReason.Reduce(reduced), Is.EqualTo(reduced), text);
            Assert.That(reduced, Does.Not.Match("[0-9]{4}(?<!\\.[0-9]{4})").And.Not.Contain("Ann"), text);
        }
    }

    [TestCase(0, "ISF", "50")]
    [TestCase(0, "Eventual BG", "94")]
    [TestCase(0, "COB", "12")]
    [TestCase(0, "insulinReq", "0.55")]
    [TestCase(0, "Autosens ratio", null)]
    [TestCase(1, "CR", "9.6666")]
    [TestCase(2, "ISF", "2.8")]
    [TestCase(2, "Autosens ratio", "0.9")]
    public void Labels_are_read(int written, string label, string? value) =>
        Assert.That(OrefReason.Read(OrefReason.Reduce(Written[written])!).Number(label)?.ToString(), Is.EqualTo(value));

    [TestCase("Target: 100, IOBpredBG 100, Eventual BG 94 >= 90", 94, "MgDl, eventual BG")]
    [TestCase("Target: 5.5, IOBpredBG 5.2, Eventual BG 5.2 >= 5", 94, "MmolL, eventual BG")]
    [TestCase("ISF: 2.5, Target: 5.5, IOBpredBG 5.2", null, "MmolL, range")]
    [TestCase("ISF: 20, Target: 95", null, "MgDl, range")]
    [TestCase("ISF: 20", null, null)]
    [TestCase("ISF: 20, Dev: -5, BGI: -1.2", 94, null)]
    [TestCase("Target: 5.5, IOBpredBG 100", null, null)]
    [TestCase("ISF: 2.5, Eventual BG -3 < 5", -3, null)]
    public void The_unit_of_a_reason_is_decided_by_evidence_or_not_at_all(string reduced, int? eventualBg, string? unit)
    {
        var found = OrefReason.Read(reduced).UnitOf(eventualBg);

        Assert.That(found is null ? null : $"{found.Value.Unit}, {found.Value.Evidence}", Is.EqualTo(unit));
    }

    [Test]
    public async Task A_value_without_a_known_unit_stays_empty()
    {
        var row = await ReadAsync("""{"_id":"s","openaps":{"suggested":{"reason":"ISF: 20, CR: 10, Dev: -5"}}}""");

        Assert.That(row("isf"), Is.Null);
        Assert.That(row("dev"), Is.Null);
        Assert.That(row("reason_unit"), Is.Null);
        Assert.That(row("cr"), Is.EqualTo(10));
    }

    [TestCase("""{"_id":"s","device":"loop://Ann's iPhone","loop":{"iob":{"iob":1}}}""", "loop", null)]
    [TestCase("""{"_id":"s","device":"Trio","openaps":{"version":"0.2.5"}}""", "trio", "0.2.5")]
    [TestCase("""{"_id":"s","device":"iAPS","openaps":{}}""", "trio", null)]
    [TestCase("""{"_id":"s","device":"freeaps-x://Ann","openaps":{}}""", "trio", null)]
    [TestCase("""{"_id":"s","device":"Triona's rig","openaps":{}}""", "openaps", null)]
    [TestCase("""{"_id":"s","device":"openaps://samsung SM-1","app":"AAPS","openaps":{}}""", "aaps", null)]
    [TestCase("""{"_id":"s","device":"openaps://samsung SM-1","openaps":{},"pump":{"extended":{"Version":"2.8.2.1"}}}""", "aaps", "2.8.2.1")]
    [TestCase("""{"_id":"s","device":"openaps://samsung SM-1","openaps":{},"configuration":{"version":"3.2.0.4"}}""", "aaps", "3.2.0.4")]
    [TestCase("""{"_id":"s","device":"openaps://ann-edison","openaps":{}}""", "openaps", null)]
    public async Task Controllers_are_told_by_name_and_shape(string json, string controller, string? version)
    {
        var row = await ReadAsync(json);

        Assert.That(row("controller"), Is.EqualTo(controller));
        Assert.That(row("controller_version"), Is.EqualTo(version));
    }

    [TestCase(Uploader.OpenAps, "openaps")]
    [TestCase(Uploader.Aaps, "aaps")]
    [TestCase(Uploader.Loop, "loop")]
    [TestCase(Uploader.Trio, "trio")]
    [TestCase(Uploader.XDrip, "")]
    [TestCase(Uploader.Share2, "")]
    public async Task Every_uploader_is_told_by_a_day_of_its_records(Uploader uploader, string controller)
    {
        var records = Synthetic.Site(uploader, seed: 3, days: 1, new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero)).DeviceStatus.All;
        var (_, rows) = await _rows.OfAsync(WarehouseTables.DeviceStatus, records);
        var found = rows[Cycle].Select(row => row["controller"]).ToHashSet();

        Assert.That(found, Is.EqualTo(controller.Length == 0 ? [] : new[] { controller }));
    }

    [TestCase("""{"rate":1.2,"duration":30,"received":true}""", 30)]
    [TestCase("""{"rate":1.2,"duration":1800,"received":true}""", 30)]
    [TestCase("""{"rate":1.2,"duration":100000,"received":true}""", null)]
    [TestCase("""{"rate":1.2,"duration":30,"received":false}""", null)]
    [TestCase("""{"rate":1.2,"duration":30}""", null)]
    public async Task Durations_of_Loop_are_minutes_unless_they_can_only_be_seconds(string enacted, int? minutes)
    {
        var row = await ReadAsync($$"""{"_id":"s","loop":{"enacted":{{enacted}} } }""");

        Assert.That(row("temp_basal_duration"), Is.EqualTo((decimal?)minutes));
        Assert.That(row("enacted"), Is.EqualTo(enacted.Contains("true", StringComparison.Ordinal)));
    }

    [TestCase("missingDataError(glucose of Ann)", "missingDataError")]
    [TestCase("pumpSuspended", "pumpSuspended")]
    [TestCase("Ann's phone is off", null)]
    public async Task Of_an_error_of_Loop_the_name_stays(string reason, string? failure) =>
        Assert.That((await ReadAsync($$"""{"_id":"s","loop":{"failureReason":"{{reason}}"} }"""))("failure"), Is.EqualTo(failure));

    [Test]
    public void A_profile_inside_a_text_is_reduced_to_its_schedules()
    {
        var reader = new RecordReader(WarehouseTables.Treatments, 7, new byte[32]);
        reader.Read(Encoding.UTF8.GetBytes("""{"_id":"5f","profileJson":"{\"dia\":5,\"units\":\"mg/dl\",\"comment\":\"Ann\",\"basal\":[{\"time\":\"00:00\",\"value\":0.8,\"note\":\"Gran\"}]}"}"""));

        Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.EndWith("""
            "profileJson":"{\"dia\":5,\"units\":\"mg/dl\",\"basal\":[{\"time\":\"00:00\",\"value\":0.8}]}"}
            """));
        reader.Read(Encoding.UTF8.GetBytes("""{"_id":"5f","profileJson":"Ann's profile"}"""));
        Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.Not.Contain("Ann"));
    }

    async Task<Func<string, object?>> ReadAsync(string json)
    {
        var (_, rows) = await _rows.OfAsync(WarehouseTables.DeviceStatus, json);
        return column => rows[Cycle]![column];
    }

    static readonly int Cycle = Array.FindIndex(WarehouseTables.DeviceStatus.Tables, table => table.Name == "aid_cycle");

    /// <summary>A label and a number are read by a shorter way when a comma or a semicolon follows; behind another sign the grammar reads them.</summary>
    [Test]
    public void What_is_read_the_short_way_is_what_the_grammar_reads()
    {
        var random = new Random(20261122);
        string[] parts = ["COB", "IOB", "Dev", "ISF", "CR", "Target", "minPredBG", "IOBpredBG", "insulinReq", "Insulin req", "Eventual BG", "eventualBG", "maxDelta", "temp", "CRx", "xCR", "COB_", ":", ": ", " ", "  ", "\t", ", ", ",", ";",
            ".", "-", "-5", "0", "05", "7", "12", "123", "1234", "0.5", "1.", "1.25.3", "9.66666666666666666", "9.666666666666666666", "1,5", "50→45", "1 -> 2", ">=", "+49", "/", "U/hr", "é", "١", "in range", "no temp"];
        var kept = 0;
        for (var text = 0; text < 20_000; text++)
        {
            var reason = string.Concat(Enumerable.Range(0, random.Next(2, 14)).Select(_ => parts[random.Next(parts.Length)]));
            var reduced = OrefReason.Reduce(reason);
            Assert.That(reduced, Is.EqualTo(OrefReason.Reduce(reason.Replace(',', '!').Replace(';', '!'))), reason);
            kept += reduced is null ? 0 : 1;
        }
        Assert.That(kept, Is.GreaterThan(2_000));
    }
}
