using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Web;

namespace Sandbox.Tests;

sealed class TokenTests
{
    const string Path = "oauth2/token/";
    const string Redirect = "http://127.0.0.1:8000/complete/";

    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_code_becomes_a_pair_that_may_not_be_stored()
    {
        using var answer = await FromCodeAsync(await CodeAsync());

        var json = await answer.JsonAsync();
        Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
        Assert.That(answer.Headers.Pragma.ToString(), Is.EqualTo("no-cache"));
        Assert.That(((int)json["expires_in"]!, (string)json["token_type"]!, (string)json["scope"]!),
            Is.EqualTo((36000, "Bearer", "read write american-gut go-viral pgp wildlife open-humans")));
        Assert.That(((string)json["access_token"]!).Length, Is.EqualTo(30));
        Assert.That(((string)json["refresh_token"]!).Length, Is.EqualTo(30));
    }

    [Test]
    public async Task A_code_works_once_and_the_first_tokens_stay_alive()
    {
        var code = await CodeAsync();
        var first = await (await FromCodeAsync(code)).JsonAsync();

        using var second = await FromCodeAsync(code);

        Assert.That((second.StatusCode, await second.TextAsync()), Is.EqualTo((HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""")));
        Assert.That(await StatusOfAsync((string)first["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_code_lives_thirty_minutes()
    {
        var code = await CodeAsync();
        _world.Clock.Now += TimeSpan.FromMinutes(30);

        Assert.That(await World.ErrorAsync(FromCodeAsync(code)), Is.EqualTo((400, "invalid_grant", "")));
    }

    [Test]
    public async Task The_redirect_address_must_be_the_codes_own_and_a_mismatch_spares_the_code()
    {
        var code = await CodeAsync();

        Assert.That(await World.ErrorAsync(PostAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect + "?x=1"))),
            Is.EqualTo((400, "invalid_request", "Mismatching redirect URI.")));
        using var answer = await FromCodeAsync(code);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("S256")]
    [TestCase("plain")]
    public async Task A_challenge_must_be_met(string method)
    {
        const string verifier = "a-verifier-of-at-least-forty-three-characters";
        var challenge = method == "S256" ? Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) : verifier;
        var code = await CodeAsync(("code_challenge", challenge), ("code_challenge_method", method));

        Assert.That(await World.ErrorAsync(FromCodeAsync(code)), Is.EqualTo((400, "invalid_request", "Code verifier required.")));
        Assert.That(await World.ErrorAsync(FromCodeAsync(code, ("code_verifier", "wrong"))), Is.EqualTo((400, "invalid_grant", "")));
        using var answer = await FromCodeAsync(code, ("code_verifier", verifier));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_refresh_kills_the_old_pair_at_once()
    {
        var old = _world.OpenHumans.AddMember().Authorize();

        var json = await (await RefreshAsync(old.RefreshToken)).JsonAsync();

        Assert.That(await StatusOfAsync((string)json["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusOfAsync(old.AccessToken), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await World.ErrorAsync(RefreshAsync(old.RefreshToken)), Is.EqualTo((400, "invalid_grant", "")));
    }

    [Test]
    public async Task A_refresh_token_outlives_its_access_token()
    {
        var pair = _world.OpenHumans.AddMember().Authorize();
        _world.Clock.Now += TimeSpan.FromDays(1000);

        using var answer = await RefreshAsync(pair.RefreshToken);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Of_many_refreshes_at_once_one_wins()
    {
        var pair = _world.OpenHumans.AddMember().Authorize();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefreshAsync(pair.RefreshToken)));

        Assert.That(answers.Count(answer => answer.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [Test]
    public async Task Several_pairs_of_a_member_live_side_by_side()
    {
        var member = _world.OpenHumans.AddMember();
        var (first, second) = (member.Authorize(), member.Authorize());

        await RefreshAsync(second.RefreshToken);

        Assert.That(await StatusOfAsync(first.AccessToken), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task In_2018_an_invalid_grant_was_unauthorized()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { InvalidGrantIs401 = true };

        Assert.That(await World.ErrorAsync(RefreshAsync("unknown")), Is.EqualTo((401, "invalid_grant", "")));
    }

    [Test]
    public async Task Revoking_a_refresh_token_ends_its_access_token_but_not_the_membership()
    {
        var member = _world.OpenHumans.AddMember();
        var pair = member.Authorize();

        using var answer = await _world.PostAsync("oauth2/revoke_token/", token: null, [("token", pair.RefreshToken), .. Client]);

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.OK, "")));
        Assert.That(await StatusOfAsync(pair.AccessToken), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(member.Joined, Is.True);
    }

    static readonly (string, string)[] Client = [("client_id", "sandbox-client"), ("client_secret", "sandbox-client-secret")];

    Task<HttpResponseMessage> PostAsync(params (string, string)[] form) => _world.PostAsync(Path, token: null, [.. form, .. Client]);

    Task<HttpResponseMessage> FromCodeAsync(string code, params (string, string)[] more) =>
        PostAsync([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect), .. more]);

    Task<HttpResponseMessage> RefreshAsync(string token) => PostAsync(("grant_type", "refresh_token"), ("refresh_token", token));

    async Task<string> CodeAsync(params (string, string)[] more)
    {
        using var answer = await _world.PostAsync("direct-sharing/projects/oauth2/authorize/", token: null,
            [("client_id", "sandbox-client"), ("response_type", "code"), ("redirect_uri", Redirect), ("member", "new"), ("allow", "Authorize"), .. more]);
        return HttpUtility.ParseQueryString(answer.Headers.Location!.Query)["code"]!;
    }

    async Task<HttpStatusCode> StatusOfAsync(string accessToken) => (await _world.GetAsync(World.Api + "exchange-member/", accessToken)).StatusCode;
}
