using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Nightscout;
using Npgsql;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;

namespace NightscoutIngester.Tests;

/// <summary>The ingester's own parts on a real database, stand-ins behind real HTTP, and a clock that tests move.</summary>
sealed class World : IAsyncDisposable
{
    readonly TestDatabase _database;
    readonly WebApplication _app;
    readonly NpgsqlDataSource _registration;

    World(TestDatabase database, RunningSandbox sandbox, ManualClock clock, string[] settings, Crash? crash)
    {
        (_database, Sandbox, Clock) = (database, sandbox, clock);
        _registration = database.OpenAs("registration_site");
        Owner = database.OpenAsOwner();
        _app = Ingester.Build([$"--Postgres:Connection={database.As("nightscout_ingester")}", $"--Secrets:Key={SecretKey}", $"--OpenHumans:BaseUrl={sandbox.OpenHumansUrl}",
            "--OpenHumans:ClientId=sandbox-client", "--OpenHumans:ClientSecret=sandbox-client-secret", "--environment=Testing", "--Nightscout:AllowLoopback=true", "--Ingest:Pause=00:00:00",
            "--Ingest:RetryPause=00:00:00", "--Ingest:WakePause=00:00:00", "--Postgres:MaxPoolSize=1", "--Ingest:BreakAfter=1000", "--Serilog:MinimumLevel:Default=Fatal", .. settings], services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            if (crash is not null)
                services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new CrashHandler(crash)));
        });
    }

    static string SecretKey { get; } = Convert.ToBase64String(new byte[32]);

    static readonly SecretBox Secrets = new(new() { Key = SecretKey });

    public RunningSandbox Sandbox { get; }

    public ManualClock Clock { get; }

    public NpgsqlDataSource Owner { get; }

    public static Task<World> CreateAsync(params string[] settings) => CreateAsync(null, settings);

    /// <param name="crash">Kills runs at chosen steps.</param>
    public static async Task<World> CreateAsync(Crash? crash, string[] settings)
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var world = new World(await TestDatabase.CreateAsync(), await SandboxHost.StartAsync(new() { Time = clock }), clock, settings, crash);
        if (crash is not null)
            await crash.InstallAsync(world.Owner);
        return world;
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>A member who signed in and gave the address of a site.</summary>
    public async Task<Enrolled> EnrolAsync(NightscoutSite site, string? token = null)
    {
        Sandbox.Sites.Add(site);
        return await EnrolAsync(Sandbox.Sites.UrlOf(site), site, token);
    }

    public async Task<Enrolled> EnrolAsync(Uri url, NightscoutSite site, string? token = null)
    {
        var member = Sandbox.OpenHumans.AddMember();
        var participant = await new ConsentLedger(_registration).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.Both, "test", default);
        var found = await SignInAsync(member);
        await using var connection = await _registration.OpenConnectionAsync();
        if (token is not null)
            await connection.ExecuteAsync("insert into register.nightscout_token (participant_id, token) values (@participant, @token)",
                new { participant, token = SiteToken.Seal(token, found, Site.Parse(url.AbsoluteUri).Host, Secrets) });
        member.AddFile(ParticipantFiles.Address(member.Id), Encoding.UTF8.GetBytes(url.AbsoluteUri));
        return new(this, participant, member, site);
    }

    /// <summary>Stores new tokens of a member, as the registration site does.</summary>
    public async Task<Participant> SignInAsync(Member member)
    {
        await using var connection = await _registration.OpenConnectionAsync();
        var id = await connection.QuerySingleAsync<long>(
            "update register.participant set suspended_at = null, suspended_because = null, changed_at = now() where project_member_id = @Id returning participant_id", new { member.Id });
        var participant = await new Participants(_registration).FindAsync(id, default);
        var pair = member.Authorize();
        await OpenHumansTokens.StoreAsync(participant, new(pair.AccessToken, pair.RefreshToken, Clock.GetUtcNow().AddHours(10)), Secrets, connection, default);
        return participant;
    }

    public T Create<T>() where T : notnull => ActivatorUtilities.CreateInstance<T>(_app.Services);

    public async Task RunJobAsync() => await Create<IngestJob>().Execute(null!);

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }
}

