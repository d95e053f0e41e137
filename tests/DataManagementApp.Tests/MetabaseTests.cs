using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using DataManagementApp.Accounts;
using DataManagementApp.Alerts;
using DataManagementApp.Charts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Sandbox;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>Dashboards of Metabase, against a stand-in that is as strict as it is.</summary>
public sealed class MetabaseTests
{
    const string Key = "f381aa4c582d8524444ea86d7e2f6738fad0d0f2ad0e736dffe64f6e446b16a2";

    readonly ManualClock _clock = new(DateTimeOffset.UtcNow);
    MetabaseServer _server = null!;
    ServiceProvider _services = null!;
    string _file = "";

    [SetUp]
    public async Task Start()
    {
        _server = await new MetabaseServer(Key, _clock).StartAsync();
        _server.Dashboards[731] = new("Entries", IsPublished: true, new Dictionary<string, string> { ["project"] = "locked", ["range"] = "enabled" });
        _server.Dashboards[20] = new("Treatments", IsPublished: false, new Dictionary<string, string> { ["project"] = "locked" });
        _file = Path.GetTempFileName();
        await File.WriteAllTextAsync(_file, """{"dashboards":{"entries":731,"treatments":20}}""");
        _services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
    }

    [TearDown]
    public async Task Stop()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
        File.Delete(_file);
    }

    [TestCase(true, true, null, "all")]
    [TestCase(true, true, "nsf", "nsf")]
    [TestCase(true, false, null, "openaps")]
    [TestCase(false, true, null, "nsf")]
    [TestCase(false, true, "nsf", "nsf")]
    public async Task Metabase_takes_the_token_and_the_locked_project_is_what_the_grant_covers(bool openAps, bool nsf, string? commons, string project)
    {
        var embed = await Metabase().FindAsync(Grant(openAps, nsf), "entries", commons, default);

        Assert.That(await AskAsync(embed!), Is.EqualTo((HttpStatusCode.OK, "Entries")));
        Assert.That(_server.Shown, Is.EqualTo(new[] { (731L, project) }));
        Assert.That((await AskAsync(embed!, "?project=all")).Status, Is.EqualTo(HttpStatusCode.BadRequest), "locked: no address changes it");
    }

    [TestCase(true, false, "nsf")]
    [TestCase(false, true, "openaps")]
    [TestCase(false, false, null)]
    [TestCase(true, true, "all")]
    [TestCase(true, false, "openaps' or 1=1")]
    public async Task What_the_grant_does_not_cover_is_never_signed(bool openAps, bool nsf, string? commons) =>
        Assert.That(await Metabase().FindAsync(Grant(openAps, nsf), "entries", commons, default), Is.Null);

    [Test]
    public async Task A_token_ends_after_ten_minutes()
    {
        var embed = await Metabase().FindAsync(Grant(true, true), "entries", null, default);
        Assert.That(embed!.ExpiresAt - _clock.GetUtcNow(), Is.EqualTo(TimeSpan.FromMinutes(10)).Within(TimeSpan.FromSeconds(1)));

        _clock.Advance(TimeSpan.FromMinutes(11.1)); // a minute's leeway

        Assert.That((await AskAsync(embed)).Body, Does.StartWith("Token is expired"));
    }

    [Test]
    public async Task A_token_holds_one_dashboard_one_project_and_an_end_and_is_good_for_nothing_else()
    {
        var embed = await Metabase().FindAsync(Grant(true, false), "entries", null, default);
        var parts = embed!.Url.AbsolutePath.Split('/')[^1].Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        Assert.That(claims.ToJsonString(), Is.EqualTo($$$"""{"resource":{"dashboard":731},"params":{"project":"openaps"},"exp":{{{embed.ExpiresAt.ToUnixTimeSeconds()}}}}"""));

        claims["params"]!["project"] = "all";
        var forged = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
        using var http = new HttpClient();
        Assert.That(await (await http.GetAsync(new Uri(_server.Url, $"/api/embed/dashboard/{forged}"))).Content.ReadAsStringAsync(), Is.EqualTo("Message seems corrupt or manipulated"));
    }

    [Test]
    public async Task Where_Metabase_does_not_answer_or_has_no_dashboard_there_is_none()
    {
        Assert.That(await Metabase().FindAsync(Grant(true, true), "demographics", null, default), Is.Null, "not in the file");
        _server.IsUp = false;
        Assert.That(await Metabase().FindAsync(Grant(true, true), "entries", null, default), Is.Null, "starting");
        _server.IsUp = true;
        await File.WriteAllTextAsync(_file, "{");
        Assert.That(await Metabase().FindAsync(Grant(true, true), "entries", null, default), Is.Null, "unreadable file");
        await _server.DisposeAsync();
        await File.WriteAllTextAsync(_file, """{"dashboards":{"entries":731}}""");
        Assert.That(await Metabase().FindAsync(Grant(true, true), "entries", null, default), Is.Null, "gone");
    }

    [Test]
    public async Task Health_says_why_the_built_in_charts_are_shown_and_never_that_the_portal_is_not_ready()
    {
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Healthy, (string?)null)));
        _server.IsUp = false;
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "Metabase does not answer, and the built-in charts are shown; see: docker compose logs metabase")), "starting");
        await _server.DisposeAsync();
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "Metabase does not answer, and the built-in charts are shown; see: docker compose logs metabase")), "gone");
        await File.WriteAllTextAsync(_file, """{"dashboards":[]}""");
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "the numbers of Metabase's dashboards cannot be read, and the built-in charts are shown; see: docker compose logs metabase-provisioner")));
        File.Delete(_file);
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "Metabase's dashboards were not made yet, and the built-in charts are shown; see: docker compose logs metabase-provisioner")));
    }

    async Task<(HealthStatus, string?)> HealthAsync()
    {
        var said = await new DashboardsHealth(Metabase()).CheckHealthAsync(new());
        return (said.Status, said.Description);
    }

    [TestCase("", "", "64 hexadecimal digits")]
    [TestCase("not hexadecimal", "dashboards.json", "64 hexadecimal digits")]
    [TestCase(Key, "", "DashboardsFile")]
    public void Settings_that_cannot_work_stop_the_start(string key, string file, string message)
    {
        var options = new MetabaseOptions { SiteUrl = _server.Url, EmbeddingSecretKey = key, DashboardsFile = file };
        Assert.That(string.Join(' ', options.Validate(new(options)).Select(problem => problem.ErrorMessage)), Does.Contain(message));
    }

    Metabase Metabase() => new(new() { SiteUrl = _server.Url, EmbeddingSecretKey = $"{Key}\n", DashboardsFile = _file }, _services.GetRequiredService<IHttpClientFactory>(), _clock, NullLogger<Metabase>.Instance);

    static Grant Grant(bool openAps, bool nsf) => new(1, 1, openAps, nsf, [], DateTime.UtcNow.AddDays(1));

    async Task<(HttpStatusCode Status, string Body)> AskAsync(Embed embed, string query = "")
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(_server.Url, $"/api{embed.Url.AbsolutePath}{query}"));
        var body = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, answer.IsSuccessStatusCode ? JsonNode.Parse(body)!["name"]!.ToString() : body);
    }
}

