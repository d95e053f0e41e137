using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class ListingTests
{
    const string Path = World.Api + "exchange-member/";

    World _world = null!;
    Member _member = null!;
    string _token = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        (_member, _token) = _world.Join();
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_listing_has_the_member_and_the_files_as_uploaded()
    {
        var metadata = new JsonObject { ["description"] = "d", ["tags"] = new JsonArray("t"), ["rows"] = 7 };
        var file = _member.AddFile("a.json", "{}"u8.ToArray(), metadata);

        var listing = await _world.ListAsync(_token);

        var listed = listing["data"]![0]!;
        Assert.That(((string)listing["project_member_id"]!, (int)listing["count"]!), Is.EqualTo((_member.Id, 1)));
        Assert.That(_member.Id, Does.Match("^0[0-9]{7}$"));
        Assert.That(((long)listed["id"]!, (string)listed["basename"]!, (string)listed["source"]!, (string)listed["created"]!),
            Is.EqualTo((file.Id, "a.json", "direct-sharing-91", "2026-11-21T12:00:00Z")));
        Assert.That(JsonNode.DeepEquals(listed["metadata"], metadata), Is.True);
        Assert.That(listing.AsObject().ContainsKey("username"), Is.False);
    }

    [Test]
    public async Task The_username_is_there_only_if_the_project_asks_for_it()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { SharesUsernames = true };

        Assert.That((string?)(await _world.ListAsync(_token))["username"], Is.EqualTo(_member.Username));
    }

    [Test]
    public async Task Files_come_by_source_then_by_id_and_other_sources_are_named()
    {
        _member.AddFile("ours-1", "1"u8.ToArray());
        _member.AddFile("theirs", "2"u8.ToArray(), source: "direct-sharing-128");
        _member.AddFile("ours-2", "3"u8.ToArray());

        var listing = await _world.ListAsync(_token);

        Assert.That(listing.Names(), Is.EqualTo(new[] { "theirs", "ours-1", "ours-2" }));
        Assert.That(listing["sources_shared"]!.ToJsonString(), Is.EqualTo("""["direct-sharing-128"]"""));
    }

    [TestCase("", 100)]
    [TestCase("?limit=0", 100)]
    [TestCase("?limit=-3", 100)]
    [TestCase("?limit=many", 100)]
    [TestCase("?limit=100000", 120)]
    [TestCase("?limit=7", 7)]
    [TestCase("?limit=7&offset=118", 2)]
    [TestCase("?limit=7&offset=junk", 7)]
    [TestCase("?offset=500", 0)]
    public async Task Limit_and_offset_are_read_as_the_real_server_does(string query, int expected)
    {
        for (var i = 0; i < 120; i++)
            _member.AddFile($"file-{i}", "x"u8.ToArray());

        var listing = await _world.ListAsync(_token, query);

        Assert.That(listing["data"]!.AsArray(), Has.Count.EqualTo(expected));
        Assert.That((int)listing["count"]!, Is.EqualTo(120));
    }

    [Test]
    public async Task A_server_may_cap_the_limit()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { MaxLimit = 2 };
        for (var i = 0; i < 5; i++)
            _member.AddFile($"file-{i}", "x"u8.ToArray());

        var listing = await _world.ListAsync(_token, "?limit=1000");

        Assert.That(listing["data"]!.AsArray(), Has.Count.EqualTo(2));
        Assert.That((string?)listing["next"], Is.EqualTo(_world.Url(Path + "?limit=2&offset=2").ToString()));
    }

    [Test]
    public async Task Neighbours_hold_the_token_only_if_the_query_did_with_sorted_parameters()
    {
        for (var i = 0; i < 3; i++)
            _member.AddFile($"file-{i}", "x"u8.ToArray());

        var byHeader = await _world.ListAsync(_token, "?offset=1&limit=1");
        var byQuery = await (await _world.GetAsync($"{Path}?limit=1&offset=1&access_token={_token}")).JsonAsync();

        Assert.That((string?)byHeader["next"], Is.EqualTo(_world.Url(Path + "?limit=1&offset=2").ToString()));
        Assert.That((string?)byHeader["previous"], Is.EqualTo(_world.Url(Path + "?limit=1").ToString()));
        Assert.That((string?)byQuery["next"], Is.EqualTo(_world.Url($"{Path}?access_token={_token}&limit=1&offset=2").ToString()));
    }

    [Test]
    public async Task Following_next_reaches_every_file_once()
    {
        for (var i = 0; i < 23; i++)
            _member.AddFile($"file-{i}", "x"u8.ToArray());

        var names = new List<string>();
        for (var next = $"{Path}?limit=10&access_token={_token}"; next is not null;)
        {
            var page = await (await _world.GetAsync(next)).JsonAsync();
            names.AddRange(page.Names());
            next = (string?)page["next"];
        }

        Assert.That(names, Is.EqualTo(Enumerable.Range(0, 23).Select(i => $"file-{i}")));
    }

    [Test]
    public async Task URLs_have_the_scheme_that_the_proxy_names()
    {
        _member.AddFile("a", "x"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Get, _world.Url($"{Path}?access_token={_token}"));
        request.Headers.Add("X-Forwarded-Proto", "https");

        var listing = await (await _world.Http.SendAsync(request)).JsonAsync();

        Assert.That((string)listing["data"]![0]!["download_url"]!, Does.StartWith("https://"));
    }

    [Test]
    public async Task Microseconds_are_left_out_only_when_they_are_zero()
    {
        _world.Clock.Now += TimeSpan.FromMicroseconds(1200);
        _member.AddFile("a", "x"u8.ToArray());

        Assert.That((string)(await _world.ListAsync(_token))["data"]![0]!["created"]!, Is.EqualTo("2026-11-21T12:00:00.001200Z"));
    }

    [Test]
    public async Task The_query_wins_over_the_header()
    {
        var (other, otherToken) = _world.Join();

        var listing = await _world.ListAsync(_token, $"?access_token={otherToken}");

        Assert.That((string)listing["project_member_id"]!, Is.EqualTo(other.Id));
    }

    [Test]
    public async Task Tokens_are_refused_in_three_words()
    {
        var expired = _token;
        _member.ExpireAccessTokens();
        var challenge = "";

        async Task<(int, string)> RefusalAsync(string? token)
        {
            using var answer = await _world.GetAsync(Path, token);
            challenge = answer.Headers.WwwAuthenticate.ToString();
            return ((int)answer.StatusCode, (string)(await answer.JsonAsync())["detail"]!);
        }

        Assert.That(await RefusalAsync(null), Is.EqualTo((401, "Authentication credentials were not provided.")));
        Assert.That(await RefusalAsync(expired), Is.EqualTo((401, "Expired token.")));
        Assert.That(await RefusalAsync("unknown"), Is.EqualTo((401, "Invalid token.")));
        Assert.That(challenge, Is.EqualTo("""Bearer realm="api",error="invalid_token",error_description="The access token is invalid." """.TrimEnd()));
    }

    [Test]
    public async Task An_access_token_expires_after_ten_hours()
    {
        _world.Clock.Now += TimeSpan.FromSeconds(35_999);
        var before = (await _world.GetAsync(Path, _token)).StatusCode;
        _world.Clock.Now += TimeSpan.FromSeconds(1);

        Assert.That((before, (await _world.GetAsync(Path, _token)).StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task A_listing_is_never_cached()
    {
        using var answer = await _world.GetAsync(Path, _token);

        Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
    }
}
