using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>The counts of records by day and kind.</summary>
public sealed class RecordDayTests
{
    static readonly DateTimeOffset Noon = new(2026, 10, 20, 12, 0, 0, TimeSpan.Zero);
    SummaryWorld _world = null!;

    [SetUp]
    public async Task StartWorld() => _world = await SummaryWorld.StartAsync("Pacific/Auckland");

    [TearDown]
    public async Task Stop()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task Records_are_counted_by_UTC_day_and_kind_and_anew_when_they_change()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100), Sgv("b", Noon.AddHours(11.9), 100), Sgv("c", Noon.AddHours(12), 100), """{"_id":"undated","type":"sgv","sgv":100}""");
        await _world.LoadAsync(participant, "treatments", """{"_id":"t","eventType":"Meal Bolus","created_at":"2026-10-20T23:59:59Z"}""", """{"_id":"u","eventType":"Meal Bolus","created_at":"2026-10-20T00:00:00Z"}""", """{"_id":"v","created_at":"2026-10-20T12:00:00Z"}""");
        await _world.LoadAsync(participant, "devicestatus", """{"_id":"d","device":"openaps://edison","created_at":"2026-10-21T12:00:00Z","openaps":{"iob":{"iob":1}}}""");
        await _world.SummariseAsync();
        Assert.That(await CountsAsync(participant), Is.EqualTo(new[] { "2026-10-20 entries Dexcom Share 2", "2026-10-20 treatments <none> 1", "2026-10-20 treatments Meal Bolus 2", "2026-10-21 devicestatus OpenAPS 1", "2026-10-21 entries Dexcom Share 1" }));

        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        await _world.SummariseAsync();

        Assert.That(await CountsAsync(participant), Has.Member("2026-10-20 entries Dexcom Share 1").And.No.Member("2026-10-21 entries Dexcom Share 1"));
    }

    [TestCase("share2", "Dexcom Share")]
    [TestCase("xDrip-DexcomG6", "xDrip")]
    [TestCase("loop://a1b2c3d4e5", "Loop")]
    [TestCase("openaps://a1b2c3d4e5", "OpenAPS")]
    [TestCase("openaps://AndroidAPS a1b2c3d4e5", "OpenAPS")]
    [TestCase("AndroidAPS-DexcomG6", "AndroidAPS")]
    [TestCase("Trio", "Trio or iAPS")]
    [TestCase("nightscout-librelink-up", "FreeStyle Libre")]
    [TestCase("a1b2c3d4e5", "other")]
    [TestCase("", "unknown")]
    public async Task A_device_belongs_to_a_group_of_a_closed_list(string device, string group)
    {
        var participant = await _world.ParticipantAsync();
        Assert.That(await _world.QueryAsync<string>($"select openaps.device_group('{device}') from register.participant where participant_id = @id", participant), Is.EqualTo(new[] { group }));
    }

    Task<List<string>> CountsAsync(Register.Participant participant) => _world.QueryAsync<string>("""
        select counted from (select to_char(day, 'YYYY-MM-DD') || ' ' || collection || ' ' || kind || ' ' || records as counted from openaps.record_day where participant_id = @id) as rows order by counted collate "C"
        """, participant);
}
