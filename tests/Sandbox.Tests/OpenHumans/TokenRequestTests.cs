using System.Net;
using System.Web;

namespace Sandbox.Tests;

/// <summary>How the token endpoint wants to be asked.</summary>
sealed class TokenRequestTests
{
    const string Path = "oauth2/token/";

    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("grant_type=authorization_code", "invalid_request", "Missing code parameter.")]
    [TestCase("grant_type=refresh_token", "invalid_request", "Missing refresh token parameter.")]
    [TestCase("grant_type=password", "unsupported_grant_type", "")]
    [TestCase("", "unsupported_grant_type", "")]
    public async Task An_incomplete_request_is_told_what_is_missing(string form, string error, string description)
    {
        var fields = HttpUtility.ParseQueryString(form);

        Assert.That(await World.ErrorAsync(PostAsync([.. fields.AllKeys.Select(key => (key!, fields[key]!))])), Is.EqualTo((400, error, description)));
    }

    [Test]
    public async Task JSON_is_not_read()
    {
        var answer = _world.PostJsonAsync(Path, token: null, """{"grant_type":"refresh_token"}""");

        Assert.That(await World.ErrorAsync(answer), Is.EqualTo((400, "unsupported_grant_type", "")));
    }

    [Test]
    public async Task A_query_string_is_refused()
    {
        var answer = _world.PostAsync(Path + "?a=1", token: null, ("grant_type", "refresh_token"));

        Assert.That(await World.ErrorAsync(answer), Is.EqualTo((400, "invalid_request", "URL query parameters are not allowed")));
    }

    [Test]
    public async Task A_wrong_secret_is_an_invalid_client_with_a_challenge()
    {
        using var answer = await _world.PostAsync(Path, token: null, ("grant_type", "refresh_token"), ("refresh_token", "x"),
            ("client_id", "sandbox-client"), ("client_secret", "wrong"));

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.Unauthorized, """{"error":"invalid_client"}""")));
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer error=\"invalid_client\""));
    }

    [Test]
    public async Task Basic_credentials_are_percent_decoded()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { ClientSecret = "s:e c%" };
        var pair = _world.OpenHumans.AddMember().Authorize();
        using var request = new HttpRequestMessage(HttpMethod.Post, _world.Url(Path))
        {
            Content = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", pair.RefreshToken)]),
            Headers = { Authorization = new("Basic", Convert.ToBase64String("sandbox-client:s%3Ae+c%25"u8)) },
        };

        using var answer = await _world.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task GET_is_refused_without_a_word()
    {
        using var answer = await _world.GetAsync(Path);

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.MethodNotAllowed, "")));
    }

    Task<HttpResponseMessage> PostAsync(params (string, string)[] form) =>
        _world.PostAsync(Path, token: null, [.. form, ("client_id", "sandbox-client"), ("client_secret", "sandbox-client-secret")]);
}
