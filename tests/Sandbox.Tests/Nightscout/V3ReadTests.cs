using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class V3ReadTests
{
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

    [TestCase("status")]
    [TestCase("lastModified")]
    [TestCase("entries")]
    [TestCase("entries/history/946684800001")]
    [TestCase("treatments/some-identifier")]
    public async Task Nobody_may_do_anything_without_a_JWT_even_on_a_readable_site(string path)
    {
        using var nobody = await _world.GetAsync($"api/v3/{path}");
        using var token = await _world.GetAsync($"api/v3/{path}?token={_world.Site.AddToken("b")}");
        using var raw = await _world.GetAsync($"api/v3/{path}", ("Authorization", $"Bearer {_world.Site.AddToken("c")}"));

        Assert.That((nobody.StatusCode, token.StatusCode, raw.StatusCode),
            Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
        Assert.That(await nobody.TextAsync(), Is.EqualTo("""{"status":401,"message":"Missing or bad access token or JWT"}"""));
        Assert.That(await raw.TextAsync(), Is.EqualTo("""{"status":401,"message":"Bad access token or JWT"}"""));
    }

    [TestCase("14.2.6", HttpStatusCode.OK)]
    [TestCase("15.0.0", HttpStatusCode.Unauthorized)]
    [TestCase("0.12.8", HttpStatusCode.NotFound)]
    public async Task A_token_in_the_query_was_enough_before_15(string version, HttpStatusCode expected)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };

        using var answer = await _world.GetAsync($"api/v3/entries?token={_world.Site.AddToken("b")}");

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_right_that_is_missing_is_named()
    {
        _world.Site.Options = _world.Site.Options with { DefaultRole = "denied" };
        var jwt = await _world.JwtAsync(_world.Site.AddToken("nurse", "careportal"));

        using var answer = await _world.GetAsync("api/v3/entries", ("Authorization", $"Bearer {jwt}"));

        Assert.That((answer.StatusCode, await answer.TextAsync()),
            Is.EqualTo((HttpStatusCode.Forbidden, """{"status":403,"message":"Missing permission api:entries:read"}""")));
    }

    [Test]
    public async Task Version_is_for_everybody_and_status_tells_the_rights()
    {
        var version = (await (await _world.GetAsync("api/v3/version")).JsonAsync())["result"]!;
        var status = await ResultAsync("status");

        Assert.That(((string)version["version"]!, (long)version["srvDate"]!), Is.EqualTo(("15.0.7", _world.Now.ToUnixTimeMilliseconds())));
        Assert.That(status["apiPermissions"]!.ToJsonString(),
            Is.EqualTo("""{"devicestatus":"r","entries":"r","food":"r","profile":"r","treatments":"r"}"""));
    }

    [Test]
    public async Task There_is_no_activity_and_no_page_for_it()
    {
        using var answer = await GetAsync("activity");

        Assert.That((answer.StatusCode, await answer.TextAsync()),
            Is.EqualTo((HttpStatusCode.NotFound, """{"status":404,"message":"Bad operation or collection"}""")));
    }

    [Test]
    public async Task LastModified_is_the_newest_change_or_event()
    {
        _world.Site.Entries.Insert("""{"date":1795226000000,"type":"sgv"}""");
        _world.Site.Treatments.Insert("""{"created_at":"2030-01-01T00:00:00.000Z"}""");
        _world.Site.Treatments.Insert("""{"created_at":"2026-01-01T00:00:00.000Z","srvModified":1795226000000}""");
        _world.Site.Profiles.WriteV3("""{"date":1700000000000}""");

        var result = await ResultAsync("lastModified");

        Assert.That((long)result["srvDate"]!, Is.EqualTo(_world.Now.ToUnixTimeMilliseconds()));
        Assert.That(result["collections"]!.ToJsonString(),
            Is.EqualTo($$"""{"entries":1795226000000,"profile":{{_world.Now.ToUnixTimeMilliseconds()}},"treatments":1893456000000}"""));
    }

    [Test]
    public async Task A_record_of_v1_is_called_by_its_id_and_its_times_are_made_up()
    {
        var id = _world.Site.Treatments.Insert("""{"_id":"a1","created_at":"2026-11-20T10:00:00Z","notes":"a"}""");

        var text = await (await GetAsync("treatments")).TextAsync();
        var read = await ResultAsync($"treatments/{id}");

        Assert.That(text, Is.EqualTo("""
            {"status":200,"result":[{"created_at":"2026-11-20T10:00:00Z","notes":"a","identifier":"a1","srvModified":1795168800000,"srvCreated":1795168800000}]}
            """));
        Assert.That((string)read["notes"]!, Is.EqualTo("a"));
    }

    [TestCase("date$gte=1795226001000", "b c")]
    [TestCase("date$gte=1795226001", "b c")]
    [TestCase("date$gte=2026-11-21T01:53:22Z", "c")]
    [TestCase("date$gt=1795226001000&date$lt=1795226002000", "a b", TestName = "The last of two conditions on a field is the only one")]
    [TestCase("n=b", "b")]
    [TestCase("n$ne=b", "a c")]
    [TestCase("n$in=a|c", "a c")]
    [TestCase("n$nin=a|c", "b")]
    [TestCase("n$re=[ab]", "a b")]
    [TestCase("sgv=100", "a")]
    [TestCase("sgv='100'", "")]
    [TestCase("sgv$in=100|101", "")]
    [TestCase("flag=true", "c")]
    [TestCase("count=5", "")]
    [TestCase("sort$desc=date&limit=2", "c b")]
    [TestCase("sort=n&skip=1&limit=1", "b")]
    [TestCase("isValid=false", "a b c")]
    public async Task Search_knows_its_own_operators(string query, string expected)
    {
        _world.Site.Entries.Insert("""{"n":"a","date":1795226000000,"sgv":100}""");
        _world.Site.Entries.Insert("""{"n":"b","date":1795226001000,"sgv":101}""");
        _world.Site.Entries.Insert("""{"n":"c","date":1795226002000,"flag":true}""");
        _world.Site.Entries.Insert("""{"n":"d","date":1795226003000,"isValid":false}""");

        var found = await ResultAsync($"entries?{query}");

        Assert.That(string.Join(' ', found.AsArray().Select(record => record!["n"])), Is.EqualTo(expected));
    }

    [TestCase("limit=0")]
    [TestCase("limit=1001")]
    [TestCase("limit=many")]
    [TestCase("skip=few")]
    [TestCase("sort=date&sort$desc=date")]
    [TestCase("date$near=1")]
    public async Task A_bad_parameter_is_refused(string query)
    {
        using var answer = await GetAsync($"entries?{query}");

        Assert.That(((int)answer.StatusCode, (int)(await answer.JsonAsync())["status"]!), Is.EqualTo((400, 400)));
    }

    [Test]
    public async Task At_most_a_thousand_come_and_those_of_v1_first()
    {
        _world.AddEntries(1100, TimeSpan.FromMinutes(5));
        var identifier = _world.Site.Entries.WriteV3("""{"type":"sgv","date":1000000000000}""");

        var first = (await ResultAsync("entries")).AsArray();
        var rest = (await ResultAsync("entries?skip=1000")).AsArray();

        Assert.That((first.Count, rest.Count, (string)rest[^1]!["identifier"]!), Is.EqualTo((1000, 101, identifier)));
    }

    [Test]
    public async Task Fields_may_be_only_the_identifier()
    {
        var id = _world.Site.DeviceStatus.Insert("""{"created_at":"2026-11-20T10:00:00.000Z"}""");

        Assert.That((await ResultAsync("devicestatus?fields=identifier")).ToJsonString(), Is.EqualTo($$"""[{"identifier":"{{id}}"}]"""));
        Assert.That((await ResultAsync("devicestatus?fields=_all")).AsArray().Single()!.AsObject(), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_deleted_record_is_hidden_and_gone_and_an_unknown_one_not_found()
    {
        var identifier = _world.Site.Treatments.WriteV3("""{"date":1795226000000,"eventType":"Note"}""");
        using var before = await GetAsync($"treatments/{identifier}");
        _world.Site.Treatments.DeleteV3(identifier);

        using var gone = await GetAsync($"treatments/{identifier}");
        using var unknown = await GetAsync("treatments/unknown");

        Assert.That((before.StatusCode, gone.StatusCode, unknown.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Gone, HttpStatusCode.NotFound)));
        Assert.That((await ResultAsync("treatments")).AsArray(), Is.Empty);
    }

    [Test]
    public async Task A_record_that_did_not_change_since_is_not_sent()
    {
        var identifier = _world.Site.Treatments.WriteV3("""{"date":1795226000000,"eventType":"Note"}""");
        using var read = await GetAsync($"treatments/{identifier}");

        using var same = await GetAsync($"treatments/{identifier}", ("If-Modified-Since", read.Content.Headers.LastModified!.Value.ToString("R")));
        _world.Clock.Now += TimeSpan.FromSeconds(5);
        _world.Site.Treatments.EditV3(identifier, """{"notes":"b"}""");
        using var changed = await GetAsync($"treatments/{identifier}", ("If-Modified-Since", read.Content.Headers.LastModified!.Value.ToString("R")));

        Assert.That((same.StatusCode, changed.StatusCode), Is.EqualTo((HttpStatusCode.NotModified, HttpStatusCode.OK)));
    }

    [Test]
    public async Task A_search_by_date_misses_treatments_of_v1_and_one_by_created_at_finds_both()
    {
        _world.Site.Treatments.Insert("""{"n":1,"created_at":"2026-11-20T10:00:00.000Z"}""");
        _world.Site.Treatments.WriteV3("""{"n":3,"date":1795226000000}""");

        Assert.That((await ResultAsync("treatments?date$gte=0")).AsArray(), Has.Count.EqualTo(1));
        Assert.That((await ResultAsync("treatments?created_at$gte=2026-11-20")).AsArray(), Has.Count.EqualTo(2));
    }

    Task<HttpResponseMessage> GetAsync(string path, params (string, string)[] headers) =>
        _world.GetAsync($"api/v3/{path}", [("Authorization", $"Bearer {_jwt}"), .. headers]);

    async Task<JsonNode> ResultAsync(string path)
    {
        using var answer = await GetAsync(path);
        var json = await answer.JsonAsync();
        Assert.That((answer.StatusCode, (int)json["status"]!), Is.EqualTo((HttpStatusCode.OK, 200)));
        return json["result"]!;
    }
}
