using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace MetabaseProvisioner.Tests;

/// <summary>What has to be true of the real Metabase as well: on it, where <c>infrastructure/metabase/conformance</c> names it in METABASE_URL; else on the stand-in. Asked by its API alone.</summary>
public sealed class ConformanceTests : MetabaseFixture
{
    static readonly string? Real = Environment.GetEnvironmentVariable("METABASE_URL") is { Length: > 0 } url ? url : null;

    protected override Uri Address => Real is null ? Server.Url : new(Real);

    [Test]
    public async Task Dashboards_are_made_kept_set_right_and_shown_to_signed_tokens_alone()
    {
        // Made once, then left alone.
        Assert.That((await RunAsync(("Patience", "00:10:00"))).Code, Is.Zero);
        var again = await RunAsync();
        Assert.That(again.Said, Does.Contain("nothing changed"));
        Assert.That((await RunAsync(Files, check: true)).Code, Is.Zero);

        // Shown as it was signed.
        var id = Dashboard("cohort");
        await using var reader = NpgsqlDataSource.Create(Reader.ConnectionString);
        foreach (var project in new[] { "openaps", "nsf", "all" })
        {
            var path = $"/api/embed/dashboard/{Token(id, $$"""{"project":"{{project}}"}""")}";
            var tile = (await AskAsync("GET", path)).Body!["dashcards"]!.AsArray().Single(one => (string?)one!["card"]?["name"] == "Participants")!;
            var result = await AskAsync("GET", $"{path}/dashcard/{tile["id"]}/card/{tile["card"]!["id"]}");
            await using var connection = await reader.OpenConnectionAsync();
            Assert.That((result.Status, (string?)result.Body!["status"], (int)result.Body["data"]!["rows"]![0]![0]!),
                Is.EqualTo((HttpStatusCode.Accepted, "completed", await connection.ExecuteScalarAsync<int>("select participants from analytics.participants where project = @project", new { project }))));
        }

        // And to nobody else.
        foreach (var (parameters, query, words) in new[]
        {
            ("{}", "", "You must specify a value for :project in the JWT."),
            ("""{"project":null}""", "", "You must specify a value for :project in the JWT."),
            ("""{"project":"nsf"}""", "?project=all", "You can only specify a value for project in the JWT."),
            ("""{"project":"nsf","other":"x"}""", "", "Unknown parameter"),
        })
        {
            var refused = await AskAsync("GET", $"/api/embed/dashboard/{Token(id, parameters)}{query}");
            Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.BadRequest), refused.Text);
            Assert.That(refused.Text, Does.Contain(words));
        }
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(id, """{"project":"all"}""", key: new string('0', 64))}")).Text, Does.Contain("Message seems corrupt or manipulated"));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(id, """{"project":"all"}""", seconds: -300)}")).Text, Does.StartWith("Token is expired"));

        // Set right when somebody changed it.
        var session = await SignInAsync();
        Assert.That((await AskAsync("PUT", $"/api/dashboard/{id}", new { embedding_params = new { project = "enabled" } }, session)).Status, Is.EqualTo(HttpStatusCode.OK));
        var card = (await AskAsync("GET", $"/api/dashboard/{id}", session: session)).Body!["dashcards"]!.AsArray().First(one => one!["card_id"] is not null)!["card_id"]!;
        Assert.That((await AskAsync("PUT", $"/api/card/{card}", new { archived = true }, session)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await RunAsync(Files, check: true)).Code, Is.EqualTo(3));
        Assert.That((await RunAsync()).Code, Is.Zero);
        Assert.That((string?)(await AskAsync("GET", $"/api/dashboard/{id}", session: session)).Body!["embedding_params"]!["project"], Is.EqualTo("locked"));
        Assert.That((await RunAsync()).Said, Does.Contain("nothing changed"));
    }

    static string Token(long dashboard, string parameters, string key = Key, int seconds = 300)
    {
        var claims = $$"""{"resource":{"dashboard":{{dashboard}}},"params":{{parameters}},"exp":{{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds}}}""";
        var signed = $"{Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(signed)))}";
    }
}
