using Microsoft.AspNetCore.Builder;
using ServiceDefaults;

namespace Operations.Tests;

/// <summary>What a service says of its settings, at its start and by <c>config check</c>. No database is asked.</summary>
public sealed class SettingsTests
{
    static readonly string Key = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(i * 37))]);

    static readonly string[] Production = ["--environment=Production", "--Serilog:MinimumLevel:Default=Fatal"];

    static string[] Sound(params string[] more) =>
        [.. Production, "--Postgres:Connection=Host=127.0.0.1;Port=9;Username=nobody;Password=planted-password;Timeout=1", $"--Secrets:Key={Key}", "--OpenHumans:ClientId=id", "--OpenHumans:ClientSecret=planted-secret", .. more];

    static readonly Dictionary<string, Func<string[], WebApplication>> Services = new()
    {
        ["registration-site"] = RegistrationSite.Registration.Build,
        ["nightscout-ingester"] = args => NightscoutIngester.Ingester.Build(args),
        ["open-humans-etl"] = args => OpenHumansEtl.Etl.Build(args),
        ["data-management-app"] = args => DataManagementApp.Portal.Build(args),
        ["reverse-proxy"] = args => ReverseProxy.Proxy.Build(args),
    };

    /// <summary>Of each service the settings it needs besides those of all.</summary>
    static readonly Dictionary<string, string[]> Own = new()
    {
        ["registration-site"] = ["--Registration:BaseUrl=https://upload.example.org"],
        ["nightscout-ingester"] = [],
        ["open-humans-etl"] = [],
        ["data-management-app"] = ["--Portal:BaseUrl=https://data.example.org"],
        ["reverse-proxy"] = ["--Proxy:Registration:Host=upload.example.org", "--Proxy:Registration:Destinations:0=http://registration-site:8080", "--Proxy:Data:Host=data.example.org", "--Proxy:Data:Destinations:0=http://data-management-app:8080"],
    };

    static IEnumerable<string> Names => Services.Keys;

    static async Task<(int Code, string[] Lines)> CheckAsync(string service, params string[] args)
    {
        var output = new StringWriter { NewLine = "\n" };
        var code = await ConfigCommand.CheckAsync(() => Services[service](args), output, default);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestCaseSource(nameof(Names))]
    public async Task Sound_settings_are_in_order(string service)
    {
        var (code, lines) = await CheckAsync(service, Sound(Own[service]));

        Assert.That((code, lines[^1]), Is.EqualTo((0, $"ok       the settings of {service} are in order (Production)")));
        Assert.That(lines.Where(line => line.StartsWith("error", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCaseSource(nameof(Names))]
    public async Task Without_any_settings_all_that_is_missing_is_named_at_once(string service)
    {
        var (code, lines) = await CheckAsync(service, Production);

        string[] all = service == "reverse-proxy" ? ["Set Proxy__Registration__Host", "Set Proxy__Data__Host"]
            : ["Set Postgres__Connection", "Secrets__Key must be 32 bytes", .. service == "data-management-app" ? ["Set Portal__BaseUrl"] : new[] { "Set OpenHumans__ClientId", "Set OpenHumans__ClientSecret" }, .. service == "registration-site" ? ["Set Registration__BaseUrl"] : Array.Empty<string>()];
        Assert.That(code, Is.EqualTo(1));
        foreach (var missing in all)
            Assert.That(lines, Has.Some.StartsWith($"error    {missing}"));
        Assert.That(lines.Count(line => line.StartsWith("error", StringComparison.Ordinal)), Is.EqualTo(all.Length));
    }

    [Test]
    public async Task Malformed_values_are_named_with_what_is_expected_beside_those_out_of_bounds()
    {
        var (code, lines) = await CheckAsync("nightscout-ingester", Sound("--Ingest:Every=hourly", "--Ingest:Beat=", "--Ingest:Concurrency=0", "--Ingest:FullPages=many", "--Nightscout:AllowLoopback=perhaps", "--OpenHumans:BaseUrl=www.openhumans.org"));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines.Where(line => line.StartsWith("error", StringComparison.Ordinal)), Is.EquivalentTo(new[]
        {
            "error    Ingest__Every must be a duration like 01:30:00, or 2.00:00:00 for two days.", "error    Ingest__Beat must be a duration like 01:30:00, or 2.00:00:00 for two days.",
            "error    Ingest__Concurrency must be between 1 and 200.", "error    Ingest__FullPages must be a whole number.", "error    Nightscout__AllowLoopback must be true or false.",
            "error    OpenHumans__BaseUrl must be an address that begins with http:// or https://.",
        }));
    }

    [Test]
    public async Task Names_that_nothing_reads_are_warnings_with_what_was_perhaps_meant()
    {
        var (code, lines) = await CheckAsync("reverse-proxy", Sound([.. Own["reverse-proxy"], "--Proxy:Idel=00:01:00", "--Proxy:Data:MaxBodyMegabyte=5", "--Proxy:Something=1", "--Prxy:Idle=1", "--Elsewhere:Setting=1"]));

        Assert.That(code, Is.Zero);
        Assert.That(lines.Where(line => line.StartsWith("warning", StringComparison.Ordinal)), Is.EquivalentTo(new[]
        {
            "warning  Proxy__Idel is no setting; Proxy__Idle was perhaps meant.", "warning  Proxy__Data__MaxBodyMegabyte is no setting; Proxy__Data__MaxBodyMegabytes was perhaps meant.",
            "warning  Proxy__Something is no setting.", "warning  Prxy__… are no settings; Proxy__… was perhaps meant.",
        }));
    }

    [TestCase("registration-site", "--Registration:BaseUrl=http://upload.example.org", "Registration__BaseUrl begins with http")]
    [TestCase("data-management-app", "--Portal:BaseUrl=http://data.example.org", "Portal__BaseUrl begins with http")]
    [TestCase("data-management-app", "--Portal:AdministratorsNeedSecondFactor=false", "Portal__AdministratorsNeedSecondFactor=false")]
    [TestCase("data-management-app", "--Alerts:SlackWebhook=http://hooks.example.org/x", "Alerts__SlackWebhook or Alerts__SlackApi begins with http")]
    [TestCase("nightscout-ingester", "--Nightscout:AllowLoopback=true", "Nightscout__AllowLoopback is for the demo")]
    [TestCase("nightscout-ingester", "--OpenHumans:BaseUrl=http://www.openhumans.org", "OpenHumans__BaseUrl begins with http")]
    [TestCase("open-humans-etl", "--Postgres:Connection=Host=db;Username=x;Password=change-me", "Postgres__Connection has the password of the example")]
    [TestCase("open-humans-etl", "--Secrets:Key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Secrets__Key is an example")]
    [TestCase("open-humans-etl", "--Postgres:Connection=postgres://somebody@db/openaps", "Postgres__Connection is not of the form")]
    [TestCase("reverse-proxy", "--Proxy:Plain=true", "Proxy__Plain=true is for one's own machine")]
    [TestCase("reverse-proxy", "--OTEL_EXPORTER_OTLP_ENDPOINT=collector", "OTEL_EXPORTER_OTLP_ENDPOINT must be an address")]
    public async Task Production_refuses_what_is_unsafe_all_at_once(string service, string setting, string told)
    {
        var (code, lines) = await CheckAsync(service, [.. Sound(Own[service]), setting, "--Serilog:MinimumLevel:Default=Fatal"]);

        Assert.That((code, lines.Count(line => line.StartsWith("error", StringComparison.Ordinal))), Is.EqualTo((1, 1)));
        Assert.That(lines, Has.Some.StartsWith($"error    {told}"));
    }

    [Test]
    public async Task No_value_is_ever_printed()
    {
        string[] secrets = ["planted-password", "planted-secret", Key, "planted-token", "planted-hook", "planted-value"];
        foreach (var service in Names)
        {
            var (_, lines) = await CheckAsync(service, Sound("--Postgres:Connection=Host=127.0.0.1;planted-password", "--Secrets:OldKeys:0=planted-secret", "--Alerts:SlackToken=planted-token", "--Alerts:SlackWebhook=planted-hook", "--Ingest:Every=planted-value",
                "--Portal:BaseUrl=planted-value", "--Registration:BaseUrl=planted-value", "--Proxy:HttpPort=planted-value", "--Smtp:Password=planted-password", "--Smtp:Port=planted-value"));
            Assert.That(lines, Has.Length.GreaterThan(1));
            foreach (var secret in secrets)
                Assert.That(lines, Has.None.Contain(secret), service);
        }
    }

    [Test]
    public async Task The_start_says_the_same_in_one_go_and_ends_with_2()
    {
        var (error, before) = (new StringWriter(), Console.Error);
        Console.SetError(error);
        int code;
        try
        {
            code = await ServiceHost.RunAsync(() => NightscoutIngester.Ingester.Build([.. Production, "--Ingest:Every=hourly"]));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.ToString(), Does.StartWith("Not started: \n  - ").And.Contain("\n  - Secrets__Key must be 32 bytes").And.Contain("\n  - Ingest__Every must be a duration"));
    }
}
