using Dapper;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Register;
using Sandbox;
using Sandbox.Demo;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>The site served for real, with the stand-ins behind it.</summary>
public abstract class SiteFixture
{
    TestDatabase _database = null!;
    WebApplication _app = null!;

    protected RunningSandbox Sandbox { get; private set; } = null!;

    protected NpgsqlDataSource Owner { get; private set; } = null!;

    protected IServiceProvider Services => _app.Services;

    /// <summary>Connections of the other services' roles.</summary>
    protected NpgsqlDataSource OpenAs(string role) => _database.OpenAs(role);

    protected string ConnectionOf(string role) => _database.As(role);

    /// <summary>The file that each erasure adds a line to.</summary>
    protected string ErasureList { get; } = Path.Combine(Path.GetTempPath(), $"erasures-{Guid.NewGuid():N}");

    protected Uri SiteUrl { get; private set; } = null!;

    /// <summary>More of the site's settings, as on a command line.</summary>
    protected virtual IEnumerable<string> Settings => [];

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        Owner = _database.OpenAsOwner();
        SiteUrl = FreePort.NextUrl();
        Sandbox = await SandboxHost.StartAsync(new() { OpenHumans = new() { RedirectUri = new(SiteUrl, "/openhumans/complete"), WebhookUrl = new(SiteUrl, "/deauth"), WebhookSecret = "abcdefghijklmnop" } });
        _app = Registration.Build([$"--urls={SiteUrl}", "--environment=Testing", "--Postgres:MaxPoolSize=1", $"--Postgres:Connection={_database.As("registration_site")}", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}",
            $"--Registration:BaseUrl={SiteUrl}", "--Registration:WebhookSecret=abcdefghijklmnop", $"--Registration:ErasureList={ErasureList}", $"--OpenHumans:BaseUrl={Sandbox.OpenHumansUrl}", "--OpenHumans:ClientId=sandbox-client",
            "--OpenHumans:ClientSecret=sandbox-client-secret", "--Nightscout:AllowLoopback=true", "--Serilog:MinimumLevel:Default=Fatal", .. Settings]);
        await _app.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (Sandbox is not null)
            await Sandbox.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        File.Delete(ErasureList);
    }

    protected async Task<(WebSession, Member)> SignedInAsync(Member? member = null)
    {
        member ??= Sandbox.OpenHumans.AddMember();
        var person = new WebSession(SiteUrl);
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Allow", ("member", member.Id));
        Assert.That(person.Response.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo(member.Files.Any(file => file.Name == ParticipantFiles.Address(member.Id)) ? "/MyData" : "/Connect"));
        return (person, member);
    }

    /// <summary>Looks at an address on the page Connect, and says that it is theirs.</summary>
    protected static async Task ConnectAsync(WebSession person, string address, string token = "")
    {
        await person.OpenAsync("/Connect");
        await person.SubmitAsync("Look at my site", ("Address", address), ("Token", token));
        await person.SubmitAsync("Yes, copy this site");
    }

    /// <summary>Chooses on the page Consent; confirms where that is asked for.</summary>
    protected static async Task ChooseAsync(WebSession person, bool openAps, bool nightscout, string givenBy = "self")
    {
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Save my choice", ("OpenAps", $"{openAps}"), ("Nightscout", $"{nightscout}"), ("GivenBy", givenBy));
        if (person.Page.Title!.StartsWith("Stop sharing?", StringComparison.Ordinal))
            await person.SubmitAsync("Yes, stop sharing");
    }

    protected async Task<T> QueryAsync<T>(Member member, string sql)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        var participant = await connection.ExecuteScalarAsync<long>("select participant_id from register.participant where project_member_id = @Id", new { member.Id });
        return (await connection.ExecuteScalarAsync<T>(sql, new { participant }))!;
    }
}
