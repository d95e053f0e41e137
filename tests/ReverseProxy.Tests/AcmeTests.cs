using System.Net;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>Answers to whoever issues certificates, from the folder that certbot shares.</summary>
public sealed class AcmeTests
{
    const string Token = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0", Answer = $"{Token}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";

    Backend _site = null!;
    RunningProxy _proxy = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _site = await Backend.StartAsync("site");
        _proxy = await StartAsync(_site, _site);
        var folder = Directory.CreateDirectory(Path.Combine(_proxy.Webroot, ".well-known", "acme-challenge")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, Token), Answer);
        await File.WriteAllTextAsync(Path.Combine(folder, "large"), new string('x', 5000));
        await File.WriteAllTextAsync(Path.Combine(folder, "with.dot"), "x");
        await File.WriteAllTextAsync(Path.Combine(_proxy.Webroot, "secret"), "x");
        Pki.IssueInto(_proxy, Data);
        await UntilAsync(() => Task.FromResult(_proxy.Log.Any(line => line.Contains("Certificate data", StringComparison.Ordinal))), "read the certificate");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _proxy.DisposeAsync();
        await _site.DisposeAsync();
    }

    [TestCase($"http://{Data}")]
    [TestCase($"https://{Data}")]
    [TestCase($"http://{Registration}")]
    [TestCase("http://another.example.test")]
    public async Task A_token_is_answered_on_every_host_and_never_redirected(string site)
    {
        using var answer = await _proxy.Client.GetAsync($"{site}/.well-known/acme-challenge/{Token}");

        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.OK, Answer)));
    }

    [TestCase("unknown")]
    [TestCase("large")]
    [TestCase("with.dot")]
    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("..%2f..%2fsecret")]
    [TestCase("%2e%2e%2f%2e%2e%2fsecret")]
    [TestCase("..%5c..%5csecret")]
    [TestCase("%00")]
    public async Task Nothing_but_a_token_leads_to_a_file(string token)
    {
        var before = _site.Requests;

        Assert.That(await _proxy.StatusOfAsync($"http://{Data}/.well-known/acme-challenge/{token}"), Is.EqualTo(HttpStatusCode.NotFound).Or.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(_site.Requests, Is.EqualTo(before));
    }

    [Test]
    public async Task Http_is_served_on_ones_own_machine_when_that_is_wished_until_there_is_a_certificate()
    {
        await using var plain = await StartAsync(_site, _site, ("Plain", "true"));
        Assert.That((await plain.AskAsync($"http://{Data}/")).Headers["X-Forwarded-Proto"], Is.EqualTo("http"));

        Pki.IssueInto(plain, Data);
        await UntilAsync(async () => await plain.StatusOfAsync($"http://{Data}/") == HttpStatusCode.PermanentRedirect, "redirected");
        Assert.That(await plain.StatusOfAsync($"http://{Registration}/"), Is.EqualTo(HttpStatusCode.OK));
    }
}
