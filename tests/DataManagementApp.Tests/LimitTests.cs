using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>How often somebody may ask.</summary>
public sealed class LimitTests : PortalFixture
{
    const int Forms = 4, Calls = 3;

    static int _network;

    protected override IEnumerable<string> Settings => [$"--Portal:FormsPerMinute={Forms}", $"--Portal:CallsPerMinute={Calls}"];

    [TestCase("/sign-in")]
    [TestCase("/second-factor")]
    [TestCase("/second-factor/set-up")]
    [TestCase("/forgot")]
    [TestCase("/apply")]
    [TestCase("/code")]
    [TestCase("/code/")]
    [TestCase("/confirm")]
    [TestCase("/invitation")]
    [TestCase("/application")]
    public async Task A_form_is_taken_so_often_from_one_address_and_then_a_page_says_to_wait(string path)
    {
        using var person = Visitor();
        var (here, elsewhere) = (NewAddress(), NewAddress());
        for (var i = 0; i < Forms; i++)
            using (var answer = await PostAsync(person, path, here))
                Assert.That(answer.StatusCode, Is.Not.EqualTo(HttpStatusCode.TooManyRequests));
        using (var refused = await PostAsync(person, path, here))
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
            Assert.That(refused.Headers.RetryAfter!.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("Too many tries").And.Contain("Please wait a minute"));
        }
        using (var other = await PostAsync(person, path, elsewhere))
            Assert.That(other.StatusCode, Is.Not.EqualTo(HttpStatusCode.TooManyRequests), "another address");
        using var look = await person.SendAsync(Request(HttpMethod.Get, "/sign-in", here));
        Assert.That(look.StatusCode, Is.EqualTo(HttpStatusCode.OK), "pages are looked at as often as one likes");
    }

    [Test]
    public async Task A_token_calls_so_often_and_another_goes_on_and_whoever_tries_tokens_is_stopped_by_address()
    {
        var (first, second) = (await TokenAsync(), await TokenAsync());
        using var program = Visitor();
        var here = NewAddress();
        for (var i = 0; i < Calls; i++)
            Assert.That(await CallAsync(program, first, here), Is.EqualTo(HttpStatusCode.OK));
        using (var refused = await program.SendAsync(Request(HttpMethod.Get, "/api/v1/me", here, first)))
        {
            Assert.That((refused.StatusCode, refused.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.TooManyRequests, "application/problem+json")));
            Assert.That(refused.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.Zero));
            Assert.That(JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["detail"]!.ToString(), Does.Contain("Please wait"));
        }
        Assert.That(await CallAsync(program, second, here), Is.EqualTo(HttpStatusCode.OK));

        var thief = NewAddress();
        for (var i = 0; i < 10 * Calls; i++)
            Assert.That(await CallAsync(program, $"oadc_{i}", thief), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CallAsync(program, "oadc_more", thief), Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task Signing_in_takes_as_long_for_who_has_an_account_as_for_who_has_none()
    {
        var email = NewEmail();
        await AddUserAsync(email, "researcher");
        foreach (var address in new[] { email, NewEmail() })
        {
            using var person = Visitor();
            await person.OpenAsync("/sign-in");
            var watch = System.Diagnostics.Stopwatch.StartNew();
            await person.SubmitAsync("Sign in", ("Email", address), ("Password", "not the password"));
            Assert.That(watch.Elapsed, Is.GreaterThanOrEqualTo(EvenTime.Floor));
        }
    }

    /// <summary>As the proxy tells it.</summary>
    static string NewAddress() => $"203.0.113.{Interlocked.Increment(ref _network)}";

    static Task<HttpResponseMessage> PostAsync(WebSession person, string path, string address)
    {
        var request = Request(HttpMethod.Post, path, address);
        request.Content = new FormUrlEncodedContent([]);
        return person.SendAsync(request);
    }

    static async Task<HttpStatusCode> CallAsync(WebSession program, string token, string address)
    {
        using var answer = await program.SendAsync(Request(HttpMethod.Get, "/api/v1/me", address, token));
        return answer.StatusCode;
    }

    static HttpRequestMessage Request(HttpMethod method, string path, string address, string? token = null)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    async Task<string> TokenAsync()
    {
        var id = await AddUserAsync(NewEmail(), "researcher", access: true);
        return (await Service<AccessTokens>().AddAsync((await Service<Grants>().CurrentAsync(id, default))!, "test", [Scopes.Read], TimeSpan.FromDays(1), default))!;
    }
}
