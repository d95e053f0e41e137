using System.Net;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>Attacks on the sign-in, and where a session ends.</summary>
public sealed class SessionTests : SiteFixture
{
    [Test]
    public async Task A_copy_of_the_cookie_is_worth_nothing_after_signing_out()
    {
        var (person, member) = await SignedInAsync();
        var (phone, _) = await SignedInAsync(member);
        using var thief = new WebSession(SiteUrl);
        thief.Cookies.Add(person.Cookies.GetCookies(SiteUrl));
        await thief.OpenAsync("/MyData");
        Assert.That(thief.Page.Title, Does.StartWith("My data"), "before");

        await person.SubmitAsync("Sign out");

        foreach (var session in new[] { thief, phone })
        {
            await session.OpenAsync("/MyData");
            Assert.That(session.Text, Does.Contain("Sign in with Open Humans"));
        }
        phone.Dispose();
        person.Dispose();
        var (again, _) = await SignedInAsync(member);
        await again.OpenAsync("/MyData");
        Assert.That(again.Page.Title, Does.StartWith("My data"), "and who signs in again is in at once");
        again.Dispose();
    }

    [Test]
    public async Task Signing_out_ends_nobody_else_s_session()
    {
        var (one, _) = await SignedInAsync();
        var (other, _) = await SignedInAsync();

        await one.SubmitAsync("Sign out");
        await other.OpenAsync("/MyData");

        Assert.That(other.Page.Title, Does.StartWith("My data"));
        one.Dispose();
        other.Dispose();
    }

    [Test]
    public async Task Another_person_s_code_and_state_sign_nobody_in()
    {
        using var attacker = new WebSession(SiteUrl);
        var callback = await CallbackAsync(attacker);
        using var victim = new WebSession(SiteUrl);
        await victim.OpenAsync("/sign-in"); // has a sign-in of their own under way

        await victim.OpenAsync(callback.PathAndQuery);

        Assert.That(victim.Text, Does.Contain("You are not signed in"));
        Assert.That(victim.Cookies.GetCookies(SiteUrl)["session"], Is.Null);
    }

    [Test]
    public async Task A_code_put_into_another_sign_in_is_refused_for_its_verifier_is_another()
    {
        using var attacker = new WebSession(SiteUrl);
        var stolen = await CallbackAsync(attacker);
        using var person = new WebSession(SiteUrl);
        await person.OpenAsync("/sign-in");
        var state = person.Page.QuerySelector("input[name=state]")!.GetAttribute("value")!;

        await person.OpenAsync($"/openhumans/complete?code={Code(stolen)}&state={Uri.EscapeDataString(state)}");

        Assert.That(person.Text, Does.Contain("Open Humans did not accept the sign-in"));
    }

    [TestCase("")]
    [TestCase("&code_verifier=guessed")]
    public async Task A_code_without_its_verifier_gets_no_tokens_even_with_our_secret(string verifier)
    {
        using var person = new WebSession(SiteUrl);
        var callback = await CallbackAsync(person);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Sandbox.OpenHumansUrl, "/oauth2/token/"))
        {
            Content = new StringContent($"grant_type=authorization_code&client_id=sandbox-client&client_secret=sandbox-client-secret&code={Code(callback)}&redirect_uri={Uri.EscapeDataString(callback.GetLeftPart(UriPartial.Path))}{verifier}",
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")),
        };

        using var answer = await http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "every sign-in is bound to a verifier");
    }

    [Test]
    public async Task A_callback_that_was_used_is_refused_also_with_the_cookie_kept()
    {
        using var person = new WebSession(SiteUrl);
        var callback = await CallbackAsync(person);
        using var thief = new WebSession(SiteUrl);
        thief.Cookies.Add(person.Cookies.GetCookies(SiteUrl));
        await person.OpenAsync(callback.PathAndQuery);
        Assert.That(person.Page.Title, Does.StartWith("Your Nightscout site"));

        await person.OpenAsync(callback.PathAndQuery);
        await thief.OpenAsync(callback.PathAndQuery);

        Assert.That(person.Text, Does.Contain("You are not signed in"), "the state works once");
        Assert.That(thief.Text, Does.Contain("You are not signed in"), "and so does the code");
    }

    [Test]
    public async Task An_answer_that_names_another_server_is_sent_to_nobody_but_ours()
    {
        using var person = new WebSession(SiteUrl);
        var callback = await CallbackAsync(person);

        await person.OpenAsync($"/openhumans/complete?code=of-another-server&iss=https://evil.example&state={Uri.EscapeDataString(System.Web.HttpUtility.ParseQueryString(callback.Query)["state"]!)}");

        Assert.That(person.Text, Does.Contain("Open Humans did not accept the sign-in"), "we asked ours, which does not know the code");
    }

    [TestCase("/sign-in?returnUrl=https://evil.example/&redirect_uri=https://evil.example/&ReturnUrl=//evil.example")]
    [TestCase("/?ReturnUrl=https://evil.example/")]
    public async Task Nobody_is_led_to_another_site(string start)
    {
        using var person = new WebSession(SiteUrl);
        await person.OpenAsync(start);
        if (!start.StartsWith("/sign-in", StringComparison.Ordinal))
        {
            Assert.That(person.Page.QuerySelectorAll("a[href*='evil']"), Is.Empty);
            await person.OpenAsync("/sign-in");
        }
        Assert.That(person.Page.QuerySelector("input[name=redirect_uri]")!.GetAttribute("value"), Is.EqualTo(new Uri(SiteUrl, "/openhumans/complete").AbsoluteUri));

        await person.SubmitAsync("Allow", ("member", "new"));

        Assert.That(person.Response.RequestMessage!.RequestUri, Is.EqualTo(new Uri(SiteUrl, "/Connect")));
    }

    [Test]
    public async Task A_session_known_before_the_sign_in_is_not_the_one_after_it()
    {
        using var person = new WebSession(SiteUrl);
        using var attacker = new WebSession(SiteUrl);
        await attacker.OpenAsync("/sign-in");
        person.Cookies.Add(attacker.Cookies.GetCookies(SiteUrl)); // whatever the attacker could set beforehand
        var callback = await CallbackAsync(person);
        await person.OpenAsync(callback.PathAndQuery);
        Assert.That(person.Page.Title, Does.StartWith("Your Nightscout site"));

        await attacker.OpenAsync("/MyData");

        Assert.That(attacker.Text, Does.Contain("Sign in with Open Humans"));
    }

    static string Code(Uri callback) => System.Web.HttpUtility.ParseQueryString(callback.Query)["code"]!;

    /// <summary>Starts a sign-in, allows it, and stops where the browser would go back to the site.</summary>
    async Task<Uri> CallbackAsync(WebSession person)
    {
        var member = Sandbox.OpenHumans.AddMember();
        await person.OpenAsync("/sign-in");
        var fields = person.Page.QuerySelectorAll("input[type=hidden]").Select(field => KeyValuePair.Create(field.GetAttribute("name")!, field.GetAttribute("value") ?? ""));
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await http.PostAsync(new Uri(Sandbox.OpenHumansUrl, "/direct-sharing/projects/oauth2/authorize/"),
            new FormUrlEncodedContent([.. fields, KeyValuePair.Create("member", member.Id), KeyValuePair.Create("allow", "Authorize")]));
        return answer.Headers.Location!;
    }
}
