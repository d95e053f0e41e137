using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Sandbox.Tests;

sealed class AccessTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SiteWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    void Close() => _world.Site.Options = _world.Site.Options with { DefaultRole = "denied" };

    [Test]
    public async Task A_closed_site_refuses_everything_in_JSON()
    {
        Close();

        foreach (var path in new[] { "entries.json", "treatments.json", "profile.json", "status.json" })
        {
            using var answer = await _world.GetAsync($"api/v1/{path}");
            Assert.That((answer.StatusCode, await answer.TextAsync()),
                Is.EqualTo((HttpStatusCode.Unauthorized, """{"status":401,"message":"Unauthorized","description":"Invalid/Missing"}""")));
        }
    }

    [Test]
    public async Task A_token_opens_it_in_every_form_and_only_its_digits_count()
    {
        Close();
        var token = _world.Site.AddToken("reader");
        var digits = token[^16..];

        Assert.That(token, Does.Match("^reader-[0-9a-f]{16}$"));
        Assert.That(await StatusAsync($"?token={token}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync($"?token=somebody-else-{digits}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync("", ("api-secret", token)), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync("", ("api-secret", Sha1(token))), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync($"?token=reader-{new string('0', 16)}"), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task The_secret_opens_it_hashed_but_not_plain()
    {
        _world.Site.Options = new() { DefaultRole = "denied", ApiSecret = "correct horse battery" };
        var hash = _world.Site.ApiSecretHash;

        Assert.That(await StatusAsync("", ("api-secret", hash.ToUpperInvariant())), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync($"?secret={hash}"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync("", ("api-secret", "correct horse battery")), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task On_a_readable_site_a_wrong_token_is_nobodys_but_a_wrong_secret_or_JWT_refuses()
    {
        Assert.That(await StatusAsync("?token=reader-0000000000000000"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync("", ("api-secret", Sha1("wrong"))), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await StatusAsync("", ("Authorization", "Bearer not.a.jwt")), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Changing_the_secret_or_deleting_the_subject_kills_the_token()
    {
        Close();
        var (first, second) = (_world.Site.AddToken("first"), _world.Site.AddToken("second"));
        _world.Site.RemoveToken("first");
        var (removed, kept) = (await StatusAsync($"?token={first}"), await StatusAsync($"?token={second}"));
        _world.Site.Options = _world.Site.Options with { ApiSecret = "another-api-secret" };

        Assert.That((removed, kept, await StatusAsync($"?token={second}")),
            Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public void Every_site_has_tokens_of_its_own() =>
        Assert.That(_world.Sandbox.Sites.Add("ben").AddToken(), Is.Not.EqualTo(_world.Site.AddToken()));

    [Test]
    public async Task A_role_opens_only_its_part()
    {
        Close();
        var token = _world.Site.AddToken("statusreader", "status-only");

        using var status = await _world.GetAsync($"api/v1/status.json?token={token}");

        Assert.That((status.StatusCode, await StatusAsync($"?token={token}")), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
    }

    [TestCase("readable", "",
        """{"status":200,"message":{"canRead":true,"canWrite":false,"isAdmin":false,"message":"UNAUTHORIZED","rolefound":"NOTFOUND","permissions":"DEFAULT"}}""")]
    [TestCase("readable", "good",
        """{"status":200,"message":{"canRead":true,"canWrite":false,"isAdmin":false,"message":"OK","rolefound":"FOUND","permissions":"ROLE"}}""")]
    [TestCase("denied", "reader-0000000000000000",
        """{"status":200,"message":{"canRead":false,"canWrite":false,"isAdmin":false,"message":"UNAUTHORIZED","rolefound":"NOTFOUND","permissions":"DEFAULT"}}""")]
    public async Task Verifyauth_tells_what_a_token_is(string role, string token, string expected)
    {
        var good = _world.Site.AddToken();
        _world.Site.Options = _world.Site.Options with { DefaultRole = role };

        using var answer = await _world.GetAsync($"api/v1/verifyauth?token={(token == "good" ? good : token)}");

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.OK, expected)));
    }

    [Test]
    public async Task Verifyauth_of_old_knows_only_the_administrator()
    {
        _world.Site.Options = _world.Site.Options with { Version = "0.12.8" };

        using var anybody = await _world.GetAsync("api/v1/verifyauth");
        using var admin = await _world.GetAsync("api/v1/verifyauth", ("api-secret", _world.Site.ApiSecretHash));

        Assert.That((await anybody.TextAsync(), await admin.TextAsync()),
            Is.EqualTo(("""{"status":200,"message":"UNAUTHORIZED"}""", """{"status":200,"message":"OK"}""")));
    }

    [Test]
    public async Task Status_has_the_version_and_the_servers_clock()
    {
        _world.Site.Options = _world.Site.Options with { Version = "14.2.6", Title = "Anna", Units = "mmol" };

        var json = await (await _world.GetAsync("api/v1/status.json")).JsonAsync();
        using var page = await _world.GetAsync("api/v1/status");

        Assert.That(((string)json["version"]!, (long)json["serverTimeEpoch"]!, (string)json["settings"]!["units"]!),
            Is.EqualTo(("14.2.6", _world.Now.ToUnixTimeMilliseconds(), "mmol")));
        Assert.That(await page.TextAsync(), Is.EqualTo("<h1>STATUS OK</h1>"));
    }

    [Test]
    public async Task With_a_token_status_holds_a_JWT_that_must_not_be_logged()
    {
        var json = await (await _world.GetAsync($"api/v1/status.json?token={_world.Site.AddToken()}")).JsonAsync();

        Assert.That((string)json["authorized"]!["token"]!, Does.StartWith("eyJ"));
    }

    [Test]
    public void There_are_only_known_roles() =>
        Assert.That(() => _world.Site.AddToken("x", "owner"), Throws.ArgumentException);

    [Test]
    public async Task Versions_need_no_rights()
    {
        Close();

        var json = await (await _world.GetAsync("api/versions")).JsonAsync();

        Assert.That((string)json[0]!["url"]!, Is.EqualTo("/api/v1"));
    }

    async Task<HttpStatusCode> StatusAsync(string query, params (string, string)[] headers)
    {
        using var answer = await _world.GetAsync($"api/v1/entries.json{query}", headers);
        return answer.StatusCode;
    }

    static string Sha1(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
}
