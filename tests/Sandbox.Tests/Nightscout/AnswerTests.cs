using System.IO.Compression;
using System.Net;

namespace Sandbox.Tests;

/// <summary>How a site's answers look on the wire.</summary>
sealed class AnswerTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SiteWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task JSON_is_named_with_its_charset_and_has_a_length()
    {
        using var answer = await _world.GetAsync("api/v1/entries.json");

        Assert.That(answer.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json; charset=utf-8"));
        Assert.That((await answer.TextAsync(), answer.Content.Headers.ContentLength), Is.EqualTo(("[]", 2)));
    }

    [Test]
    public async Task A_weak_ETag_saves_the_answer_until_something_changes()
    {
        _world.AddEntries(3, TimeSpan.FromMinutes(5));
        using var first = await _world.GetAsync("api/v1/entries.json");
        var tag = first.Headers.ETag!.ToString();

        using var same = await _world.GetAsync("api/v1/entries.json", ("If-None-Match", tag));
        using var uncached = await _world.GetAsync("api/v1/entries.json", ("If-None-Match", tag), ("Cache-Control", "no-cache"));
        _world.AddEntries(1, TimeSpan.Zero);
        using var changed = await _world.GetAsync("api/v1/entries.json", ("If-None-Match", tag));

        Assert.That(tag, Does.StartWith("W/\""));
        Assert.That((same.StatusCode, await same.TextAsync()), Is.EqualTo((HttpStatusCode.NotModified, "")));
        Assert.That((uncached.StatusCode, changed.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task Answers_are_gzipped_when_the_client_takes_it()
    {
        _world.AddEntries(100, TimeSpan.FromMinutes(5));

        using var plain = await _world.GetAsync("api/v1/entries.json?count=100");
        using var packed = await _world.GetAsync("api/v1/entries.json?count=100", ("Accept-Encoding", "gzip, br"));
        await using var unpacked = new GZipStream(await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);

        Assert.That(packed.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "gzip" }));
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(await plain.TextAsync()));
        Assert.That(_world.Sandbox.Sites.Requests.Served[1].BytesOut, Is.LessThan(_world.Sandbox.Sites.Requests.Served[0].BytesOut / 4));
    }

    [Test]
    public async Task Entries_without_suffix_are_tabs_unless_JSON_is_asked_for()
    {
        _world.Site.Entries.Insert($$"""{"type":"sgv","sgv":104,"date":{{_world.Now.ToUnixTimeMilliseconds()}},"dateString":"2026-11-21T12:00:00.000Z","device":"share2"}""");

        using var tabs = await _world.GetAsync("api/v1/entries", ("Accept", "*/*"));
        using var json = await _world.GetAsync("api/v1/entries", ("Accept", "application/json"));
        using var suffix = await _world.GetAsync("api/v1/entries.json", ("Accept", "*/*"));

        Assert.That(tabs.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/plain"));
        Assert.That(await tabs.TextAsync(), Is.EqualTo($"\"2026-11-21T12:00:00.000Z\"\t{_world.Now.ToUnixTimeMilliseconds()}\t104\t\t\"share2\""));
        Assert.That((json.Content.Headers.ContentType?.MediaType, suffix.Content.Headers.ContentType?.MediaType),
            Is.EqualTo(("application/json", "application/json")));
    }

    [Test]
    public async Task Odd_records_are_served_byte_for_byte()
    {
        const string odd = """{"_id":"a","date":1,"notes":"half \ud83d and nul \u0000","sgv":1e400,"twice":1,"twice":2}""";
        _world.Site.Entries.Insert(odd);

        using var answer = await _world.GetAsync("api/v1/entries.json?find[date][$gte]=0");

        Assert.That(await answer.TextAsync(), Is.EqualTo($"[{odd}]"));
    }

    [Test]
    public async Task A_site_may_have_a_port_of_its_own()
    {
        _world.AddEntries(1, TimeSpan.Zero);
        var url = await _world.Sandbox.Sites.OpenPortAsync(_world.Site);
        using var http = new HttpClient();

        Assert.That(await http.GetStringAsync(new Uri(url, "api/v1/entries.json")), Does.StartWith("[{"));
        Assert.That(url.Port, Is.Not.EqualTo(_world.Sandbox.NightscoutUrl.Port));
    }

    [Test]
    public async Task An_unknown_site_is_a_page_and_a_removed_one_too()
    {
        _world.Sandbox.Sites.Remove("anna");

        using var answer = await _world.GetAsync("api/v1/status.json");

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.NotFound, "text/html")));
    }

    [Test]
    public async Task Requests_are_counted_by_site()
    {
        await _world.GetAsync("api/v1/entries.json?count=3");

        var served = _world.Sandbox.Sites.Requests.Served.Single();
        Assert.That((served.Method, served.Template, served.Query, served.Subject, served.Status, served.BytesOut),
            Is.EqualTo(("GET", "/api/v1/entries.json", "?count=3", "anna", 200, 2L)));
    }
}
