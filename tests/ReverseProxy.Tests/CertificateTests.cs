using System.Net;
using System.Security.Authentication;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>Which certificate a host is served with, while files come, change and break.</summary>
public sealed class CertificateTests
{
    Backend _site = null!;
    RunningProxy _proxy = null!;

    [SetUp]
    public async Task Start()
    {
        _site = await Backend.StartAsync("site");
        _proxy = await StartAsync(_site, _site);
    }

    [TearDown]
    public async Task Stop()
    {
        await _proxy.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Test]
    public async Task Until_there_is_a_certificate_https_works_with_one_that_nobody_trusts_and_http_leads_there_for_now()
    {
        var (leaf, _) = await _proxy.CertificateOfAsync(Data);
        var (secure, plain) = (await _proxy.Client.GetAsync($"https://{Data}/"), await _proxy.Client.GetAsync($"http://{Data}/exports?page=2&q=%C3%A9"));

        Assert.That(leaf.Subject, Is.EqualTo("CN=fallback.invalid"));
        Assert.That((secure.StatusCode, secure.Headers.Contains("Strict-Transport-Security")), Is.EqualTo((HttpStatusCode.OK, false)));
        Assert.That((plain.StatusCode, plain.Headers.Location?.OriginalString), Is.EqualTo((HttpStatusCode.TemporaryRedirect, $"https://{Data}/exports?page=2&q=%C3%A9")));
        Assert.That(_site.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task A_host_with_a_certificate_is_served_with_it_redirects_for_good_and_asks_for_https_only()
    {
        var serial = Pki.IssueInto(_proxy, Data);
        await UntilServedAsync(Data, serial);
        var (secure, plain) = (await _proxy.Client.GetAsync($"https://{Data}/"), await _proxy.Client.GetAsync($"http://{Data}/"));

        Assert.That(secure.Headers.GetValues("Strict-Transport-Security"), Is.EqualTo(new[] { "max-age=31536000" }));
        Assert.That((plain.StatusCode, plain.Headers.Location?.OriginalString), Is.EqualTo((HttpStatusCode.PermanentRedirect, $"https://{Data}/")));
        Assert.That((await _proxy.CertificateOfAsync(Data)).Chain.Select(sent => sent.Subject), Has.Member("CN=Issuer of tests"), "the issuer's certificate comes along");
        Assert.That((await _proxy.CertificateOfAsync(Registration)).Leaf.Subject, Is.EqualTo("CN=fallback.invalid"), "the other host has none yet");
        Assert.That((await _proxy.Client.GetAsync($"https://{Registration}/")).Headers.Contains("Strict-Transport-Security"), Is.False);
    }

    [Test]
    public async Task A_certificate_that_nobody_vouches_for_is_served_and_binds_no_browser()
    {
        var (chain, key, serial) = Pki.SelfSigned(Data);
        Pki.Put(_proxy, "ours", chain, key);
        await UntilServedAsync(Data, serial);
        var (secure, plain) = (await _proxy.Client.GetAsync($"https://{Data}/"), await _proxy.Client.GetAsync($"http://{Data}/"));

        Assert.That((secure.StatusCode, secure.Headers.Contains("Strict-Transport-Security"), plain.StatusCode), Is.EqualTo((HttpStatusCode.OK, false, HttpStatusCode.TemporaryRedirect)));
    }

    [Test]
    public async Task A_certificate_by_hand_with_a_star_and_an_RSA_key_works_too()
    {
        var (chain, key, serial) = Pki.Issue("*.example.test", rsa: true);
        Pki.Put(_proxy, "ours", chain, key);

        await UntilServedAsync(Data, serial);
        await UntilServedAsync(Registration, serial);
        Assert.That((await _proxy.CertificateOfAsync("deep.data.example.test")).Leaf.Subject, Is.EqualTo("CN=fallback.invalid"));
    }

    [Test]
    public async Task Of_two_certificates_of_a_host_the_one_that_lasts_longer_is_served()
    {
        var (chain, key, serial) = Pki.Issue(Data, ends: DateTimeOffset.UtcNow.AddDays(80));
        Pki.Put(_proxy, $"{Data}-0001", chain, key);
        await UntilServedAsync(Data, serial);

        Pki.IssueInto(_proxy, Data);
        await UntilLoggedAsync($"Certificate {Data}: for {Data}");

        Assert.That(await _proxy.NameOfCertificateAsync(Data), Is.EqualTo(serial));
    }

    [Test]
    public async Task Links_as_certbot_swaps_them_are_followed()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_proxy.Certificates, Data)).FullName;
        for (var number = 1; number <= 2; number++)
        {
            var (chain, key, serial) = Pki.Issue(Data);
            foreach (var (name, text) in new[] { ("fullchain", chain), ("privkey", key) })
            {
                var archived = Path.Combine(_proxy.Folder, $"{name}{number}.pem");
                await File.WriteAllTextAsync(archived, text);
                File.Delete(Path.Combine(folder, $"{name}.pem"));
                File.CreateSymbolicLink(Path.Combine(folder, $"{name}.pem"), archived);
            }
            await UntilServedAsync(Data, serial);
        }
    }

    [TestCase("garbage", "no certificate, or privkey.pem is not its private key")]
    [TestCase("empty", "no certificate, or privkey.pem is not its private key")]
    [TestCase("half", "no certificate, or privkey.pem is not its private key")]
    [TestCase("other key", "no certificate, or privkey.pem is not its private key")]
    [TestCase("expired", "it ended on")]
    [TestCase("not yet", "it begins on")]
    [TestCase("gone", "is missing")]
    [TestCase("unreadable", "may not be read")]
    public async Task Files_that_cannot_be_used_leave_the_one_before_in_use_and_say_why_once(string what, string why)
    {
        var serial = Pki.IssueInto(_proxy, Data);
        await UntilServedAsync(Data, serial);
        var (now, next) = (DateTimeOffset.UtcNow, Pki.Issue(Data));
        switch (what)
        {
            case "garbage": Pki.Put(_proxy, Data, "not a certificate", "not a key"); break;
            case "empty": Pki.Put(_proxy, Data, "", ""); break;
            case "half": Pki.Put(_proxy, Data, next.Chain[..300], next.Key); break;
            case "other key": Pki.Put(_proxy, Data, next.Chain, Pki.Issue(Data).Key); break;
            case "expired": Put(Pki.Issue(Data, now.AddDays(-90), now.AddMinutes(-5))); break;
            case "not yet": Put(Pki.Issue(Data, now.AddDays(1))); break;
            case "unreadable": // a folder is refused to everybody, also where tests run as root
                File.Delete(Path.Combine(_proxy.Certificates, Data, "privkey.pem"));
                Directory.CreateDirectory(Path.Combine(_proxy.Certificates, Data, "privkey.pem"));
                break;
            case "gone": Directory.Delete(Path.Combine(_proxy.Certificates, Data), recursive: true); break;
        }

        await UntilLoggedAsync(why);
        await Task.Delay(500); // five more looks
        Assert.That(await _proxy.NameOfCertificateAsync(Data), Is.EqualTo(serial));
        var said = _proxy.Log.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ToList();
        Assert.That(said.Where(line => line.Contains(why, StringComparison.Ordinal)).ToList(), Has.Count.EqualTo(1));
        Assert.That(said, Has.All.Contain("The one before stays in use").And.Not.Contain("BEGIN"));

        if (what == "unreadable")
            Directory.Delete(Path.Combine(_proxy.Certificates, Data, "privkey.pem"));
        var good = Pki.IssueInto(_proxy, Data);
        await UntilServedAsync(Data, good);

        void Put((string Chain, string Key, string Serial) issued) => Pki.Put(_proxy, Data, issued.Chain, issued.Key);
    }

    [Test]
    public async Task A_first_certificate_that_has_ended_is_not_served()
    {
        var (chain, key, _) = Pki.Issue(Data, DateTimeOffset.UtcNow.AddDays(-90), DateTimeOffset.UtcNow.AddDays(-1));
        Pki.Put(_proxy, Data, chain, key);

        await UntilLoggedAsync("it ended on");
        Assert.That((await _proxy.CertificateOfAsync(Data)).Leaf.Subject, Is.EqualTo("CN=fallback.invalid"));
    }

    [Test]
    public async Task A_renewal_cuts_no_stream_that_is_open()
    {
        await UntilServedAsync(Data, Pki.IssueInto(_proxy, Data));
        await using var streams = await OpenStreams.StartAsync(_proxy, _site, Data);

        await UntilServedAsync(Data, Pki.IssueInto(_proxy, Data));

        await streams.GoOnAsync();
    }

    [Test]
    public async Task HTTP_2_is_spoken_and_old_versions_of_TLS_are_not()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{Data}/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await _proxy.Client.SendAsync(request);

        Assert.That((answer.StatusCode, answer.Version), Is.EqualTo((HttpStatusCode.OK, HttpVersion.Version20)));
        Assert.That(async () => await _proxy.CertificateOfAsync(Data, SslProtocols.Tls12), Throws.Nothing);
        Assert.That(async () => await _proxy.CertificateOfAsync(Data, SslProtocols.Tls13), Throws.Nothing);
#pragma warning disable SYSLIB0039, CA5397 // old on purpose
        Assert.That(async () => await _proxy.CertificateOfAsync(Data, SslProtocols.Tls11), Throws.InstanceOf<Exception>());
#pragma warning restore SYSLIB0039, CA5397
    }

    Task UntilServedAsync(string host, string serial) => UntilAsync(async () => await _proxy.NameOfCertificateAsync(host) == serial, $"served {host} with its new certificate");

    Task UntilLoggedAsync(string text) => UntilAsync(() => Task.FromResult(_proxy.Log.Any(line => line.Contains(text, StringComparison.Ordinal))), $"logged: {text}");
}