/// <summary>A participant under test.</summary>
sealed record Enrolled(World World, long Participant, Member Member, NightscoutSite Site)
{
    /// <summary>Claims the participant and runs the ingester once, due or not.</summary>
    public async Task<IngestOutcome> RunAsync(CancellationToken cancellationToken = default)
    {
        await ClaimAsync();
        return await RunClaimedAsync(cancellationToken);
    }

    Lease _claimed = null!;

    public Task<IngestOutcome> RunClaimedAsync(CancellationToken cancellationToken = default) => World.Get<ParticipantIngest>().RunAsync(_claimed, cancellationToken);

    public async Task ClaimAsync()
    {
        var due = World.Get<DueParticipants>();
        await due.EnrolAsync(default); // enrols
        await using var connection = await World.Owner.OpenConnectionAsync(default);
        await connection.ExecuteAsync("""
            update ingest.participant set due_at = case when participant_id = @Participant then now() else now() + interval '1 day' end, lease_until = null
            """, new { Participant });
        _claimed = (await due.Leases.ClaimAsync(1, default)).Single();
        Assert.That(_claimed.Key, Is.EqualTo(Participant));
    }

    /// <summary>Completed data files in the account, by name; two of one name are a failure.</summary>
    public IReadOnlyDictionary<string, DataFile> Files => Member.Files.Where(file => file.Completed && file.Name.EndsWith(".ndjson.gz", StringComparison.Ordinal))
        .ToDictionary(file => file.Name[(Member.Id.Length + 1)..^".ndjson.gz".Length]);

    /// <summary>All records of a collection in the files, by id; one that stands twice is a failure.</summary>
    public IReadOnlyDictionary<string, string> Records(string collection) => Lines(collection).ToDictionary(IdOf);

    /// <summary>Ids of all records in the files, each as often as it stands there.</summary>
    public IReadOnlyList<string> Ids(string collection) => [.. Lines(collection).Select(IdOf)];

    /// <summary>Each record behind the name of its file.</summary>
    public IEnumerable<string> LinesOfFiles(string collection) => Files.Where(file => file.Key.StartsWith($"{collection}_", StringComparison.Ordinal))
        .SelectMany(file => RecordLines.Read(new MemoryStream(file.Value.Bytes.ToArray())).Select(line => $"{file.Key}: {Encoding.UTF8.GetString(line.Json.Span)}"));

    IEnumerable<string> Lines(string collection) => Files.Where(file => file.Key.StartsWith($"{collection}_", StringComparison.Ordinal))
        .SelectMany(file => RecordLines.Read(new MemoryStream(file.Value.Bytes.ToArray()))).Select(line => Encoding.UTF8.GetString(line.Json.Span));

    /// <summary>What the files should hold: the site's records, scrubbed.</summary>
    public IReadOnlyDictionary<string, string> Served(SiteRecords records)
    {
        var scrubber = new Scrubber(Key("pseudonyms of devices and people"));
        return records.All.Select(json => Encoding.UTF8.GetString(scrubber.Scrub(json.Span).Span)).ToDictionary(IdOf);
    }

    /// <summary>Also of records with duplicate keys, which JsonNode refuses.</summary>
    static string IdOf(string json)
    {
        using var record = JsonDocument.Parse(json);
        return record.RootElement.GetProperty("_id").ToString();
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await World.Owner.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, new { Participant }))!;
    }

    byte[] Key(string purpose)
    {
        using var connection = World.Owner.OpenConnection();
        return new SecretBox(new() { Key = Convert.ToBase64String(new byte[32]) }).DeriveKey(
            connection.ExecuteScalar<byte[]>("select salt from register.participant where participant_id = @Participant", new { Participant })!, purpose);
    }
}
