using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class WriteTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SiteWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Writing_needs_the_secret()
    {
        using var answer = await _world.SendAsync(HttpMethod.Post, "api/v1/entries.json", Json("""{"date":1}"""));

        Assert.That((answer.StatusCode, _world.Site.Entries.Count), Is.EqualTo((HttpStatusCode.Unauthorized, 0)));
    }

    [Test]
    public async Task A_careportal_token_writes_treatments_only()
    {
        var token = _world.Site.AddToken("nurse", "careportal");

        using var treatment = await _world.SendAsync(HttpMethod.Post, $"api/v1/treatments?token={token}", Json("""{"eventType":"Note"}"""));
        using var entry = await _world.SendAsync(HttpMethod.Post, $"api/v1/entries?token={token}", Json("""{"date":1}"""));

        Assert.That((treatment.StatusCode, entry.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Entries_of_one_moment_and_type_merge_and_keep_their_id()
    {
        var first = await WriteAsync("entries",
            """[{"type":"sgv","sgv":100,"device":"a","noise":1,"date":1795226000000,"dateString":"2026-11-21T11:53:20+01:00"}]""");
        var second = await WriteAsync("entries", """{"type":"sgv","sgv":101,"device":"b","date":1795226000000,"dateString":"2026-11-21T10:53:20Z"}""");

        var stored = Only(_world.Site.Entries);
        Assert.That((string)first[0]!["_id"]!, Is.EqualTo((string)second[0]!["_id"]!));
        Assert.That(((int)stored["sgv"]!, (string)stored["device"]!, (int)stored["noise"]!), Is.EqualTo((101, "b", 1)));
        Assert.That(((string)first[0]!["dateString"]!, (string)first[0]!["sysTime"]!, (int)first[0]!["utcOffset"]!),
            Is.EqualTo(("2026-11-21T10:53:20.000Z", "2026-11-21T10:53:20.000Z", 60)));
    }

    [Test]
    public async Task Created_at_becomes_UTC_with_its_offset_beside_it()
    {
        await WriteAsync("devicestatus", """{"created_at":"2026-11-21T04:00:00-08:00"}""");

        var stored = Only(_world.Site.DeviceStatus);
        Assert.That(((string)stored["created_at"]!, (int)stored["utcOffset"]!), Is.EqualTo(("2026-11-21T12:00:00.000Z", -480)));
    }

    [TestCase("{}", "2026-11-21T12:00:00.000Z")]
    [TestCase("""{"created_at":"garbage"}""", "2026-11-21T12:00:00.000Z")]
    [TestCase("""{"created_at":1795226000}""", "1970-01-21T18:40:26.000Z")]
    public async Task A_created_at_that_is_none_becomes_now_and_seconds_become_1970(string record, string expected)
    {
        await WriteAsync("treatments", record);

        Assert.That((string)Only(_world.Site.Treatments)["created_at"]!, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_treatment_of_one_moment_and_type_replaces_the_first()
    {
        await WriteAsync("treatments", """{"eventType":"Note","notes":"one","created_at":"2026-11-21T12:00:00Z","carbs":0,"extra":1}""");
        await WriteAsync("treatments", """{"eventType":"Note","notes":"two","created_at":"2026-11-21T12:00:00.000Z"}""");

        var stored = Only(_world.Site.Treatments);
        Assert.That(((string)stored["notes"]!, stored.ContainsKey("extra"), stored.ContainsKey("carbs")), Is.EqualTo(("two", false, false)));
    }

    [Test]
    public async Task An_identifier_replaces_across_times()
    {
        await WriteAsync("treatments", """{"identifier":"i","eventType":"Note","created_at":"2026-11-21T12:00:00Z"}""");
        await WriteAsync("treatments", """{"identifier":"i","eventType":"Note","created_at":"2026-10-21T12:00:00Z"}""");

        Assert.That((string)Only(_world.Site.Treatments)["created_at"]!, Is.EqualTo("2026-10-21T12:00:00.000Z"));
    }

    [Test]
    public async Task A_PUT_may_move_a_treatment_by_months_and_its_id_stays()
    {
        var id = (string)(await WriteAsync("treatments", """{"eventType":"Note","created_at":"2026-11-21T12:00:00Z"}"""))[0]!["_id"]!;

        await WriteAsync("treatments", $$"""{"_id":"{{id}}","eventType":"Note","created_at":"2026-08-01T12:00:00Z"}""", HttpMethod.Put);

        var stored = Only(_world.Site.Treatments);
        Assert.That(((string)stored["_id"]!, (string)stored["created_at"]!), Is.EqualTo((id, "2026-08-01T12:00:00.000Z")));
    }

    [TestCase("15.0.7", true)]
    [TestCase("15.0.6", false)]
    public async Task A_UUID_moves_to_identifier_since_15_0_7(string version, bool moves)
    {
        const string uuid = "0B7A1F2E-5A4D-4BC0-9E00-000000000001";
        _world.Site.Options = _world.Site.Options with { Version = version };

        await WriteAsync("treatments", $$"""{"_id":"{{uuid}}","eventType":"Note"}""");

        var stored = Only(_world.Site.Treatments);
        Assert.That((string?)stored[moves ? "identifier" : "_id"], Is.EqualTo(uuid));
        Assert.That((string)stored["_id"]!, moves ? Does.Match("^[0-9a-f]{24}$") : Is.EqualTo(uuid));
    }

    [Test]
    public async Task A_retried_device_status_is_a_duplicate()
    {
        await WriteAsync("devicestatus", """{"device":"a","created_at":"2026-11-21T12:00:00Z"}""");
        await WriteAsync("devicestatus", """{"device":"a","created_at":"2026-11-21T12:00:00Z"}""");

        Assert.That(_world.Site.DeviceStatus.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task A_DELETE_leaves_no_trace()
    {
        var id = _world.Site.Entries.Insert("""{"date":1}""");

        using var answer = await _world.SendAsync(HttpMethod.Delete, $"api/v1/entries/{id}", content: null, ("api-secret", _world.Site.ApiSecretHash));

        Assert.That((answer.StatusCode, _world.Site.Entries.Count), Is.EqualTo((HttpStatusCode.OK, 0)));
    }

    [Test]
    public async Task In_process_writes_are_stored_as_they_are()
    {
        var id = _world.Site.Treatments.Insert("""{"created_at":"2026-11-21T04:00:00-08:00","notes":"a"}""");
        var replaced = _world.Site.Treatments.Replace(id, """{"created_at":"2026-11-21T04:00:00-08:00","notes":"b"}""");

        var listed = (await _world.ListAsync("treatments.json?find[created_at][$exists]=1")).Single()!;
        Assert.That((replaced, (string)listed["_id"]!, (string)listed["notes"]!, (string)listed["created_at"]!),
            Is.EqualTo((true, id, "b", "2026-11-21T04:00:00-08:00")));
        Assert.That((_world.Site.Treatments.Delete(id), _world.Site.Treatments.Delete(id), _world.Site.Treatments.Replace(id, "{}")),
            Is.EqualTo((true, false, false)));
    }

    [Test]
    public void Owners_prune_what_is_old_by_whatever_form_of_time_it_has()
    {
        var limit = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
        foreach (var json in new[]
        {
            """{"n":1,"created_at":"2026-11-20T11:59:59.999Z"}""",
            """{"n":2,"created_at":"2026-11-20T12:30:00+01:00"}""",
            """{"n":3,"created_at":1000}""",
            """{"n":4,"created_at":"2026-11-20T12:00:00.000Z"}""",
            """{"n":5}""",
        })
            _world.Site.DeviceStatus.Insert(json);

        Assert.That((_world.Site.DeviceStatus.DeleteBefore(limit), _world.Site.DeviceStatus.DeleteBefore(limit)), Is.EqualTo((3, 0)));
        Assert.That(_world.Site.DeviceStatus.All.Select(json => (int)JsonNode.Parse(json.Span)!["n"]!), Is.EqualTo(new[] { 5, 4 }));
    }

    async Task<JsonArray> WriteAsync(string collection, string json, HttpMethod? method = null)
    {
        using var answer = await _world.SendAsync(method ?? HttpMethod.Post, $"api/v1/{collection}", Json(json), ("api-secret", _world.Site.ApiSecretHash));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return (await answer.JsonAsync()).AsArray();
    }

    static StringContent Json(string json) => new(json, new MediaTypeHeaderValue("application/json"));

    static JsonObject Only(SiteRecords records) => JsonNode.Parse(records.All.Single().Span)!.AsObject();
}
