using Microsoft.AspNetCore.Builder;
using ServiceDefaults;

namespace Operations.Tests;

/// <summary>What a service says of its settings, at its start and by <c>config check</c>. No database is asked.</summary>
public sealed class SettingsTests
{
    static readonly string Key = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(i * 37))]);

    static readonly string[] Production = ["--environment=Production", "--Serilog:MinimumLevel:Default=Fatal"];

    static string[] Sound(params string[] more) =>
        [.. Production, "--Postgres:Connection=Host=127.0.0.1;Port=9;Database=openaps;Username=nobody;Password=planted-password;Timeout=1", $"--Secrets:Key={Key}", "--OpenHumans:ClientId=id", "--OpenHumans:ClientSecret=planted-secret", .. more];

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
        ["registration-site"] = ["--Registration:BaseUrl=https://upload.commons.test"],
        ["nightscout-ingester"] = [],
        ["open-humans-etl"] = [],
        ["data-management-app"] = ["--Portal:BaseUrl=https://data.commons.test"],
        ["reverse-proxy"] = ["--Proxy:Registration:Host=upload.commons.test", "--Proxy:Registration:Destinations:0=http://registration-site:8080", "--Proxy:Data:Host=data.commons.test", "--Proxy:Data:Destinations:0=http://data-management-app:8080"],
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
    [TestCase("open-humans-etl", "--Postgres:Connection=Host=db;Database=openaps;Username=x;Password=change-me", "Postgres__Connection has the password of the example")]
    [TestCase("open-humans-etl", "--Secrets:Key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Secrets__Key is an example")]
    [TestCase("open-humans-etl", "--Postgres:Connection=postgres://somebody@db/openaps", "Postgres__Connection is not of the form")]
    [TestCase("reverse-proxy", "--Proxy:Plain=true", "Proxy__Plain=true is for one's own machine")]
    [TestCase("reverse-proxy", "--OTEL_EXPORTER_OTLP_ENDPOINT=collector", "OTEL_EXPORTER_OTLP_ENDPOINT must be an address")]
    [TestCase("registration-site", "--Postgres:Connection=Host=db;Database=openaps;Username=registration_site;Password=;", "Postgres__Connection has no Password: set RolePasswords__registration_site")]
    [TestCase("data-management-app", "--Postgres:Connection=Host=db;Database=openaps;Username=data_management_app", "Postgres__Connection has no Password: set RolePasswords__data_management_app")]
    [TestCase("open-humans-etl", "--Postgres:Connection=Host=db;Database=;Username=x;Password=y", "Postgres__Connection has no Database.")]
    [TestCase("open-humans-etl", "--Postgres:Connection=Host=db;Database=openaps;Password=y", "Postgres__Connection has no Username.")]
    [TestCase("data-management-app", "--Metabase:SiteUrl=http://metabase.commons.test", "Metabase__SiteUrl begins with http")]
    [TestCase("open-humans-etl", "--Google:TokenUrl=http://oauth2.commons.test/token", "Google__TokenUrl or Google__SheetsUrl begins with http")]
    [TestCase("open-humans-etl", "--Google:SheetsUrl=http://sheets.commons.test", "Google__TokenUrl or Google__SheetsUrl begins with http")]
    public async Task Production_refuses_what_is_unsafe_all_at_once(string service, string setting, string told)
    {
        string[] charts = setting.StartsWith("--Metabase", StringComparison.Ordinal) ? [$"--Metabase:EmbeddingSecretKey={new string('a', 64)}", "--Metabase:DashboardsFile=dashboards.json"] : [];
        var (code, lines) = await CheckAsync(service, [.. Sound([.. Own[service], .. charts]), setting]);

        Assert.That((code, lines.Count(line => line.StartsWith("error", StringComparison.Ordinal))), Is.EqualTo((1, 1)));
        Assert.That(lines, Has.Some.StartsWith($"error    {told}"));
    }

    [TestCase("Host=/var/run/postgresql;Database=openaps;Username=x")]
    [TestCase("Host=db;Database=openaps;Username=x;Passfile=/run/secrets/pgpass")]
    [TestCase("Host=db;Database=openaps;Username=x;SSL Certificate=/run/secrets/client.pem")]
    public async Task A_database_that_knows_its_users_otherwise_needs_no_password(string connection) =>
        Assert.That((await CheckAsync("nightscout-ingester", Sound($"--Postgres:Connection={connection}"))).Code, Is.Zero);

    [Test]
    public async Task On_ones_own_machine_a_database_may_ask_for_no_password() =>
        Assert.That((await CheckAsync("nightscout-ingester", Sound("--Postgres:Connection=Host=localhost;Username=x", "--environment=Local"))).Code, Is.Zero);

    [TestCase("db.commons.test", "", true)]
    [TestCase("db.commons.test", ";SslMode=Prefer", true)]
    [TestCase("db.commons.test", ";SslMode=Require", false)]
    [TestCase("db.commons.test", ";SslMode=VerifyFull", false)]
    [TestCase("db,db.commons.test:5433", "", true)]
    [TestCase("203.0.113.7", "", true)]
    [TestCase("2001:db8::1", "", true)]
    [TestCase("db", "", false)]
    [TestCase("10.1.2.3", "", false)]
    [TestCase("172.31.2.3:5433", "", false)]
    [TestCase("192.168.2.3", "", false)]
    [TestCase("::1", "", false)]
    [TestCase("fd00::1", "", false)]
    public async Task A_database_elsewhere_without_encryption_is_a_warning(string host, string more, bool warns)
    {
        var (code, lines) = await CheckAsync("nightscout-ingester", Sound($"--Postgres:Connection=Host={host};Database=openaps;Username=x;Password=y{more}"));

        Assert.That((code, lines.Count(line => line.StartsWith("warning  Postgres__Connection leads to a database elsewhere", StringComparison.Ordinal))), Is.EqualTo((0, warns ? 1 : 0)));
    }

    [TestCase("registration-site", "--Registration:BaseUrl=https://upload.example.org", "Registration__BaseUrl")]
    [TestCase("data-management-app", "--Portal:BaseUrl=https://data.example.com", "Portal__BaseUrl")]
    [TestCase("reverse-proxy", "--Proxy:Registration:Host=upload.Example.org", "Proxy__Registration__Host")]
    [TestCase("reverse-proxy", "--Proxy:Data:Host=example.org", "Proxy__Data__Host")]
    [TestCase("reverse-proxy", "--Proxy:Status:Host=status.example.com", "Proxy__Status__Host")]
    [TestCase("reverse-proxy", "--Proxy:Status:Host=status.my-example.com", null)]
    public async Task The_examples_address_is_a_warning(string service, string setting, string? named)
    {
        var (code, lines) = await CheckAsync(service, Sound([.. Own[service], setting]));

        Assert.That((code, lines.Where(line => line.Contains("the example's address", StringComparison.Ordinal)).ToArray()), Is.EqualTo((0, named is null ? Array.Empty<string>() : [$"warning  {named} is the example's address. Give your own."])));
    }

    [Test]
    public async Task Malformed_settings_of_libraries_are_named_beside_the_others_and_never_quoted()
    {
        var (code, lines) = await CheckAsync("nightscout-ingester", Sound("--Ingest:Every=planted-value", "--Serilog:MinimumLevel:Default=planted-value", "--Serilog:MinimumLevel:Override:Npgsql=", "--OTEL_EXPORTER_OTLP_ENDPOINT=planted-value", "--OTEL_SDK_DISABLED=planted-value",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=planted-value", "--OTEL_EXPORTER_OTLP_HEADERS=planted-value", "--OTEL_METRIC_EXPORT_INTERVAL=0", "--OTEL_TRACES_SAMPLER=planted-value", "--OTEL_TRACES_SAMPLER_ARG=7", "--OTEL_RESOURCE_ATTRIBUTES=planted-value"));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(lines, Is.EquivalentTo(new[]
        {
            "error    Ingest__Every must be a duration like 01:30:00, or 2.00:00:00 for two days.",
            "error    Serilog__MinimumLevel__Default must be one of Verbose, Debug, Information, Warning, Error, Fatal.", "error    Serilog__MinimumLevel__Override__Npgsql must be one of Verbose, Debug, Information, Warning, Error, Fatal.",
            "error    OTEL_EXPORTER_OTLP_ENDPOINT must be an address that begins with http:// or https://.", "error    OTEL_SDK_DISABLED must be true or false.", "error    OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf.",
            "error    OTEL_EXPORTER_OTLP_HEADERS must be name=value, with commas between.", "error    OTEL_METRIC_EXPORT_INTERVAL must be a whole number of milliseconds, 1 or more.",
            "error    OTEL_TRACES_SAMPLER must be one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio.",
            "error    OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.", "error    OTEL_RESOURCE_ATTRIBUTES must be name=value, with commas between.",
        }));
    }

    [TestCase("--OTEL_SDK_DISABLED=", "--OTEL_EXPORTER_OTLP_PROTOCOL=", "--OTEL_METRIC_EXPORT_INTERVAL=", "--OTEL_TRACES_SAMPLER=", "--OTEL_EXPORTER_OTLP_HEADERS=")]
    [TestCase("--Serilog:MinimumLevel:Default=debug", "--OTEL_SDK_DISABLED=TRUE", "--OTEL_EXPORTER_OTLP_PROTOCOL=planted-value")]
    [TestCase("--Serilog:MinimumLevel=Debug", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20x,other=1", "--OTEL_METRIC_EXPORT_INTERVAL=500", "--OTEL_TRACES_SAMPLER=traceidratio", "--OTEL_TRACES_SAMPLER_ARG=0.1", "--OTEL_RESOURCE_ATTRIBUTES=a=b,c=d")]
    public async Task Settings_of_libraries_that_are_empty_or_right_are_in_order(params string[] settings) =>
        Assert.That((await CheckAsync("reverse-proxy", Sound([.. Own["reverse-proxy"], "--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9", .. settings]))).Code, Is.Zero);

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
