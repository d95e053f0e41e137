using System.Net;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>Which site a request reaches, and what it carries there.</summary>
public sealed class RoutingTests
{
    Backend _registration = null!, _data = null!, _metabase = null!;
    RunningProxy _proxy = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        (_registration, _data, _metabase) = (await Backend.StartAsync("registration"), await Backend.StartAsync("data"), await Backend.StartAsync("metabase"));
        _proxy = await StartAsync(_registration, _data, ("Charts:Host", Charts), ("Charts:Destinations:0", $"{_metabase.Url}"), ("Status:Host", Status));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _proxy.DisposeAsync();
        foreach (var backend in new[] { _registration, _data, _metabase })
            await backend.DisposeAsync();
    }

    [TestCase(Registration, "registration")]
    [TestCase(Data, "data")]
    [TestCase("DATA.Example.TEST", "data")]
    public async Task A_host_leads_to_its_site_which_sees_the_hosts_own_name(string host, string site)
    {
        var asked = await _proxy.AskAsync($"https://{host}/releases/4?page=2");

        Assert.That((asked.Site, asked.Host.ToLowerInvariant(), asked.Path, asked.Query), Is.EqualTo((site, host.ToLowerInvariant(), "/releases/4", "?page=2")));
    }

    [TestCase("https")]
    [TestCase("http")]
    public async Task An_unknown_host_is_not_found_and_leads_nowhere(string scheme)
    {
        var answer = await _proxy.Client.GetAsync($"{scheme}://elsewhere.example.test/");

        Assert.That((answer.StatusCode, answer.Headers.Location), Is.EqualTo((HttpStatusCode.NotFound, (Uri?)null)));
    }

    [Test]
    public async Task What_a_visitor_says_of_its_address_counts_for_nothing()
    {
        var asked = await _proxy.AskAsync($"https://{Registration}/", ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.test"),
            ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "for=198.51.100.7"), ("X-Real-IP", "198.51.100.7"));

        Assert.That(asked.Headers["X-Forwarded-For"], Is.EqualTo("127.0.0.1"));
        Assert.That(asked.Headers["X-Forwarded-Proto"], Is.EqualTo("https"));
        Assert.That(asked.Headers["X-Forwarded-Host"], Is.EqualTo(Registration));
        Assert.That(asked.Headers.Keys, Has.None.AnyOf("Forwarded", "X-Real-IP", "X-Forwarded-Prefix"));
    }

    [TestCase("/health/ready")]
    [TestCase("/health/live")]
    [TestCase("/HEALTH/ready")]
    [TestCase("/%68ealth/ready")]
    [TestCase("/x/../health/ready")]
    [TestCase("/health")]
    public async Task Health_of_the_sites_and_of_the_proxy_is_not_public(string path)
    {
        Assert.That(await _proxy.StatusOfAsync($"https://{Data}{path}"), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task The_proxys_own_health_is_on_a_port_of_its_own_and_nothing_else_is_there()
    {
        var ready = await _proxy.Client.GetAsync($"http://127.0.0.1:{_proxy.HealthPort}/health/ready");

        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await ready.Content.ReadAsStringAsync(), Does.Contain("""
            "certificates":{"status":"Degraded","cause":"certificates: upload.example.test has none, data.example.test has none,
            """));
        Assert.That(await _proxy.StatusOfAsync($"http://127.0.0.1:{_proxy.HealthPort}/health/live"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await _proxy.StatusOfAsync($"http://{Data}:{_proxy.HealthPort}/"), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("GET", "/embed/dashboard/eyJhbGciOiJIUzI1NiJ9.eyJyIjoxfQ.c2ln")]
    [TestCase("GET", "/api/embed/dashboard/eyJ.eyJ.sig/dashcard/1/card/2")]
    [TestCase("POST", "/api/embed/card/eyJ.eyJ.sig/query")]
    [TestCase("GET", "/app/dist/app-embed.7f3a.js")]
    [TestCase("GET", "/favicon.ico")]
    [TestCase("GET", "/api/session/properties")]
    public async Task Of_the_charts_an_embed_gets_what_it_needs(string method, string path)
    {
        Assert.That(await _proxy.StatusOfAsync($"https://{Charts}{path}", new(method)), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("GET", "/")]
    [TestCase("GET", "/api/user/current")]
    [TestCase("POST", "/api/session")]
    [TestCase("POST", "/api/session/reset_password")]
    [TestCase("POST", "/api/session/properties")]
    [TestCase("GET", "/api/session/properties/x")]
    [TestCase("GET", "/api/setup")]
    [TestCase("GET", "/api/health")]
    [TestCase("GET", "/public/dashboard/1")]
    [TestCase("GET", "/embed/../api/setup")]
    [TestCase("GET", "/embed/%2e%2e/api/setup")]
    [TestCase("GET", "/embed/..%2fapi/setup")]
    [TestCase("GET", "/embed/..;/api/setup")]
    [TestCase("GET", "/embed/%2e%2e;/api/setup")]
    [TestCase("GET", "/embed/..%5capi/setup")]
    [TestCase("GET", "/embed/%252e%252e/api/setup")]
    [TestCase("GET", "/embed//api/setup")]
    [TestCase("DELETE", "/api/embed/card/x")]
    public async Task Nothing_else_of_the_charts_is_public(string method, string path)
    {
        var before = _metabase.Requests;

        Assert.That(await RawStatusAsync(method, path), Is.EqualTo(404).Or.EqualTo(405).Or.EqualTo(400));
        Assert.That(_metabase.Requests, Is.EqualTo(before));
    }

    /// <summary>Whoever has that token before the first administrator is there becomes one.</summary>
    [Test]
    public async Task The_token_of_Metabases_set_up_leaves_nobody_through_the_proxy()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, $"https://{Charts}/api/session/properties") { Headers = { { "Accept-Encoding", "gzip, br" } } };

        using var answer = await _proxy.Client.SendAsync(asked);

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("""{"setup-token":null,"has-user-setup":false,"version":{"tag":"v0.64.6"}}"""));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(71));
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("setup-token: 7b1c")]
    public async Task An_answer_about_the_set_up_that_is_not_understood_is_not_passed_on(string properties)
    {
        var before = _metabase.Properties;
        _metabase.Properties = properties;
        using var answer = await _proxy.Client.GetAsync($"https://{Charts}/api/session/properties");
        _metabase.Properties = before;

        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadGateway, "")));
    }

    [Test]
    public async Task Only_the_portal_may_frame_an_embed()
    {
        var answer = await _proxy.Client.GetAsync($"https://{Charts}/embed/dashboard/a.b.c");

        Assert.That(answer.Headers.GetValues("Content-Security-Policy"), Is.EqualTo(new[] { $"default-src 'none'; frame-ancestors https://{Data}; img-src *" }));
    }

    [Test]
    public async Task The_status_host_leads_to_the_portals_page_which_asks_who_comes()
    {
        var answer = await _proxy.Client.GetAsync($"https://{Status}/anything");

        Assert.That((answer.StatusCode, answer.Headers.Location?.OriginalString), Is.EqualTo((HttpStatusCode.Found, $"https://{Data}/administration/services")));
    }

    /// <summary>Sessions are in cookies that every replica reads; and YARP's HashCookie would need a library of its own at the first request.</summary>
    [Test]
    public void No_site_has_session_affinity()
    {
        var site = new SiteOptions { Host = Data, Destinations = [$"{_data.Url}"] };

        var clusters = Routes.ClustersOf(new() { Registration = site, Data = site, Charts = site });

        Assert.That(clusters.Select(cluster => cluster.SessionAffinity), Is.EqualTo(new object?[] { null, null, null }));
    }

    /// <summary>The path as it is written here: a client would tidy it.</summary>
    async Task<int> RawStatusAsync(string method, string path)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _proxy.HttpsPort);
        await using var tls = new System.Net.Security.SslStream(socket.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(Charts);
        await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {Charts}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(tls);
        return int.Parse((await reader.ReadLineAsync())!.Split(' ')[1]);
    }
}
