using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>Readings that two uploaders sent.</summary>
public sealed class DuplicateTests
{
    static readonly DateTimeOffset Noon = new(2026, 10, 20, 12, 0, 0, TimeSpan.Zero);
    SummaryWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartWorld() => _world = await SummaryWorld.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task Of_two_uploaders_the_one_with_more_records_that_day_stands() =>
        Assert.That(await DuplicatesAsync(
            Sgv("a1", Noon, 100, "share2"), Sgv("b1", Noon.AddSeconds(20), 101, "xdrip"), Sgv("b2", Noon.AddMinutes(5), 103, "xdrip")),
            Is.EqualTo("a1->b1"));

    [Test]
    public async Task With_as_many_records_the_first_device_by_name_stands() =>
        Assert.That(await DuplicatesAsync(Sgv("b", Noon, 100, "xdrip"), Sgv("a", Noon.AddSeconds(1), 100, "share2")), Is.EqualTo("b->a"));

    [TestCase(150, 1, "b->a", TestName = "Within_150_s_and_1_mgdl_it_is_the_same_reading")]
    [TestCase(151, 1, "", TestName = "After_151_s_it_is_another_reading")]
    [TestCase(150, 1.1, "", TestName = "With_more_than_1_mgdl_between_it_is_another_reading")]
    public async Task Limits(int seconds, double mgDl, string found) =>
        Assert.That(await DuplicatesAsync(Sgv("a", Noon, 100, "share2"), Sgv("b", Noon.AddSeconds(seconds), 100 + mgDl, "xdrip")), Is.EqualTo(found));

    [Test]
    public async Task The_same_device_repeats_nothing() =>
        Assert.That(await DuplicatesAsync(Sgv("a", Noon, 100), Sgv("b", Noon.AddSeconds(60), 100)), Is.Empty);

    [Test]
    public async Task Another_type_repeats_nothing() =>
        Assert.That(await DuplicatesAsync(Sgv("a", Noon, 100), $$"""{"_id":"b","type":"mbg","mbg":100,"date":{{Noon.ToUnixTimeMilliseconds()}},"device":"xdrip"}"""), Is.Empty);

    [Test]
    public async Task Of_three_uploaders_one_stands() =>
        Assert.That(await DuplicatesAsync(
            Sgv("a", Noon, 100, "share2"), Sgv("b", Noon.AddSeconds(100), 100, "spike"), Sgv("c", Noon.AddSeconds(200), 100, "xdrip")),
            Is.EqualTo("b->a c->a"), "the third repeats the second, which the first stands for");

    [Test]
    public async Task A_reading_over_midnight_is_found_from_either_side()
    {
        var midnight = new DateTimeOffset(2026, 10, 21, 0, 0, 0, TimeSpan.Zero);
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", "2026-10-20", [Sgv("a", midnight.AddSeconds(-30), 100, "share2"), Sgv("a2", midnight.AddHours(-1), 120, "share2")]);
        await _world.SummariseAsync();
        await _world.LoadAsync(participant, "entries", "2026-10-21", [Sgv("b", midnight.AddSeconds(30), 100, "xdrip")]);
        await _world.SummariseAsync();
        Assert.That(await FoundAsync(participant), Is.EqualTo("b->a"));

        await _world.LoadAsync(participant, "entries", "2026-10-21",
            [Sgv("b", midnight.AddSeconds(30), 100, "xdrip"), Sgv("b2", midnight.AddHours(1), 120, "xdrip"), Sgv("b3", midnight.AddHours(2), 120, "xdrip")]);
        await _world.SummariseAsync();

        Assert.That(await FoundAsync(participant), Is.EqualTo("a->b"), "the device of the later day has more records now");
    }

    [Test]
    public async Task A_reading_that_goes_gives_back_what_repeated_it()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100, "share2"), Sgv("b", Noon.AddSeconds(20), 100, "xdrip"));
        await _world.SummariseAsync();
        Assert.That(await FoundAsync(participant), Is.EqualTo("b->a"));

        await _world.LoadAsync(participant, "entries", Sgv("b", Noon.AddSeconds(20), 100, "xdrip"));
        await _world.SummariseAsync();

        Assert.That(await FoundAsync(participant), Is.Empty);
        Assert.That(await _world.QueryAsync<string>("select n || ' ' || duplicates from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "1 0" }));
    }

    [Test]
    public async Task Summaries_count_a_reading_once_and_tell_how_many_repeated_it()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries",
            [.. Enumerable.Range(0, 20).SelectMany(i => new[] { Sgv($"a{i}", Noon.AddMinutes(5 * i), 100 + i, "share2"), Sgv($"b{i}", Noon.AddMinutes(5 * i).AddSeconds(40), 100 + i, "xdrip") })]);
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<string>("select n || ' ' || duplicates || ' ' || sum_mgdl from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "20 20 2190" }));
        Assert.That(await _world.QueryAsync<long>("select count(*) from openaps.entries where participant_id = @id", participant), Is.EqualTo(new[] { 40 }), "all rows stay");
    }

    /// <summary>Against the definition, looked at pair by pair.</summary>
    [Test]
    public async Task Random_uploaders_agree_with_the_definition([Random(4, Distinct = true)] int seed)
    {
        var random = new Random(seed);
        string[] devices = ["share2", "xdrip", "spike"];
        var entries = (from device in devices
                       from i in Enumerable.Range(0, 400)
                       where random.NextDouble() < 0.7
                       let at = Noon.AddMinutes(5 * i).AddSeconds(random.Next(-160, 160))
                       select (Id: $"{"abc"[Array.IndexOf(devices, device)]}{i}", Device: device, At: DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()), Value: 100 + i % 7 * 10 + random.Next(0, 3))).ToList();
        var counts = entries.GroupBy(entry => (entry.Device, entry.At.UtcDateTime.Date)).ToDictionary(same => same.Key, same => same.Count());
        (int, string, DateTimeOffset, string) Rank((string Id, string Device, DateTimeOffset At, int Value) entry) => (-counts[(entry.Device, entry.At.UtcDateTime.Date)], entry.Device, entry.At, entry.Id);
        var losers = entries.Where(entry => entries.Exists(other => other.Device != entry.Device && (other.At - entry.At).Duration() <= TimeSpan.FromSeconds(150)
            && Math.Abs(other.Value - entry.Value) <= 1 && Comparer<(int, string, DateTimeOffset, string)>.Default.Compare(Rank(other), Rank(entry)) < 0)).Select(entry => entry.Id).ToList();

        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. entries.Select(entry => Sgv(entry.Id, entry.At, entry.Value, entry.Device))]);
        await _world.SummariseAsync();

        Assert.That(losers, Has.Count.GreaterThan(100));
        Assert.That(await _world.QueryAsync<string>("select id from openaps.duplicate_entry where participant_id = @id", participant), Is.EquivalentTo(losers));
        Assert.That(await _world.QueryAsync<string>("select canonical_id from openaps.duplicate_entry where participant_id = @id", participant), Is.Not.Empty.And.None.AnyOf([.. losers]), "what stands for others stands");
    }

    async Task<string> DuplicatesAsync(params string[] lines)
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", lines);
        await _world.SummariseAsync();
        return await FoundAsync(participant);
    }

    async Task<string> FoundAsync(Register.Participant participant) =>
        string.Join(' ', await _world.QueryAsync<string>("select id || '->' || canonical_id from openaps.duplicate_entry where participant_id = @id order by id", participant));
}
