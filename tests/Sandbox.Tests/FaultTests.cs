using System.Diagnostics;
using System.Net;

namespace Sandbox.Tests;

sealed class FaultTests
{
    const string Listing = World.Api + "exchange-member/";

    World _world = null!;
    Member _member = null!;
    string _token = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        (_member, _token) = _world.Join();
        _member.AddFile("a", "x"u8.ToArray());
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_status_hits_as_often_as_told_and_does_nothing_of_what_was_asked()
    {
        Add(new() { Kind = FaultKind.Status, Status = 502, Path = "/api/*", Count = 2 });

        int[] statuses = [await StatusAsync(), await StatusAsync(), await StatusAsync()];

        Assert.That(statuses, Is.EqualTo(new[] { 502, 502, 200 }));
        Assert.That(_world.Sandbox.Faults.Waiting, Is.Empty);
    }

    [Test]
    public async Task Method_path_and_member_decide_whom_it_hits()
    {
        Add(new() { Kind = FaultKind.Status, Method = "POST" });
        Add(new() { Kind = FaultKind.Status, Path = "/oauth2/*" });
        Add(new() { Kind = FaultKind.Status, Member = "99999999" });
        Add(new() { Kind = FaultKind.Status, Site = "anna" });

        Assert.That((await StatusAsync(), _world.Sandbox.Faults.Waiting.Count), Is.EqualTo((200, 4)));
        Add(new() { Kind = FaultKind.Status, Member = _member.Id });
        Assert.That((await StatusAsync(), _world.Sandbox.Faults.Waiting.Count), Is.EqualTo((503, 4)));
    }

    [Test]
    public async Task With_the_projects_token_it_hits_what_is_about_the_member_downloads_too()
    {
        var other = _world.Join().Member;
        other.AddFile("b", "x"u8.ToArray());
        var (master, url) = (_world.OpenHumans.MasterToken, (string)(await _world.ListAsync(_token))["data"]![0]!["download_url"]!);
        Add(new() { Kind = FaultKind.Status, Member = _member.Id, Count = 2 });

        using var theirs = await _world.GetAsync($"{Listing}?project_member_id={other.Id}", master);
        using var listing = await _world.GetAsync($"{Listing}?project_member_id={_member.Id}", master);
        using var download = await _world.GetAsync(url);

        Assert.That(new[] { theirs, listing, download }.Select(answer => (int)answer.StatusCode), Is.EqualTo(new[] { 200, 503, 503 }));
    }

    [Test]
    public async Task A_status_can_say_how_long_to_wait()
    {
        Add(new() { Kind = FaultKind.Status, Status = 429, RetryAfter = TimeSpan.FromSeconds(7) });

        using var answer = await _world.GetAsync(Listing, _token);

        Assert.That(((int)answer.StatusCode, answer.Headers.RetryAfter!.Delta), Is.EqualTo((429, TimeSpan.FromSeconds(7))));
    }

    [Test]
    public async Task A_cut_body_announces_more_than_it_sends()
    {
        Add(new() { Kind = FaultKind.CutBody });

        Assert.That(async () => await (await _world.GetAsync(Listing, _token)).TextAsync(), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await StatusAsync(), Is.EqualTo(200));
    }

    [Test]
    public async Task Wrong_answers_with_200()
    {
        Add(new() { Kind = FaultKind.HtmlPage });
        Add(new() { Kind = FaultKind.JsonNull });
        Add(new() { Kind = FaultKind.EmptyBody });
        Add(new() { Kind = FaultKind.WrongContentType });

        var answers = new List<(int, string?, string)>();
        for (var i = 0; i < 4; i++)
        {
            using var answer = await _world.GetAsync(Listing, _token);
            answers.Add(((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType,
                (await answer.TextAsync())[..Math.Min(9, (int)answer.Content.Headers.ContentLength!)]));
        }

        Assert.That(answers, Is.EqualTo(new[]
        {
            (200, "text/html", "<!doctype"),
            (200, "application/json", "null"),
            (200, "application/json", ""),
            (200, "text/html", "{\"count\":"),
        }));
    }

    [Test]
    public async Task A_delay_and_a_slow_drip_take_their_time_and_are_whole()
    {
        Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromMilliseconds(300) });
        Add(new() { Kind = FaultKind.SlowDrip, Delay = TimeSpan.FromMilliseconds(50) });

