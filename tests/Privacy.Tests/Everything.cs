using System.IO.Compression;
using System.Text;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NightscoutIngester;
using Npgsql;
using OpenHumansEtl;
using Sandbox;
using Sandbox.Demo;
using Testing;

namespace Privacy.Tests;

/// <summary>All four services running as they do in production, each with its own role, clock and pages, on one real database.</summary>
sealed class Everything : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly TestDatabase _database;
    readonly List<WebApplication> _services = [];

    Everything(TestDatabase database, RunningSandbox sandbox, Uri registrationUrl)
    {
        (_database, Sandbox, RegistrationUrl) = (database, sandbox, registrationUrl);
        Owner = database.OpenAsOwner();
    }

    public RunningSandbox Sandbox { get; }

    public Uri RegistrationUrl { get; }

    public NpgsqlDataSource Owner { get; }

    public DirectoryInfo Exports { get; } = Directory.CreateTempSubdirectory("exports-");

    public DirectoryInfo Work { get; } = Directory.CreateTempSubdirectory("work-");

    public IServiceProvider Registration => _services[0].Services;

    public IServiceProvider Portal => _services[3].Services;

    /// <param name="settings">More, of every service.</param>
    public static async Task<Everything> StartAsync(params string[] settings)
    {
        var url = FreePort.NextUrl();
        var everything = new Everything(await TestDatabase.CreateAsync(),
            await SandboxHost.StartAsync(new() { OpenHumans = new() { RedirectUri = new(url, "/openhumans/complete"), WebhookUrl = new(url, "/deauth"), WebhookSecret = "abcdefghijklmnop" } }), url);
        await everything.StartServicesAsync(settings);
        return everything;
    }

    async Task StartServicesAsync(string[] settings)
    {
        string[] Common(string role) =>
        [
            "--environment=Testing", "--Postgres:MaxPoolSize=5", $"--Postgres:Connection={_database.As(role)}", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}", $"--OpenHumans:BaseUrl={Sandbox.OpenHumansUrl}",
            "--OpenHumans:ClientId=sandbox-client", "--OpenHumans:ClientSecret=sandbox-client-secret", "--Nightscout:AllowLoopback=true", "--Serilog:MinimumLevel:Default=Fatal", .. settings,
        ];
        _services.Add(RegistrationSite.Registration.Build([.. Common("registration_site"), $"--urls={RegistrationUrl}", $"--Registration:BaseUrl={RegistrationUrl}", "--Registration:WebhookSecret=abcdefghijklmnop"]));
        _services.Add(Ingester.Build([.. Common("nightscout_ingester"), "--urls=http://127.0.0.1:0", "--Ingest:Beat=00:00:01", "--Ingest:ErasureBeat=00:00:01", "--Ingest:Pause=00:00:00", $"--Ingest:WorkFolder={Work}"]));
        _services.Add(Etl.Build([.. Common("open_humans_etl"), "--urls=http://127.0.0.1:0", "--Etl:Beat=00:00:01", "--Etl:WithdrawalBeat=00:00:01", $"--Etl:WorkFolder={Work}"]));
        _services.Add(DataManagementApp.Portal.Build([.. Common("data_management_app"), "--urls=http://127.0.0.1:0", "--Portal:BaseUrl=http://127.0.0.1", $"--Portal:ExportFolder={Exports}", "--Portal:Beat=00:00:01",
            "--Portal:WithdrawalBeat=00:00:01"]));
        foreach (var service in _services)
            await service.StartAsync();
    }

    /// <summary>Somebody who signs in, gives a protected site and chooses, by the pages.</summary>
    public async Task<(Member Member, long Participant, string Token)> JoinAsync(NightscoutSite site, bool openAps, bool nightscout)
    {
        var member = Sandbox.OpenHumans.AddMember();
        Sandbox.Sites.Add(site);
        var token = site.AddToken();
        site.Options = site.Options with { DefaultRole = "denied" };
        using var person = new WebSession(RegistrationUrl);
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Allow", ("member", member.Id));
        await person.OpenAsync("/Connect");
        await person.SubmitAsync("Look at my site", ("Address", Sandbox.Sites.UrlOf(site).AbsoluteUri), ("Token", token));
        await person.SubmitAsync("Yes, copy this site");
        await ChooseAsync(person, openAps, nightscout);
        return (member, await QueryAsync<long>($"select participant_id from register.participant where project_member_id = '{member.Id}'"), token);
    }

    public static async Task ChooseAsync(WebSession person, bool openAps, bool nightscout)
    {
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Save my choice", ("OpenAps", $"{openAps}"), ("Nightscout", $"{nightscout}"), ("GivenBy", "self"));
        if (person.Page.Title!.StartsWith("Stop sharing?", StringComparison.Ordinal))
            await person.SubmitAsync("Yes, stop sharing");
    }

    public async Task<WebSession> SignedInAsync(Member member)
    {
        var person = new WebSession(RegistrationUrl);
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Allow", ("member", member.Id));
        return person;
    }

    /// <summary>Waits until an SQL condition holds.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> WaitAsync(string condition)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!await QueryAsync<bool>($"select {condition}"))
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > Patience)
                Assert.Fail($"Still not so: {condition}");
            await Task.Delay(100);
        }
        return System.Diagnostics.Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Waits until everything of a participant was copied and loaded.</summary>
    public async Task LoadedAsync(params long[] participants)
    {
        foreach (var participant in participants)
            await WaitAsync($"""
                (select count(*) = 4 and bool_and(imported_all_at is not null) from ingest.cursor where participant_id = {participant})
                and (select count(*) from ingest.file f where participant_id = {participant} and state = 'current')
                  = (select count(*) from openaps.loaded_period where participant_id = {participant})
                and (select outcome = 'Loaded' from openaps.load_state where participant_id = {participant})
                """);
    }

    /// <summary>Exports of everything in both formats, finished.</summary>
    public async Task<long[]> ExportAsync(bool openAps, bool nsf)
    {
        var user = await QueryAsync<long>($"insert into portal.app_users (email) values ('{Guid.NewGuid():N}@example.org') returning id");
        var grants = Portal.GetRequiredService<Grants>();
        await grants.AddAsync(user, openAps, nsf, default);
        var grant = (await grants.CurrentAsync(user, default))!;
        var queue = Portal.GetRequiredService<ExportQueue>();
        var exports = new List<long>();
        foreach (var format in new[] { "csv", "json" })
            exports.Add(await queue.AddAsync(grant, new("all", format, DateOnly.MinValue.AddYears(1969), new(2199, 12, 31)), default));
        await WaitAsync($"(select bool_and(state = 'ready') from portal.export where export_id in ({string.Join(',', exports)}))");
        return [.. exports];
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, commandTimeout: 120))!;
    }

    /// <summary>Every table of every schema whose rows, as text, hold one of the needles in any column.</summary>
    /// <returns><c>schema.table: needle</c>.</returns>
    public async Task<IReadOnlyList<string>> GrepDatabaseAsync(IReadOnlyCollection<string> needles)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        var tables = (await connection.QueryAsync<string>("""
            select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1
            """)).ToList();
        Assert.That(tables, Has.Some.StartsWith("quartz.").And.Some.StartsWith("portal.").And.Some.StartsWith("register.").And.Some.StartsWith("ingest.").And.Some.StartsWith("openaps.").And.Some.StartsWith("public."));
        var found = new List<string>();
        foreach (var table in tables)
            found.AddRange((await connection.QueryAsync<string>($"""
                select distinct needle from unnest(@needles) needle join {table} t on position(needle in lower(to_jsonb(t)::text)) > 0
                """, new { needles = needles.Select(needle => needle.ToLowerInvariant()).Distinct().ToArray() }, commandTimeout: 300)).Select(needle => $"{table}: {needle}"));
        return found;
    }

    /// <summary>Every file in the export folder, and what is packed in it, that holds one of the needles.</summary>
    public IReadOnlyList<string> GrepExports(IReadOnlyCollection<string> needles)
    {
        var found = new List<string>();
        foreach (var file in Exports.GetFiles("*", SearchOption.AllDirectories))
        {
            Look(file.Name, File.ReadAllBytes(file.FullName));
            var bytes = File.ReadAllBytes(file.FullName);
            if (bytes is not [0x1f, 0x8b, ..])
                continue;
            using var content = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var unpacked = new MemoryStream();
            content.CopyTo(unpacked);
            Look($"{file.Name}, unpacked", unpacked.ToArray());
        }
        return found;

        void Look(string name, byte[] bytes) =>
            found.AddRange(needles.Where(needle => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(needle)) >= 0).Select(needle => $"{name}: {needle}"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(_services))
        {
            await service.StopAsync();
            await service.DisposeAsync();
        }
        await Sandbox.DisposeAsync();
        await _database.DisposeAsync();
        Exports.Delete(recursive: true);
        Work.Delete(recursive: true);
    }
}