/// <summary>What administrators hear when Metabase is configured, and nobody ever made its dashboards.</summary>
public sealed class MetabaseHealthTests : PortalFixture
{
    const string Cause = "Metabase's dashboards were not made yet, and the built-in charts are shown; see: docker compose logs metabase-provisioner";

    protected override IEnumerable<string> Settings => ["--Metabase:SiteUrl=http://127.0.0.1:9", $"--Metabase:EmbeddingSecretKey={new string('a', 64)}", $"--Metabase:DashboardsFile={Path.Combine(Folder, "none.json")}"];

    [Test]
    public async Task The_portal_is_ready_and_says_what_is_missing()
    {
        using var answer = await Http.GetAsync("/health/ready");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["dashboards"]!.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), Is.EqualTo($$"""{"status":"Degraded","cause":"{{Cause}}"}"""));
    }

    [Test]
    public async Task It_stands_on_the_page_of_services_and_is_told()
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;

        await admin.OpenAsync("/administration/services");

        Assert.That(admin.Page.QuerySelector("tbody tr")!.Children[1].TextContent, Does.Contain("ready, but not all is well").And.Contain($"dashboards: {Cause}"));
        Assert.That((await Service<Watch>().LookAsync(default)).Select(finding => (finding.Cause, finding.Text)), Is.EqualTo(new[]
            { ("health: dashboards: Metabase's dashboards were not made yet, and the built-in charts are shown", $"data-management-app: {Cause}.") }));
    }
}

/// <summary>The pages when Metabase is configured.</summary>
public sealed class MetabasePageTests
{
    const string Key = "0000aa4c582d8524444ea86d7e2f6738fad0d0f2ad0e736dffe64f6e446b16a2";

    [Test]
    public async Task A_page_frames_the_dashboard_and_shows_the_built_in_charts_when_asked_or_when_Metabase_is_down()
    {
        await using var server = await new MetabaseServer(Key, TimeProvider.System).StartAsync();
        server.Dashboards[5] = new("Entries", IsPublished: true, new Dictionary<string, string> { ["project"] = "locked" });
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"dashboards":{"entries":5}}""");
        string[] settings = [$"--Metabase:SiteUrl={server.Url}", $"--Metabase:EmbeddingSecretKey={Key}", $"--Metabase:DashboardsFile={file}"];
        await using var world = await ChartWorld.StartAsync(settings);
        using var person = await world.OpenAsync(true, false);

        await person.OpenAsync("/analytics/entries");
        var frame = new Uri(person.Page.QuerySelector("iframe")!.GetAttribute("src")!);
        Assert.That(person.Response.Headers.GetValues("Content-Security-Policy").Single(), Does.EndWith($"; frame-src {server.Url.GetLeftPart(UriPartial.Authority)}"));
        using (var http = new HttpClient())
            Assert.That((await http.GetAsync(new Uri(server.Url, $"/api{frame.AbsolutePath}"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Shown.Last().Project, Is.EqualTo("openaps"));

        using (var renewed = await person.SendAsync(new(HttpMethod.Get, new Uri("/analytics/entries/embed", UriKind.Relative))))
            Assert.That(JsonNode.Parse(await renewed.Content.ReadAsStringAsync())!["url"]!.ToString(), Does.StartWith(new Uri(server.Url, "/embed/dashboard/").AbsoluteUri));
        using (var other = await person.SendAsync(new(HttpMethod.Get, new Uri("/analytics/entries/embed?commons=nsf", UriKind.Relative))))
            Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "not covered");

        foreach (var path in new[] { "/analytics/cohort", "/analytics/entries?built-in=true", "/analytics/entries?commons=nsf" })
        {
            await person.OpenAsync(path);
            Assert.That(person.Page.QuerySelector("iframe"), Is.Null, path);
            Assert.That(person.Response.Headers.GetValues("Content-Security-Policy").Single(), Does.Not.Contain("frame-src"), path);
        }
        await server.DisposeAsync();
        await using var later = await ChartWorld.StartAsync(settings);
        using var reader = await later.OpenAsync(true, false);
        await reader.OpenAsync("/analytics/entries");
        Assert.That(reader.Text, Does.Contain("Daily glucose pattern"));
        File.Delete(file);
    }
}
