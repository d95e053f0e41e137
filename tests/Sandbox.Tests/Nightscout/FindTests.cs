using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class FindTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SiteWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("find[date][$gte]=1000&find[date][$lt]=2000", "a b")]
    [TestCase("find[date][$gt]=1000&find[date][$lte]=2000", "b c")]
    [TestCase("find[date][$eq]=1000", "a")]
    [TestCase("find[date]=2000", "c")]
    [TestCase("find[date][$ne]=2000", "text a b")]
    [TestCase("find[date][$exists]=1", "text a b c")]
    [TestCase("find[dateString][$exists]=false", "")]
    [TestCase("find[n][$exists]=false&find[date][$exists]=1", "text a b c")]
    [TestCase("find[date][$in][]=1000&find[date][$in][]=2000", "a c")]
    [TestCase("find[date][$nin][]=1000&find[date][$nin][]=2000", "text b")]
    [TestCase("find[date][$gte]=2000-01-01", "c")]
    [TestCase("find[date]=1500", "")]
    [TestCase("find[$or][0][date][$gte]=0&find[dateString][$ne]=x", "text")]
    public async Task Entries_are_found_by_date_as_a_number(string find, string expected)
    {
        Insert("""{"n":"a","date":1000}""", """{"n":"b","date":1500.123}""", """{"n":"c","date":2000}""", """{"n":"text","date":"1700"}""");

        Assert.That((await _world.ValuesAsync($"entries.json?count=99&{find}")).Order(),
            Is.EqualTo(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order()));
    }

    [TestCase("find[created_at][$gte]=2026-11-20T00:00:00.000Z&find[created_at][$lt]=2026-11-21T00:00:00Z", "utc local")]
    [TestCase("find[created_at][$gte]=2026-11-20T13:00:00%2B13:00", "utc local words")]
    [TestCase("find[created_at][$gte]=2026-11-20T13:00:00 13:00", "utc local words")]
    [TestCase("find[created_at][$gte]=2026-11-20", "utc local words")]
    [TestCase("find[created_at][$gte]=2026-11-21T00:00:00Z", "words")]
    [TestCase("find[created_at][$gte]=1795000000000", "utc local words")]
    [TestCase("find[created_at][$eq]=2026-11-20T10:00:00Z", "utc")]
    [TestCase("find[created_at][$exists]=1", "utc local words number")]
    [TestCase("find[$nor][0][created_at][$gte]=0&find[dateString][$ne]=x", "number missing")]
    public async Task Treatments_are_found_by_created_at_as_text(string find, string expected)
    {
        foreach (var json in new[]
        {
            """{"n":"utc","created_at":"2026-11-20T10:00:00.000Z"}""",
            """{"n":"local","created_at":"2026-11-20T20:30:00-08:00"}""",
            """{"n":"words","created_at":"Fri Nov 20 2026 10:00:00 GMT+0000 (UTC)"}""",
            """{"n":"number","created_at":1795000000000}""",
            """{"n":"missing"}""",
        })
            _world.Site.Treatments.Insert(json);

        Assert.That((await _world.ValuesAsync($"treatments.json?{find}")).Order(), Is.EqualTo(expected.Split(' ').Order()));
    }

    [Test]
    public async Task The_default_list_misses_a_created_at_that_is_a_number()
    {
        _world.Site.DeviceStatus.Insert($$"""{"n":"number","created_at":{{_world.Now.ToUnixTimeMilliseconds()}}}""");
        _world.Site.DeviceStatus.Insert($$"""{"n":"text","created_at":"{{SiteWorld.Iso(_world.Now)}}"}""");

        Assert.That(await _world.ValuesAsync("devicestatus.json"), Is.EqualTo(new[] { "text" }));
    }

    [TestCase("find[insulin][$gte]=0.5", "small large")]
    [TestCase("find[notes]=/PIZZA/i", "large")]
    [TestCase("find[notes]=/PIZZA/", "")]
    [TestCase("find[eventType]=Meal Bolus", "small large")]
    [TestCase("find[boluscalc.carbs][$exists]=1", "large")]
    [TestCase("find[duration][$gte]=1", "")]
    public async Task Listed_fields_are_coerced_and_others_are_not(string find, string expected)
    {
        foreach (var json in new[]
        {
            """{"n":"small","insulin":0.1,"eventType":"Meal Bolus","duration":30}""",
            """{"n":"large","insulin":5,"eventType":"Meal Bolus","notes":"pizza again","boluscalc":{"carbs":3}}""",
            """{"n":"text","insulin":"5"}""",
        })
            _world.Site.Treatments.Insert(JsonNode.Parse(json)!.AsObject().Dated(_world.Now));

        Assert.That((await _world.ValuesAsync($"treatments.json?{find}")).Order(),
            Is.EqualTo(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order()));
    }

    [TestCase("15.0.7", "b c")]
    [TestCase("15.0.3", "")]
    public async Task Ids_compare_only_since_15_0_7(string version, string expected)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };
        Insert("""{"_id":"00000000000000000000000a","n":"a","date":1}""", """{"_id":"00000000000000000000000b","n":"b","date":2}""",
            """{"_id":"00000000000000000000000c","n":"c","date":3}""");

        Assert.That((await _world.ValuesAsync("entries.json?find[_id][$gt]=00000000000000000000000a&sort[_id]=1")).Order(),
            Is.EqualTo(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(await _world.ValuesAsync("entries.json?find[_id]=00000000000000000000000b"), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task An_id_finds_its_record_on_every_version_however_old_it_is(
        [Values("0.12.8", "14.2.6", "15.0.3", "15.0.7")] string version,
        [Values("00000000000000000000000a", "0b7a1f2e-5a4d-4bc0-9e00-000000000001")] string id,
        [Values("entries", "treatments", "devicestatus")] string collection)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };
        foreach (var records in new[] { _world.Site.Entries, _world.Site.Treatments, _world.Site.DeviceStatus })
        {
            records.Insert($$"""{"_id":"{{id}}","n":"old","date":1000,"created_at":"2001-01-01T00:00:00.000Z"}""");
            records.Insert(JsonNode.Parse($$"""{"n":"new","date":{{_world.Now.ToUnixTimeMilliseconds()}}}""")!.AsObject().Dated(_world.Now));
        }

        Assert.That(await _world.ValuesAsync($"{collection}.json?count=5&find[_id]={id}"), Is.EqualTo(new[] { "old" }));
        Assert.That(await _world.ValuesAsync($"{collection}.json?count=5&find[_id]=00000000000000000000000f"), Is.Empty);
    }

    [TestCase("15.0.7", "a b")]
    [TestCase("15.0.6", "")]
    [TestCase("14.2.6", "")]
    public async Task A_set_of_ids_finds_only_since_15_0_7(string version, string expected)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };
        foreach (var n in "abc")
            _world.Site.Treatments.Insert($$"""{"_id":"00000000000000000000000{{n}}","n":"{{n}}","created_at":"2001-01-01T00:00:00.000Z"}""");

        Assert.That((await _world.ValuesAsync("treatments.json?find[_id][$in][]=00000000000000000000000a&find[_id][$in][]=00000000000000000000000b")).Order(),
            Is.EqualTo(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(await _world.ValuesAsync("treatments.json?find[_id][$ne]=x"), Has.Length.EqualTo(3), "no id is that text");
    }

    [TestCase("14.2.6", "find[created_at][$gte]=garbage", 500, "{\"error\":{\"message\":\"Cannot parse garbage")]
    [TestCase("0.12.8", "find[created_at][$gte]=garbage", 500, "{\"error\":{\"message\":\"Cannot parse garbage")]
    [TestCase("0.12.8", "find[created_at]=2026-11-20T10:00:00Z", 500, "{\"error\":")]
    [TestCase("15.0.7", "find[created_at][$gte]=garbage", 200, "null")]
    [TestCase("15.0.7", "find[created_at]=2026-11-20T10:00:00Z", 200, "null")]
    [TestCase("15.0.7", "find[created_at][$near]=2026-11-20", 200, "null")]
    [TestCase("15.0.3", "find[created_at][$near]=2026-11-20", 200, "")]
    [TestCase("0.12.8", "find[created_at][$near]=2026-11-20", 200, "null")]
    [TestCase("15.0.3", "find[created_at][$gte]=garbage", 500, "{\"error\":{\"message\":\"Cannot parse garbage")]
    public async Task A_bad_find_fails_as_the_version_does(string version, string find, int status, string start)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };

        using var answer = await _world.GetAsync($"api/v1/treatments.json?{find}");

        Assert.That((int)answer.StatusCode, Is.EqualTo(status));
        Assert.That(await answer.TextAsync(), start == "" ? Is.Empty : Does.StartWith(start));
    }

    [Test]
    public async Task On_entries_a_bad_find_is_a_Mongo_error()
    {
        using var answer = await _world.GetAsync("api/v1/entries.json?find[sgv][$near]=1");

        Assert.That((answer.StatusCode, (string)(await answer.JsonAsync())["message"]!), Is.EqualTo((HttpStatusCode.InternalServerError, "Mongo Error")));
    }

    void Insert(params string[] entries)
    {
        foreach (var json in entries)
            _world.Site.Entries.Insert(json);
    }
}

static class Dating
{
    public static JsonObject Dated(this JsonObject record, DateTimeOffset at)
    {
        record["created_at"] = SiteWorld.Iso(at);
        return record;
    }
}
