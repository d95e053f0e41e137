using System.Net;
using Npgsql;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>What somebody sees who comes while the database is started anew.</summary>
public sealed class DatabaseRestartTests
{
    [Test]
    public async Task A_request_during_a_restart_of_the_database_is_answered_after_it()
    {
        await using var warehouse = await Warehouse.CreateAsync();
        var connection = new NpgsqlConnectionStringBuilder(warehouse.As("data_management_app"));
        await using var relay = new Relay(connection.Host!, connection.Port).Start();
        (connection.Host, connection.Port) = ("127.0.0.1", relay.Port);
        await using var portal = await warehouse.StartPortalAsync($"--Postgres:Connection={connection.ConnectionString}", "--Serilog:MinimumLevel:Default=Fatal");
        using var http = new HttpClient { BaseAddress = new(portal.Urls.Single()) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", $"oadc_{new string('x', 43)}"); // whose it is, the database says
        Assert.That((await AskAsync(), await IsReadyAsync()), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));

        await relay.StopAsync();
        await Warehouse.UntilAsync(async () => await IsReadyAsync() == HttpStatusCode.ServiceUnavailable, "health waits for nothing");
        var during = AskAsync();
        await Task.Delay(1000);
        Assert.That(during.IsCompleted, Is.False);
        relay.Start();

        Assert.That(await during, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await AskAsync(), await IsReadyAsync()), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));

        async Task<HttpStatusCode> AskAsync() => (await http.GetAsync("/api/v1/participants")).StatusCode;

        async Task<HttpStatusCode> IsReadyAsync() => (await http.GetAsync("/health/ready")).StatusCode;
    }
}
