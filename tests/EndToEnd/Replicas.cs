using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Register;
using Sandbox;
using Sandbox.Demo;
using ServiceDefaults;

namespace EndToEnd;

/// <summary>Replicas of the ingester on one database, the stand-ins, and participants whose sites keep changing.</summary>
sealed class Replicas : IAsyncDisposable
{
    const string TokenPath = "/oauth2/token/";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly DemoSettings _settings;
    readonly DemoDatabase _database;
    readonly NpgsqlDataSource _db;
    readonly Dictionary<string, string> _environment;
    readonly List<ChangingSite> _sites = [];
    readonly List<Replica> _replicas = [];
    readonly SecretBox _secrets;

    Replicas(DemoSettings settings, DemoDatabase database, RunningSandbox sandbox, IEnumerable<(string Name, string Value)> own)
    {
        (_settings, _database, Sandbox) = (settings, database, sandbox);
        _db = Postgres.Open(new() { Connection = database.Owner });
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        _secrets = new(new SecretsOptions { Key = key });
        _environment = new(ServiceEnvironment.Of(sandbox, key))
        {
            ["Postgres__Connection"] = database.As("nightscout_ingester"),
            ["Ingest__Beat"] = "00:00:02",
            ["Ingest__Every"] = "00:00:02",
            ["Ingest__Lease"] = "00:00:05",
            ["Ingest__Pause"] = "00:00:00",
            ["Ingest__Overlap"] = "1.00:00:00", // each run covers whatever the tests change
            ["Ingest__DeviceStatusOverlap"] = "1.00:00:00",
        };
        foreach (var (name, value) in own)
            _environment[name] = value;
    }

    public RunningSandbox Sandbox { get; }

    public IReadOnlyList<ChangingSite> Sites => _sites;

    public string Folder => _settings.Folder;

    public NpgsqlDataSource Db => _db;

    public string Owner => _database.Owner;

    public static async Task<Replicas> StartAsync(params (string Name, string Value)[] own)
    {
        var settings = new DemoSettings { Postgres = Built.Server(), Build = Built.Folder, Configuration = Built.Configuration, Folder = Built.NewWorkFolder() };
        return new(settings, await DemoDatabase.CreateAsync(settings, default), await SandboxHost.StartAsync(new()), own);
    }

    /// <summary>Makes a replica; it is not started yet.</summary>
    public Replica Add(string name)
    {
        var replica = new Replica(name, process => ServiceProcess.Start(_settings, process, "NightscoutIngester", FreePort.NextUrl(), _environment));
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>A participant who signed in and left the address of their site in their account.</summary>
    public async Task EnrolAsync(NightscoutSite site, Random dice)
    {
        Sandbox.Sites.Add(site);
        site.Treatments.Insert($$"""{"eventType":"Note","created_at":"{{DateTime.UtcNow - 1.5 * ChangingSite.Latest:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}"}"""); // stays: with nothing older, what is deleted would count as pruned
        var (url, member) = (Sandbox.Sites.UrlOf(site), Sandbox.OpenHumans.AddMember());
        var pair = member.Authorize();
        member.AddFile(ParticipantFiles.Address(member.Id), Encoding.UTF8.GetBytes(url.AbsoluteUri));
        var id = await new ConsentLedger(_db).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.None, "test", default);
        var participant = await new Participants(_db).FindAsync(id, default);
        await using var connection = await _db.OpenConnectionAsync();
        await OpenHumansTokens.StoreAsync(participant, new(pair.AccessToken, pair.RefreshToken, pair.ExpiresAt), _secrets, connection, default);
        _sites.Add(new(site, url, member, dice));
    }

    /// <summary>
    /// Kills a replica, but not between Open Humans' answer to a refresh and the commit of the new pair: it ends the old pair in that moment (contract §1),
    /// so that such a kill costs a sign-in, whatever we do.
    /// </summary>
    public async Task KillBetweenRefreshesAsync(Replica replica)
    {
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = TokenPath, Count = int.MaxValue }); // no further one begins
        await UntilAsync("the refreshes are stored", async () => !Sandbox.OpenHumans.Requests.IsServing(TokenPath) && Refreshes == await QueryAsync<int>("select sum(generation - 1) from register.open_humans_token"));
        await replica.KillAsync();
        Sandbox.Faults.Clear();
    }

    /// <summary>Token pairs that Open Humans has given out for others.</summary>
    public int Refreshes => Sandbox.OpenHumans.Requests.Served.Count(request => request is { Template: TokenPath, Status: 200 });

    /// <summary>Waits until a replica has copied somebody.</summary>
    public async Task CopiedByAsync(Replica replica)
    {
        var before = replica.Successes(Folder);
        await UntilAsync("the other replica takes over", () => Task.FromResult(replica.Successes(Folder) > before));
    }

    /// <summary>Waits until every participant had a successful run, all of it after now.</summary>
    public async Task CopiedAsync()
    {
        var after = DateTimeOffset.UtcNow;
        await UntilAsync("everybody is copied", async () => await QueryAsync<int>("""
            select count(*)::int from ingest.participant p
             where exists (select from ingest.run r where r.participant_id = p.participant_id and r.outcome = 'success' and r.started_at > @after)
               and (select count(*) from ingest.cursor c where c.participant_id = p.participant_id and imported_all_at is not null) = 4
            """, new { after }) == _sites.Count);
    }

    public async Task<T> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    /// <exception cref="TimeoutException">It does not come; with what the participants are at.</exception>
    public async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        for (var watch = Stopwatch.StartNew(); !await isSo(); await Task.Delay(50))
            if (watch.Elapsed > Patience)
                throw new TimeoutException($"It takes too long until {what}. Participants: {await QueryAsync<string>("""
                    select string_agg(format('%s: %s, due %s, leased until %s, %s failures', participant_id, outcome, due_at, lease_until, failures), '; ') from ingest.participant
                    """)}. Logs: {Folder}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_replicas.SelectMany(replica => replica.Processes).Select(process => process.DisposeAsync().AsTask()));
        await Sandbox.DisposeAsync();
        await _db.DisposeAsync();
        await _database.DisposeAsync();
    }
}
