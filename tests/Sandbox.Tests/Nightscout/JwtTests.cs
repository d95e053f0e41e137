using System.Net;

namespace Sandbox.Tests;

sealed class JwtTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await SiteWorld.StartAsync();
        _world.Site.Options = _world.Site.Options with { DefaultRole = "denied" };
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_token_is_exchanged_for_a_JWT_of_eight_hours()
    {
        var token = _world.Site.AddToken();

        var answer = await (await _world.GetAsync($"api/v2/authorization/request/{token}")).JsonAsync();

        Assert.That(((string)answer["sub"]!, (long)answer["iat"]!, (long)answer["exp"]!),
            Is.EqualTo(("reader", _world.Now.ToUnixTimeSeconds(), _world.Now.AddHours(8).ToUnixTimeSeconds())));
        Assert.That((string)answer["token"]!, Does.Match(@"^eyJ[\w-]+\.[\w-]+\.[\w-]+$"));
        Assert.That(answer["permissionGroups"]!.ToJsonString(), Is.EqualTo("""[["*:*:read"],[]]"""));
    }

    [Test]
    public async Task There_is_no_JWT_for_a_wrong_token()
    {
        using var answer = await _world.GetAsync("api/v2/authorization/request/reader-0000000000000000");

        Assert.That((answer.StatusCode, (int)(await answer.JsonAsync())["status"]!), Is.EqualTo((HttpStatusCode.Unauthorized, 401)));
    }

    [TestCase("13.0.0", HttpStatusCode.OK)]
    [TestCase("0.12.8", HttpStatusCode.NotFound)]
    public async Task There_are_JWTs_since_13(string version, HttpStatusCode expected)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };

        using var answer = await _world.GetAsync($"api/v2/authorization/request/{_world.Site.AddToken()}");

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo(expected == HttpStatusCode.OK ? "application/json" : "text/html"));
    }

    [Test]
    public async Task A_JWT_opens_a_closed_site_until_it_is_over()
    {
        var jwt = await _world.JwtAsync();

        var (fresh, freshV1) = await StatusesAsync(jwt);
        _world.Clock.Now += TimeSpan.FromHours(8) - TimeSpan.FromSeconds(1);
        var (late, lateV1) = await StatusesAsync(jwt);
        _world.Clock.Now += TimeSpan.FromSeconds(1);
        var (over, overV1) = await StatusesAsync(jwt);

        Assert.That((fresh, freshV1, late, lateV1), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That((over, overV1, _world.Site.Crashes), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, 0)));
    }

    [Test]
    public async Task A_redeploy_ends_JWTs_but_not_tokens()
    {
        var token = _world.Site.AddToken();
        var jwt = await _world.JwtAsync(token);
        _world.Site.InvalidateJwts();

        var ended = await StatusesAsync(jwt);
        var renewed = await StatusesAsync(await _world.JwtAsync(token));

        Assert.That((ended, renewed),
            Is.EqualTo(((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (HttpStatusCode.OK, HttpStatusCode.OK))));
    }

    [Test]
    public async Task The_JWT_of_a_deleted_subject_is_refused_by_v3_and_kills_the_server_on_v1()
    {
        var jwt = await _world.JwtAsync(_world.Site.AddToken("gone"));
        _world.Site.RemoveToken("gone");

        using var v3 = await _world.GetAsync("api/v3/entries", ("Authorization", $"Bearer {jwt}"));
        var crashesOfV3 = _world.Site.Crashes;
        using var v1 = await _world.GetAsync("api/v1/entries.json", ("Authorization", $"Bearer {jwt}"));

        Assert.That((v3.StatusCode, crashesOfV3), Is.EqualTo((HttpStatusCode.Unauthorized, 0)));
        Assert.That((v1.StatusCode, _world.Site.Crashes), Is.EqualTo((HttpStatusCode.BadGateway, 1)));
    }

    [Test]
    public async Task A_JWT_of_one_site_is_nothing_on_another()
    {
        var jwt = await _world.JwtAsync();
        var other = _world.Sandbox.Sites.Add("ben");
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", jwt) } };

        using var answer = await http.GetAsync(new Uri(_world.Sandbox.Sites.UrlOf(other), "api/v3/entries"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task The_JWT_in_status_is_a_good_one()
    {
        var status = await (await _world.GetAsync($"api/v1/status.json?token={_world.Site.AddToken()}")).JsonAsync();

        Assert.That(await StatusesAsync((string)status["authorized"]!["token"]!), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    async Task<(HttpStatusCode V3, HttpStatusCode V1)> StatusesAsync(string jwt)
    {
        using var v3 = await _world.GetAsync("api/v3/entries", ("Authorization", $"Bearer {jwt}"));
        using var v1 = await _world.GetAsync("api/v1/entries.json", ("Authorization", $"Bearer {jwt}"));
        return (v3.StatusCode, v1.StatusCode);
    }
}
