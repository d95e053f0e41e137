using System.Net;
using System.Web;

namespace Sandbox.Tests;

sealed class AuthorizePageTests
{
    const string Path = "direct-sharing/projects/oauth2/authorize/";
    const string Asked = "?client_id=sandbox-client&response_type=code&state=s%201&redirect_uri=http://127.0.0.1:8000/complete/";

    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task The_page_offers_members_and_hands_the_request_on()
    {
        var member = _world.OpenHumans.AddMember();

        using var answer = await _world.GetAsync(Path + Asked);

        var page = await answer.TextAsync();
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
        Assert.That(page, Does.Contain($"name=\"member\" value=\"{member.Id}\"").And.Contain("name=\"state\" value=\"s 1\"").And.Contain("name=\"allow\""));
    }

    [Test]
    public async Task An_unknown_client_is_not_found()
    {
        using var answer = await _world.GetAsync(Path + "?client_id=other&response_type=code");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("http://127.0.0.1:8000/complete")]
    [TestCase("http://localhost:8000/complete/")]
    [TestCase("http://127.0.0.1:8001/complete/")]
    [TestCase("https://127.0.0.1:8000/complete/")]
    public async Task Another_redirect_address_gets_a_page_and_no_redirect(string redirectUri)
    {
        using var answer = await _world.GetAsync($"{Path}?client_id=sandbox-client&response_type=code&redirect_uri={redirectUri}");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
    }

    [Test]
    public async Task Allowing_joins_and_comes_back_with_code_state_and_origin()
    {
        var member = _world.OpenHumans.AddMember();

        var query = await DecideAsync(("member", member.Id), ("state", "abc"), ("allow", "Authorize"));

        Assert.That(member.Joined, Is.True);
        Assert.That(query["code"], Has.Length.EqualTo(30));
        Assert.That((query["state"], query["origin"]), Is.EqualTo(("abc", "external")));
    }

    [Test]
    public async Task A_new_member_can_be_made_on_the_page()
    {
        await DecideAsync(("member", "new"), ("allow", "Authorize"));

        Assert.That(_world.OpenHumans.Members.Single().Joined, Is.True);
    }

    [Test]
    public async Task Without_allow_access_is_denied_and_there_is_no_origin()
    {
        var member = _world.OpenHumans.AddMember();

        var query = await DecideAsync(("member", member.Id), ("state", "abc"));

        Assert.That(query.ToString(), Is.EqualTo("error=access_denied&state=abc"));
        Assert.That(member.Joined, Is.False);
    }

    [Test]
    public async Task No_state_comes_back_when_none_was_sent()
    {
        var query = await DecideAsync(("member", "new"), ("state", ""), ("allow", "Authorize"));

        Assert.That(query.AllKeys, Is.EqualTo(new[] { "code", "origin" }));
    }

    [TestCase("", "error=invalid_request&error_description=Missing+response_type+parameter.&state=s")]
    [TestCase("token", "error=unauthorized_client&state=s")]
    [TestCase("code&scope=unheard-of", "error=invalid_scope&state=s")]
    public async Task A_wrong_request_goes_back_with_its_error(string responseType, string expected)
    {
        using var answer = await _world.GetAsync($"{Path}?client_id=sandbox-client&state=s&response_type={responseType}");

        Assert.That(answer.Headers.Location?.Query, Is.EqualTo($"?{expected}"));
    }

    [Test]
    public async Task A_registered_loopback_address_without_port_takes_any()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { RedirectUri = new("http://127.0.0.1/complete/") };

        using var answer = await _world.GetAsync(Path + Asked);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    async Task<System.Collections.Specialized.NameValueCollection> DecideAsync(params (string, string)[] form)
    {
        using var answer = await _world.PostAsync(Path, token: null, [("client_id", "sandbox-client"), ("response_type", "code"), .. form]);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        return HttpUtility.ParseQueryString(answer.Headers.Location!.Query);
    }
}
