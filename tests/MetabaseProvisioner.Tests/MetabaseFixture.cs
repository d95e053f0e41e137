using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DataManagementApp.Tests;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Sandbox;
using Testing;

namespace MetabaseProvisioner.Tests;

/// <summary>A fresh Metabase for each test, beside a warehouse with participants.</summary>
public abstract class MetabaseFixture
{
    protected const string Key = "f381aa4c582d8524444ea86d7e2f6738fad0d0f2ad0e736dffe64f6e446b16a2", Email = "metabase@example.org", Password = "correct-horse-7";

    ChartWorld _world = null!;

    protected ManualClock Clock { get; } = new(DateTimeOffset.UtcNow);

    protected MetabaseServer Server { get; private set; } = null!;

    /// <summary>Of the Metabase that is asked.</summary>
    protected virtual Uri Address => Server.Url;

    protected HttpClient Http { get; private set; } = null!;

    /// <summary>Where the provisioner writes the numbers of the dashboards.</summary>
    protected string Map { get; private set; } = "";

    protected NpgsqlConnectionStringBuilder Reader => new(_world.As("metabase_reader"));

    protected static string Files => Repository.PathOf("infrastructure/metabase/content");

    [OneTimeSetUp]
    public async Task StartWorld() => _world = await ChartWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopWorld()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [SetUp]
    public Task StartServer() => StartAsync(new());

    [TearDown]
    public async Task StopServer()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        File.Delete(Map);
    }

    /// <summary>Another Metabase instead of the one each test begins with.</summary>
    protected async Task StartAsync(MetabaseBehaviour behaviour, string? key = Key)
    {
        if (Server is not null)
            await Server.DisposeAsync();
        Http?.Dispose();
        Server = await new MetabaseServer(key, Clock, behaviour).StartAsync();
        Http = new() { BaseAddress = Address };
        Map = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"map-{Guid.NewGuid():N}.json");
    }

    /// <summary>A run of the provisioner.</summary>
    /// <param name="settings">Other than those that work, by name below <c>Metabase</c>.</param>
    protected Task<(int Code, string Said)> RunAsync(params (string Name, string Value)[] settings) => RunAsync(Files, check: false, settings);

    protected async Task<(int Code, string Said)> RunAsync(string files, bool check, params (string Name, string Value)[] settings)
    {
        var said = new StringWriter();
        var code = await Run.Async(Settings(settings), files, check, said, said, default);
        foreach (var secret in new[] { Password, Key, Reader.Password! })
            Assert.That(said.ToString(), Does.Not.Contain(secret));
        return (code, said.ToString());
    }

    protected IConfiguration Settings(params (string Name, string Value)[] other)
    {
        var values = new Dictionary<string, string?>
        {
            ["Metabase:InternalUrl"] = $"{Address}",
            ["Metabase:AdminEmail"] = Email,
            ["Metabase:AdminPassword"] = Password,
            ["Metabase:Database"] = Reader.ConnectionString,
            ["Metabase:EmbeddingSecretKey"] = $"{Key}\n", // as a file ends
            ["Metabase:DashboardsFile"] = Map,
            ["Metabase:Patience"] = "00:00:10",
            ["Metabase:Poll"] = "00:00:00.05",
        };
        foreach (var (name, value) in other)
            values[$"Metabase:{name}"] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    /// <summary>Asks Metabase as somebody who signed in, or as nobody.</summary>
    protected async Task<(HttpStatusCode Status, JsonNode? Body, string Text)> AskAsync(string method, string path, object? body = null, string? session = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (session is not null)
            request.Headers.Add("X-Metabase-Session", session);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : null, text);
    }

    protected async Task<string> SignInAsync() => (string)(await AskAsync("POST", "/api/session", new { username = Email, password = Password })).Body!["id"]!;

    protected async Task<string> SetUpAsync()
    {
        var token = (string?)(await AskAsync("GET", "/api/session/properties")).Body!["setup-token"];
        return (string)(await AskAsync("POST", "/api/setup", new { token, user = new { email = Email, password = Password }, prefs = new { site_name = "Test" } })).Body!["id"]!;
    }

    protected long Dashboard(string topic) => (long)JsonNode.Parse(File.ReadAllText(Map))!["dashboards"]![topic]!;
}
