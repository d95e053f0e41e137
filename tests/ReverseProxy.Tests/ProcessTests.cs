using System.Text.Json.Nodes;
using Sandbox.Demo;
using Testing;

namespace ReverseProxy.Tests;

/// <summary>The proxy as a process of its own: what it writes to its log, and what it says of settings.</summary>
public sealed class ProcessTests
{
    static readonly DemoSettings Built = new()
    {
        Postgres = "",
        Build = Repository.PathOf(".artifacts/bin"),
        Configuration = AppContext.BaseDirectory.Contains("/release", StringComparison.Ordinal) ? "release" : "debug",
        Folder = Directory.CreateTempSubdirectory("reverse-proxy-").FullName,
    };

    static Dictionary<string, string> Settings(Uri site) => new()
    {
        ["Proxy__Address"] = "127.0.0.1",
        ["Proxy__Registration__Host"] = "localhost",
        ["Proxy__Registration__Destinations__0"] = $"{site}",
        ["Proxy__Data__Host"] = "data.localhost",
        ["Proxy__Data__Destinations__0"] = $"{site}",
        ["Proxy__Certificates"] = Built.Folder,
        ["Proxy__Webroot"] = Built.Folder,
    };

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(Built.Folder, recursive: true);

    [Test]
    public async Task The_access_log_is_a_line_of_JSON_for_each_request_without_query_cookie_address_or_token()
    {
        await using var site = await Backend.StartAsync("site");
        var (port, health, settings) = (FreePort.Next(), FreePort.NextUrl(), Settings(site.Url));
        settings["Proxy__HttpPort"] = $"{port}";
        settings["Proxy__HttpsPort"] = $"{FreePort.Next()}";
        settings["Proxy__HealthPort"] = $"{health.Port}";
        settings["Proxy__Plain"] = "true";
        settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        await using (var proxy = ServiceProcess.Start(Built, "proxy", "ReverseProxy", health, settings))
        {
            await proxy.WaitUntilReadyAsync(default);
            using var client = new HttpClient { BaseAddress = new($"http://localhost:{port}") };
            client.DefaultRequestHeaders.Add("Cookie", "session=secret-cookie");
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.7");
            await client.GetAsync("/releases/secret-code/files?token=secret-query");
            await client.GetAsync("/?token=secret-query");
            await client.GetAsync($"/.well-known/acme-challenge/secret-token");
            await client.SendAsync(new(new("STEAL"), "/metadata.csv"));
            using var elsewhere = new HttpRequestMessage(HttpMethod.Get, "/secret-path") { Headers = { Host = "secret-host.example" } };
            await client.SendAsync(elsewhere);
        }

        var log = await File.ReadAllTextAsync(Path.Combine(Built.Folder, "proxy.log"));
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).Where(line => $"{line["SourceContext"]}" == "ReverseProxy.AccessLog")
            .Select(line => $"{line["Method"]} {line["Host"]} {line["Path"]} {line["Status"]} {line["Route"]}").ToList();
        Assert.That(lines, Is.EqualTo(new[] { "GET localhost /releases/… 200 registration", "GET localhost / 200 registration", "GET localhost  404 registration", "OTHER localhost /metadata.csv 200 registration", "GET   404 proxy" }));
        Assert.That(log, Does.Not.Contain("secret").And.Not.Contain("198.51.100.7").And.Not.Contain("127.0.0.1"));
        Assert.That(JsonNode.Parse(log.Split('\n').First(line => line.Contains("/releases/…", StringComparison.Ordinal)))!["Bytes"]!.GetValue<long>(), Is.GreaterThan(50));
    }

    [TestCase("Proxy__Registration__Host", "", "Set Proxy__Registration__Host as well")]
    [TestCase("Proxy__Data__Host", "https://data.example.test", "Proxy__Data__Host must be a host name alone")]
    [TestCase("Proxy__Data__Host", "localhost", "localhost is the host of two sites")]
    [TestCase("Proxy__Data__Destinations__0", "", "Set Proxy__Data__Destinations__0: where the site of data.localhost is reached")]
    [TestCase("Proxy__Data__Destinations__0", "http://portal:8080/path", "Proxy__Data__Destinations must be addresses like")]
    [TestCase("Proxy__Charts__Host", "charts.localhost", "Set Proxy__Charts__Destinations__0")]
    [TestCase("Proxy__Data__MaxBodyMegabytes", "0", "Proxy__Data__MaxBodyMegabytes must be between 1 and 1024")]
    [TestCase("Proxy__HttpPort", "8443", "must be three ports")]
    [TestCase("Proxy__Idle", "00:00:00", "Proxy__Idle must be between")]
    [TestCase("Proxy__Plain", "true", "Proxy__Plain=true is for one's own machine")]
    public void A_wrong_setting_stops_the_start_and_says_what_to_set(string name, string value, string message)
    {
        var settings = Settings(new("http://127.0.0.1:1"));
        settings[name] = value;
        settings["ASPNETCORE_ENVIRONMENT"] = "Production";

        Assert.That(() => ServiceProcess.RunAsync(Built, "ReverseProxy", [], settings, default), Throws.TypeOf<DemoException>().With.Message.Contains(message).And.Message.Contains("ended with 2"));
    }
}
