using System.Net;
using System.Net.Http.Headers;

namespace Sandbox.Tests;

/// <summary>What Open Humans does on every path.</summary>
sealed class SiteTests
{
    const string Listing = World.Api + "exchange-member/";

    World _world = null!;
    string _token = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        _token = _world.Join().Token;
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("oauth2/token?a=b", "/oauth2/token/?a=b")]
    [TestCase("api/direct-sharing/project/files/delete", "/api/direct-sharing/project/files/delete/")]
    public async Task A_missing_last_slash_is_redirected_also_for_a_POST(string path, string target)
    {
        using var answer = await _world.PostAsync(path, _token);

        Assert.That((answer.StatusCode, answer.Headers.Location?.ToString()), Is.EqualTo((HttpStatusCode.MovedPermanently, target)));
    }

    [Test]
    public async Task A_wrong_verb_is_named_after_the_token_is_checked()
    {
        using var known = await _world.PostAsync(Listing, _token);
        using var unknown = await _world.PostAsync(Listing, "unknown");

        Assert.That(((int)known.StatusCode, await known.TextAsync()), Is.EqualTo((405, """{"detail":"Method \"POST\" not allowed."}""")));
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Broken_JSON_and_other_bodies_are_refused_in_JSON()
    {
        using var broken = await _world.PostJsonAsync(World.Api + "files/delete/", _token, "{");
        using var text = await _world.SendAsync(HttpMethod.Post, World.Api + "files/delete/", _token,
            new StringContent("x", new MediaTypeHeaderValue("text/plain")));

        Assert.That(broken.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string)(await broken.JsonAsync())["detail"]!, Does.StartWith("JSON parse error - "));
        Assert.That(((int)text.StatusCode, (string)(await text.JsonAsync())["detail"]!),
            Is.EqualTo((415, "Unsupported media type \"text/plain\" in request.")));
    }

    [TestCase("text/html", 200, "text/html")]
    [TestCase("text/html, */*", 200, "text/html")]
    [TestCase("application/xml", 406, "application/json")]
    [TestCase("application/json, text/html", 200, "application/json")]
    [TestCase("*/*", 200, "application/json")]
    public async Task The_Accept_header_decides_between_data_and_a_page(string accept, int status, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _world.Url($"{Listing}?access_token={_token}"));
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using var answer = await _world.Http.SendAsync(request);

        Assert.That(((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((status, type)));
    }

    [Test]
    public async Task An_unknown_path_is_a_page_with_404()
    {
        using var answer = await _world.GetAsync("api/direct-sharing/nothing/");

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.NotFound, "text/html")));
    }

    [Test]
    public async Task Served_requests_are_counted_with_their_bytes_until_cleared()
    {
        var (_, url) = await _world.StartUploadAsync(_token, "a");
        _world.OpenHumans.Requests.Clear();

        await _world.PutAsync(url, new byte[1000]);
        var listing = await (await _world.GetAsync(Listing, _token)).TextAsync();

        var served = _world.OpenHumans.Requests.Served;
        Assert.That(served.Select(request => (request.Method, request.Template, request.BytesIn, request.BytesOut)), Is.EqualTo(new[]
        {
            ("PUT", "/storage/{**key}", 1000L, 0L),
            ("GET", "/api/direct-sharing/project/exchange-member/", 0L, listing.Length),
        }));
        Assert.That(served[1].Subject, Is.EqualTo(_world.OpenHumans.Members[0].Id));
    }

    [Test]
    public async Task Members_can_be_used_from_many_threads()
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            var (member, token) = _world.Join();
            var (id, url) = await _world.StartUploadAsync(token, $"file-{i}");
            await _world.PutAsync(url, new byte[i]);
            await _world.PostAsync(World.Api + "files/upload/complete/", token, ("file_id", $"{id}"));
            return (await _world.ListAsync(token)).Names().Single();
        })));

        Assert.That(tokens, Is.Unique);
        Assert.That(_world.OpenHumans.Members.Select(member => member.Id), Is.Unique);
    }
}
