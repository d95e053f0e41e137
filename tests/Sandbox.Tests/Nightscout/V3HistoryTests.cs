using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>What is written through v3, and how it shows there and on v1.</summary>
sealed class V3HistoryTests
{
    const long Start = 946684800001;

    SiteWorld _world = null!;
    string _jwt = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await SiteWorld.StartAsync();
        _jwt = await _world.JwtAsync();
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    SiteRecords Treatments => _world.Site.Treatments;

    [Test]
    public void A_write_is_stamped_by_the_server()
    {
        var identifier = Treatments.WriteV3("""{"date":1795226000123.75,"eventType":"Note","device":"phone"}""");

        var stored = Only(Treatments);
        var now = _world.Now.ToUnixTimeMilliseconds();
        Assert.That(((long)stored["date"]!, (string)stored["created_at"]!, (int)stored["utcOffset"]!),
            Is.EqualTo((1795226000123, "2026-11-21T01:53:20.123Z", 0)));
        Assert.That(((long)stored["srvCreated"]!, (long)stored["srvModified"]!, (string)stored["subject"]!), Is.EqualTo((now, now, "aaps")));
        Assert.That((string)stored["identifier"]!, Is.EqualTo(identifier));
        Assert.That(identifier, Does.Match("^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
    }

    [Test]
    public void The_same_identifier_is_the_same_record_and_keeps_its_id_and_creation()
    {
        Treatments.WriteV3("""{"identifier":"i","date":1795226000000,"notes":"a","extra":1}""");
        var first = Only(Treatments);
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        Treatments.WriteV3("""{"identifier":"i","date":1795220000000,"notes":"b"}""", subject: "phone");

        var second = Only(Treatments);
        Assert.That(((string)second["_id"]!, (long)second["srvCreated"]!), Is.EqualTo(((string)first["_id"]!, (long)first["srvCreated"]!)));
        Assert.That(((string)second["notes"]!, (string)second["subject"]!, second.ContainsKey("extra")), Is.EqualTo(("b", "phone", false)));
        Assert.That((long)second["srvModified"]!, Is.EqualTo(_world.Now.ToUnixTimeMilliseconds()));
    }

    [Test]
    public void A_record_of_v1_that_looks_the_same_is_taken_over_under_its_id()
    {
        var ids = new[]
        {
            _world.Site.Entries.Insert("""{"date":1795226000000,"type":"sgv","sgv":100}"""),
            Treatments.Insert("""{"created_at":"2026-11-21T01:53:20.000Z","eventType":"Note"}"""),
            _world.Site.DeviceStatus.Insert("""{"created_at":"2026-11-21T01:53:20.000Z","device":"phone"}"""),
        };

        _world.Site.Entries.WriteV3("""{"identifier":"i","date":1795226000000,"type":"sgv","sgv":101}""");
        Treatments.WriteV3("""{"identifier":"i","date":1795226000000,"eventType":"Note"}""");
        _world.Site.DeviceStatus.WriteV3("""{"identifier":"i","date":1795226000000,"device":"phone"}""");

        Assert.That(new[] { _world.Site.Entries, Treatments, _world.Site.DeviceStatus }.Select(records => (string)Only(records)["_id"]!), Is.EqualTo(ids));
        Assert.That(((string)Only(Treatments)["identifier"]!, (int)Only(_world.Site.Entries)["sgv"]!), Is.EqualTo(("i", 101)));
    }

    [Test]
    public void Records_with_other_identifiers_are_never_taken_for_one()
    {
        Treatments.WriteV3("""{"identifier":"i","date":1795226000000,"eventType":"Note"}""");
        Treatments.WriteV3("""{"identifier":"j","date":1795226000000,"eventType":"Note"}""");

        Assert.That(Treatments.Count, Is.EqualTo(2));
    }

    [Test]
    public void An_edit_changes_its_fields_only_and_a_deletion_keeps_them_all()
    {
        var id = Treatments.Insert("""{"created_at":"2026-11-21T01:53:20.000Z","carbs":10,"notes":"half \ud83d"}""");
        _world.Clock.Now += TimeSpan.FromMinutes(1);

        var edited = Treatments.EditV3(id, """{"carbs":20}""", subject: "phone");
        var deleted = Treatments.DeleteV3(id);

        var now = _world.Now.ToUnixTimeMilliseconds();
        Assert.That((edited, deleted, Treatments.EditV3(id, "{}"), Treatments.DeleteV3("unknown")), Is.EqualTo((true, true, false, false)));
        Assert.That(Encoding.UTF8.GetString(Treatments.All.Single().Span), Is.EqualTo(
            """{"created_at":"2026-11-21T01:53:20.000Z","carbs":20,"notes":"half \ud83d","_id":"ID","srvModified":NOW,"modifiedBy":"aaps","isValid":false}"""
                .Replace("ID", id).Replace("NOW", $"{now}")));
    }

    [Test]
    public async Task History_has_what_v3_wrote_edited_and_deleted_and_nothing_of_v1()
    {
        Treatments.Insert("""{"created_at":"2026-11-21T01:53:20.000Z","eventType":"Note"}""");
        var edited = Write(1);
        var deleted = Write(2);
        Treatments.EditV3(edited, """{"notes":"b"}""");
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        Treatments.DeleteV3(deleted);

        var history = await HistoryAsync($"{Start}");

        Assert.That(history.Select(record => (string)record!["identifier"]!), Is.EqualTo(new[] { edited, deleted }));
        Assert.That(((string)history[0]!["notes"]!, (bool)history[1]!["isValid"]!, (int)history[1]!["n"]!), Is.EqualTo(("b", false, 2)));
        Assert.That(history[0]!.AsObject().ContainsKey("_id"), Is.False);
    }

    [Test]
    public async Task History_is_strictly_after_the_value_so_a_full_page_may_cut_a_millisecond_in_two()
    {
        foreach (var n in Enumerable.Range(1, 3))
            Write(n); // the clock stands still

        var page = await HistoryAsync($"{Start}?limit=2");
        var rest = await HistoryAsync($"{(long)page[^1]!["srvModified"]!}?limit=2");
        var again = await HistoryAsync($"{(long)page[^1]!["srvModified"]! - 1}");

        Assert.That((page.Count, rest.Count, again.Count), Is.EqualTo((2, 0, 3)));
    }

    [Test]
    public async Task History_is_told_by_ETag_and_Last_Modified_unless_it_is_empty()
    {
        Write(1);
        var now = _world.Now.ToUnixTimeMilliseconds();

        using var some = await GetAsync($"treatments/history/{Start}");
        using var none = await GetAsync($"treatments/history/{now}");

        Assert.That((some.Headers.ETag!.ToString(), some.Content.Headers.LastModified), Is.EqualTo(($"W/\"{now}\"", (DateTimeOffset?)_world.Now)));
        Assert.That((await none.TextAsync(), none.Content.Headers.LastModified), Is.EqualTo(("""{"status":200,"result":[]}""", (DateTimeOffset?)null)));
    }

    [Test]
    public async Task History_takes_ISO_and_seconds_and_by_header_the_whole_second()
    {
        _world.Clock.Now += TimeSpan.FromMilliseconds(300);
        Write(1);

        Assert.That(await HistoryAsync(SiteWorld.Iso(_world.Now.AddMilliseconds(-1))), Has.Count.EqualTo(1));
        Assert.That(await HistoryAsync(SiteWorld.Iso(_world.Now)), Is.Empty);
        Assert.That(await HistoryAsync($"{_world.Now.ToUnixTimeSeconds()}"), Has.Count.EqualTo(1));
        using var content = new ByteArrayContent([]) { Headers = { LastModified = _world.Now } }; // HttpClient knows this header only beside a body
        using var byHeader = await _world.SendAsync(HttpMethod.Get, "api/v3/treatments/history", content, ("Authorization", $"Bearer {_jwt}"));
        Assert.That((await byHeader.JsonAsync())["result"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [TestCase("treatments/history/0")]
    [TestCase("treatments/history/900000000")]
    [TestCase("treatments/history/yesterday")]
    [TestCase("treatments/history")]
    [TestCase("treatments/history/946684800001?limit=0")]
    [TestCase("treatments/history/946684800001?limit=1001")]
    public async Task History_of_no_time_or_no_limit_is_refused(string path)
    {
        using var answer = await GetAsync(path);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_write_again_revives_a_deleted_record()
    {
        var identifier = Write(1);
        Treatments.DeleteV3(identifier);
        Write(1);

        using var read = await GetAsync($"treatments/{identifier}");

        Assert.That((read.StatusCode, Treatments.Count), Is.EqualTo((HttpStatusCode.OK, 1)));
    }

    [Test]
    public async Task An_edit_or_deletion_through_v1_is_not_in_history()
    {
        Write(1);
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        var since = _world.Now.AddSeconds(-1).ToUnixTimeMilliseconds();
        var record = Only(Treatments);
        record["notes"] = "edited on the page";
        using var edit = new StringContent(record.ToJsonString(), Encoding.UTF8, "application/json");
        using var put = await _world.SendAsync(HttpMethod.Put, "api/v1/treatments", edit, ("api-secret", _world.Site.ApiSecretHash));
        var afterEdit = await HistoryAsync($"{since}");
        using var delete = await _world.SendAsync(
            HttpMethod.Delete, $"api/v1/treatments/{record["_id"]}", content: null, ("api-secret", _world.Site.ApiSecretHash));

        Assert.That((put.StatusCode, delete.StatusCode, Treatments.Count), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK, 0)));
        Assert.That((afterEdit.Count, (await HistoryAsync($"{Start}")).Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task On_v1_deleted_records_come_from_the_database_but_not_from_memory()
    {
        var (kept, deleted) = (Write(1), Write(2));
        Treatments.DeleteV3(deleted);

        var memory = await _world.ListAsync("treatments.json?count=1");
        var database = await _world.ListAsync("treatments.json?find[created_at][$exists]=1");
        var moreThanMemory = await _world.ListAsync("treatments.json?count=2");

        Assert.That(memory.Select(record => (string)record!["identifier"]!), Is.EqualTo(new[] { kept }));
        Assert.That(database.Select(record => (bool?)record!["isValid"]), Is.EquivalentTo(new bool?[] { null, false }));
        Assert.That(moreThanMemory, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_generated_site_has_a_history_of_what_it_never_stored()
    {
        var site = _world.Sandbox.Sites.Add(Synthetic.Generated(Uploader.Aaps, 9, new(2023, 11, 22), new(2026, 11, 21)));
        using var http = new HttpClient { BaseAddress = _world.Sandbox.Sites.UrlOf(site) };
        var authorized = JsonNode.Parse(await http.GetStringAsync($"api/v2/authorization/request/{site.AddToken()}"))!;
        http.DefaultRequestHeaders.Authorization = new("Bearer", (string)authorized["token"]!);
        var since = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

        var history = JsonNode.Parse(await http.GetStringAsync($"api/v3/entries/history/{since}?limit=100"))!["result"]!.AsArray();

        Assert.That(history.Select(record => (long)record!["srvModified"]!), Is.Ordered.And.All.GreaterThan(since));
        Assert.That(history, Has.Count.EqualTo(100));
    }

    string Write(int n) => Treatments.WriteV3($$"""{"n":{{n}},"date":{{_world.Now.AddMinutes(-n).ToUnixTimeMilliseconds()}},"identifier":"i{{n}}"}""");

    Task<HttpResponseMessage> GetAsync(string path, params (string, string)[] headers) =>
        _world.GetAsync($"api/v3/{path}", [("Authorization", $"Bearer {_jwt}"), .. headers]);

    async Task<JsonArray> HistoryAsync(string since)
    {
        using var answer = await GetAsync($"treatments/history/{since}");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return (await answer.JsonAsync())["result"]!.AsArray();
    }

    static JsonObject Only(SiteRecords records) => JsonNode.Parse(records.All.Single().Span)!.AsObject();
}