        var timer = Stopwatch.StartNew();
        var delayed = await _world.ListAsync(_token);
        var delay = timer.Elapsed;
        var dripped = await _world.ListAsync(_token);

        Assert.That((delayed.Names().Single(), dripped.Names().Single()), Is.EqualTo(("a", "a")));
        Assert.That(delay, Is.GreaterThan(TimeSpan.FromMilliseconds(290)));
        Assert.That(timer.Elapsed - delay, Is.GreaterThan(TimeSpan.FromMilliseconds(290)));
    }

    [Test]
    public async Task A_reset_does_nothing_and_a_lost_answer_does_everything()
    {
        var pair = _member.Authorize();
        Task<HttpResponseMessage> RefreshAsync() => _world.PostAsync("oauth2/token/", token: null, ("grant_type", "refresh_token"),
            ("refresh_token", pair.RefreshToken), ("client_id", "sandbox-client"), ("client_secret", "sandbox-client-secret"));
        Add(new() { Kind = FaultKind.Reset, Path = "/oauth2/token/" });
        Add(new() { Kind = FaultKind.LoseAnswer, Path = "/oauth2/token/" });

        Assert.That(async () => await RefreshAsync(), Throws.InstanceOf<HttpRequestException>());
        Assert.That(async () => await RefreshAsync(), Throws.InstanceOf<HttpRequestException>());
        using var third = await RefreshAsync();
        Assert.That(_world.OpenHumans.Requests.Served.Select(request => request.Status), Is.EqualTo(new[] { 0, 0, 400 }));
        Assert.That((string)(await third.JsonAsync())["error"]!, Is.EqualTo("invalid_grant"));
    }

    [Test]
    public async Task Nightscout_has_them_too_by_site_and_path_without_its_prefix()
    {
        await using var world = await SiteWorld.StartAsync();
        world.Sandbox.Sites.Add("ben");
        world.AddEntries(50, TimeSpan.FromMinutes(5));
        world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Site = "ben", Count = 9 });
        world.Sandbox.Faults.Add(new() { Kind = FaultKind.CutBody, Site = "anna", Path = "/api/v1/entries*" });

        using var treatments = await world.GetAsync("api/v1/treatments.json");

        Assert.That(treatments.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(async () => await world.ListAsync("entries.json?count=50"), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await world.ListAsync("entries.json?count=50"), Has.Count.EqualTo(50));
    }

    [Test]
    public async Task They_are_added_listed_and_cleared_over_HTTP()
    {
        using var added = await _world.PostJsonAsync("_sandbox/faults", token: null,
            """[{"kind":"status","status":500,"path":"/api/*","count":3},{"kind":"slowDrip","delay":"00:00:01"}]""");
        var status = await StatusAsync();
        var listed = (await (await _world.GetAsync("_sandbox/faults")).JsonAsync()).AsArray();
        using var bad = await _world.PostJsonAsync("_sandbox/faults", token: null, """{"kind":"nonsense"}""");
        using var cleared = await _world.SendAsync(HttpMethod.Delete, "_sandbox/faults", token: null);

        Assert.That((added.StatusCode, status, bad.StatusCode, await StatusAsync()),
            Is.EqualTo((HttpStatusCode.Created, 500, HttpStatusCode.BadRequest, 200)));
        Assert.That(listed.Select(fault => ((string)fault!["kind"]!, (int)fault["count"]!)), Is.EqualTo(new[] { ("status", 2), ("slowDrip", 1) }));
        Assert.That(_world.OpenHumans.Requests.Served.Any(request => request.Template.StartsWith("/_sandbox")), Is.False);
    }

    void Add(Fault fault) => _world.Sandbox.Faults.Add(fault);

    async Task<int> StatusAsync() => (int)(await _world.GetAsync(Listing, _token)).StatusCode;
}
