using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NightscoutIngester;
using Npgsql;
using ServiceDefaults;
using Testing;

namespace Operations.Tests;

/// <summary>What <c>/health/ready</c> says, and what it keeps to itself.</summary>
public sealed class HealthTests
{
    static readonly string Key = Convert.ToBase64String(new byte[32]), Other = Convert.ToBase64String([.. Enumerable.Repeat((byte)7, 32)]);

    TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _database.DisposeAsync();

    async Task<WebApplication> StartAsync(string key, params string[] more)
    {
        var app = Ingester.Build(["--environment=Testing", "--urls=http://127.0.0.1:0", "--Postgres:MaxPoolSize=3", $"--Postgres:Connection={_database.As("nightscout_ingester")}", $"--Secrets:Key={key}", "--OpenHumans:BaseUrl=http://127.0.0.1:9",
            "--OpenHumans:ClientId=id", "--OpenHumans:ClientSecret=secret", "--Serilog:MinimumLevel:Default=Fatal", .. more]);
        await app.StartAsync();
        return app;
    }

    static async Task<(int Status, JsonObject Parts)> AskAsync(WebApplication app)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(new Uri(app.Urls.First()), "/health/ready"));
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject());
    }

    [Test]
    public async Task A_service_that_is_well_says_so_of_each_part()
    {
        await using var app = await StartAsync(Key);

        var (status, parts) = await AskAsync(app);

        Assert.That(status, Is.EqualTo(200));
        Assert.That(parts.Select(part => (part.Key, part.Value!.ToJsonString())), Is.EquivalentTo(new[] { "database", "deployment key", "clock", "disk" }.Select(part => (part, """{"status":"Healthy"}"""))));
        await app.StopAsync();
    }

    [Test]
    public async Task A_service_that_cannot_write_where_it_works_is_not_ready()
    {
        var file = Path.GetTempFileName(); // a file where the folder should be: root may write everywhere
        await using var app = await StartAsync(Key, $"--Ingest:WorkFolder={file}/work");

        var (status, parts) = await AskAsync(app);

        Assert.That((status, (string?)parts["disk"]!["status"]), Is.EqualTo((503, "Unhealthy")));
        Assert.That((string?)parts["disk"]!["cause"], Does.StartWith("the folder of Ingest__WorkFolder cannot be written to"));
        await app.StopAsync();
        File.Delete(file);
    }

    [Test]
    public async Task A_cause_holds_nothing_of_the_connection()
    {
        await using var app = await StartAsync(Key);
        await using (var owner = _database.OpenAsOwner())
        {
            await using var connection = await owner.OpenConnectionAsync();
            var name = await connection.ExecuteScalarAsync<string>("select current_database()");
            await connection.ExecuteAsync($"revoke connect on database \"{name}\" from nightscout_ingester, public");
            app.Services.GetRequiredService<NpgsqlDataSource>().Clear(); // else those that are open go on

            var (status, parts) = await AskAsync(app);
            await connection.ExecuteAsync($"grant connect on database \"{name}\" to nightscout_ingester");

            Assert.That((status, (string?)parts["database"]!["status"], (string?)parts["database"]!["cause"]), Is.EqualTo((503, "Unhealthy", "the database answers with error 42501; see its log")));
            Assert.That(parts.ToJsonString(), Does.Not.Contain("nightscout_ingester").And.Not.Contain(name).And.Not.Contain("127.0.0.1"));
        }
        await app.StopAsync();
    }

    [Test]
    public async Task A_service_with_another_deployment_key_is_noticed_by_both()
    {
        await using (var owner = _database.OpenAsOwner())
        {
            await using var connection = await owner.OpenConnectionAsync();
            await connection.ExecuteAsync("insert into public.deployment_key (service, key_id) values ('open_humans_etl', @id) on conflict (service) do update set key_id = excluded.key_id", new { id = (long)new SecretBox(new() { Key = Other }).CurrentKeyId });
        }
        await using (var app = await StartAsync(Key))
        {
            var (status, parts) = await AskAsync(app);
            Assert.That((status, (string?)parts["deployment key"]!["status"], (string?)parts["deployment key"]!["cause"]),
                Is.EqualTo((200, "Degraded", "Secrets__Key is not the one with which open-humans-etl started last: set the same key for all services, then start them anew.")));
            await app.StopAsync();
        }
        await using (var app = await StartAsync(Other))
        {
            Assert.That((string?)(await AskAsync(app)).Parts["deployment key"]!["status"], Is.EqualTo("Healthy"));
            await app.StopAsync();
        }
        await using (var owner = _database.OpenAsOwner())
        {
            await using var connection = await owner.OpenConnectionAsync();
            await connection.ExecuteAsync("delete from public.deployment_key");
        }
    }

    [Test]
    public async Task A_disk_without_room_says_how_much_is_wanted_and_where()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddDiskHealth(Path.GetTempPath(), "Some__Folder", long.MaxValue);
        await using var app = builder.Build();

        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.That(report.Entries["disk"].Description, Does.Match("^[0-9,]+ MB are free where Some__Folder leads, [0-9,]+ MB are wanted; make room there$"));
    }

    [Test]
    public async Task A_wrong_clock_degrades_and_says_what_to_do()
    {
        await using var app = await StartAsync(Key);
        app.Services.GetRequiredService<ClockSkew>().NoteOpenHumans(TimeSpan.FromSeconds(45));

        var (status, parts) = await AskAsync(app);

        Assert.That((status, (string?)parts["clock"]!["cause"]), Is.EqualTo((200, "this machine's clock is 45 s behind, by what Open Humans answered; set it by NTP (timedatectl)")));
        await app.StopAsync();
    }
}
