using System.Diagnostics;
using System.Net;
using Sandbox;
using Sandbox.Demo;

namespace Privacy.Tests;

/// <summary>What leaves the house by OpenTelemetry, byte by byte, from a whole run: sign-in, copying, loading, an export, and requests through the proxy.</summary>
public sealed class TelemetryTests
{
    const string Visitors = "4bf92f3577b34da6a3ce929d0e0e4736", Email = "planted-visitor@example.org", Planted = "planted-secret-token";

    /// <summary>As docs/operations.md lists them.</summary>
    static readonly string[] OurMetrics =
    [
        "openaps.copying.participants", "openaps.copying.lag", "openaps.copying.duration", "openaps.copying.records", "openaps.copying.io", "openaps.loading.participants", "openaps.loading.lag", "openaps.loading.duration",
        "openaps.loading.rows", "openaps.quarantine", "openaps.exports", "openaps.exports.lag", "openaps.mails", "openaps.mails.lag", "openaps.erasures", "openaps.alerts", "openaps.proxy.requests", "openaps.certificate.days_left", "openaps.clock.skew",
    ];

    [Test]
    public async Task A_collector_gets_the_named_numbers_and_nothing_about_anybody()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        string[] telemetry = [$"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Url}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_METRIC_EXPORT_INTERVAL=1000", "--OTEL_BSP_SCHEDULE_DELAY=500"];
        var everything = await Everything.StartAsync(telemetry);
        var site = Synthetic.Site(Uploader.Share2, seed: 5, days: 1, DateTimeOffset.UtcNow, $"site-{Guid.NewGuid():N}");
        site.Entries.Insert($$"""{"type":"sgv","sgv":"{{Planted}}","date":{{DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds()}}}"""); // for quarantine
        Member member;
        long participant;
        string token;
        await using (everything)
        {
            (member, participant, token) = await everything.JoinAsync(site, openAps: true, nightscout: true);
            await everything.LoadedAsync(participant);
            await everything.ExportAsync(openAps: true, nsf: true);
            await AskThroughTheProxyAsync(everything, telemetry);
            await WaitAsync(collector, OurMetrics);
        } // what is left is sent as the services stop

        var (metrics, traces) = (collector.TextOf("metrics"), collector.TextOf("traces"));
        foreach (var name in OurMetrics.Concat(["http.server.request.duration", "kestrel.connection.duration", "db.client"]))
            Assert.That(metrics, Does.Contain(name));
        foreach (var name in new[] { "ingest", "load", "export", "request /Connect", "openaps.outcome", "http.response.status_code", "nightscout-ingester", "data-management-app", "reverse-proxy" })
            Assert.That(traces, Does.Contain(name));
        foreach (var secret in new[] { token, Planted, Email, "email=", "planted-path", site.Name, Visitors, member.Id, $"{participant}", everything.Sandbox.Sites.UrlOf(site).Authority, "Password", "Username", "Host=", "Mozilla", "url.path", "url.query", "user_agent", "/health/" })
            Assert.That((Metrics: metrics.Contains(secret, StringComparison.OrdinalIgnoreCase), Traces: traces.Contains(secret, StringComparison.OrdinalIgnoreCase)), Is.EqualTo((false, false)), $"{secret} was sent");
    }

    [Test]
    public async Task A_collector_that_does_not_answer_costs_nothing()
    {
        var watch = Stopwatch.StartNew();
        await using (var everything = await Everything.StartAsync("--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_METRIC_EXPORT_INTERVAL=200", "--OTEL_BSP_SCHEDULE_DELAY=100"))
        {
            var (_, participant, _) = await everything.JoinAsync(Synthetic.Site(Uploader.Share2, seed: 6, days: 1, DateTimeOffset.UtcNow, $"site-{Guid.NewGuid():N}"), openAps: true, nightscout: false);
            await everything.LoadedAsync(participant);
            watch.Restart();
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(25)), "a container is given 30 seconds to stop");
    }

    static async Task AskThroughTheProxyAsync(Everything everything, string[] telemetry)
    {
        var (http, https, health) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        var folder = Directory.CreateTempSubdirectory("proxy-").FullName;
        await using var proxy = ReverseProxy.Proxy.Build(["--environment=Testing", "--Serilog:MinimumLevel:Default=Fatal", "--Proxy:Plain=true", "--Proxy:Address=127.0.0.1", $"--Proxy:HttpPort={http}", $"--Proxy:HttpsPort={https}", $"--Proxy:HealthPort={health}",
            $"--Proxy:Certificates={folder}", $"--Proxy:Webroot={folder}", "--Proxy:Registration:Host=upload.example.test", $"--Proxy:Registration:Destinations:0={everything.RegistrationUrl}", "--Proxy:Data:Host=data.example.test",
            $"--Proxy:Data:Destinations:0={everything.RegistrationUrl}", .. telemetry]);
        await proxy.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ActivityHeadersPropagator = null });
        foreach (var path in new[] { $"/Connect?q={Planted}&email={Email}", $"/planted-path/{Planted}", "/health/ready" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{http}{path}");
            request.Headers.Host = "upload.example.test";
            request.Headers.Add("traceparent", $"00-{Visitors}-00f067aa0ba902b7-01");
            request.Headers.Add("tracestate", $"planted={Planted}");
            request.Headers.Add("User-Agent", "Mozilla/5.0 (planted)");
            using var answer = await client.SendAsync(request);
            Assert.That(answer.StatusCode, Is.Not.EqualTo(HttpStatusCode.BadGateway));
        }
        await Task.Delay(1500); // one interval
        await proxy.StopAsync();
    }

    static async Task WaitAsync(OtlpReceiver collector, string[] names)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); names.Any(name => !collector.TextOf("metrics").Contains(name)); await Task.Delay(500))
            Assert.That(DateTime.UtcNow, Is.LessThan(until), $"not sent: {string.Join(", ", names.Where(name => !collector.TextOf("metrics").Contains(name)))}");
    }
}
