using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Register;
using Sandbox;
using Sandbox.Demo;
using ServiceDefaults;

namespace Bench;

/// <summary>A row of <c>ingest.run</c>.</summary>
sealed record IngestRun(long ParticipantId, string Outcome, double Seconds, long RecordsRead, int FilesWritten, long BytesUp, long BytesDown, long SiteBytes);

/// <summary>The ingester, its database and the stand-ins, without the other services: what is measured is the ingester's.</summary>
sealed class IngestSystem : IAsyncDisposable
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    readonly DemoSettings _settings;
    readonly DemoDatabase _database;
    readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    ServiceProcess? _ingester;

    IngestSystem(DemoSettings settings, DemoDatabase database, RunningSandbox sandbox)
    {
        (_settings, _database, Sandbox) = (settings, database, sandbox);
        Db = Postgres.Open(new() { Connection = database.Owner });
        Secrets = new(new SecretsOptions { Key = _key });
    }

    public RunningSandbox Sandbox { get; }

    /// <summary>As the owner.</summary>
    public NpgsqlDataSource Db { get; }

    public SecretBox Secrets { get; }

    public ServiceProcess Ingester => _ingester ?? throw new DemoException("The ingester is not running.");

    public static async Task<IngestSystem> StartAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.Folder);
        return new(settings, await DemoDatabase.CreateAsync(settings, cancellationToken), await SandboxHost.StartAsync(new(), cancellationToken));
    }

    public async Task StartIngesterAsync(string name, CancellationToken cancellationToken, params (string Name, string Value)[] own)
    {
        var environment = new Dictionary<string, string>(ServiceEnvironment.Of(Sandbox, _key))
        {
            ["Postgres__Connection"] = _database.As("nightscout_ingester"),
            ["Ingest__Beat"] = "00:00:01",
        };
        foreach (var (setting, value) in own)
            environment[setting] = value;
        _ingester = ServiceProcess.Start(_settings, name, "NightscoutIngester", FreePort.NextUrl(), environment);
        await _ingester.WaitUntilReadyAsync(cancellationToken);
    }

    public async Task StopIngesterAsync()
    {
        if (_ingester is { } running)
            await running.DisposeAsync();
        _ingester = null;
    }

    /// <summary>A participant who signed in and left the address of their site in their account.</summary>
    /// <returns>Their number.</returns>
    public async Task<long> EnrolAsync(Uri site, CancellationToken cancellationToken)
    {
        var member = Sandbox.OpenHumans.AddMember();
        var pair = member.Authorize();
        member.AddFile(ParticipantFiles.Address(member.Id), Encoding.UTF8.GetBytes(site.AbsoluteUri));
        var id = await new ConsentLedger(Db).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.None, "bench", cancellationToken);
        var participant = await new Participants(Db).FindAsync(id, cancellationToken);
        await using var connection = await Db.OpenConnectionAsync(cancellationToken);
        await OpenHumansTokens.StoreAsync(participant, new(pair.AccessToken, pair.RefreshToken, pair.ExpiresAt), Secrets, connection, cancellationToken);
        return id;
    }

    /// <summary>Waits for the first import.</summary>
    /// <exception cref="DemoException">A run failed, or it takes too long.</exception>
    public async Task WaitUntilImportedAsync(long[] participants, TimeSpan patience, CancellationToken cancellationToken) =>
        await WaitAsync(patience, async () => participants.Length == await QueryAsync<long>("""
            select count(*) from ingest.participant p
             where participant_id = any(@participants) and outcome = 'success' and lease_until is null
               and (select bool_and(imported_all_at is not null) from ingest.cursor c where c.participant_id = p.participant_id)
            """, new { participants }, cancellationToken), cancellationToken);

    /// <summary>Lets the ingester run for one participant.</summary>
    /// <exception cref="DemoException">It did not end well.</exception>
    public async Task<IngestRun> RunAsync(long participant, CancellationToken cancellationToken)
    {
        var last = await LastRunAsync(cancellationToken);
        await QueryAsync<int>("update ingest.participant set due_at = now() where participant_id = @participant returning 1", new { participant }, cancellationToken);
        IReadOnlyList<IngestRun> runs = [];
        await WaitAsync(TimeSpan.FromMinutes(5), async () => (runs = await RunsAsync(last, cancellationToken)).Count == 1
            && await QueryAsync<bool>("select lease_until is null from ingest.participant where participant_id = @participant", new { participant }, cancellationToken), cancellationToken);
        return runs[0].Outcome == "success" && runs[0].ParticipantId == participant ? runs[0] : throw new DemoException($"A run ended with: {runs[0].Outcome}.");
    }

    public Task<long> LastRunAsync(CancellationToken cancellationToken) => QueryAsync<long>("select coalesce(max(run_id), 0) from ingest.run", null, cancellationToken);

    /// <summary>The runs that ended after one.</summary>
    public async Task<IReadOnlyList<IngestRun>> RunsAsync(long after, CancellationToken cancellationToken)
    {
        await using var connection = await Db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<IngestRun>(new CommandDefinition("""
            select participant_id, outcome, extract(epoch from ended_at - started_at)::double precision as seconds, records_read, files_written, bytes_up, bytes_down, site_bytes
              from ingest.run where run_id > @after order by run_id
            """, new { after }, cancellationToken: cancellationToken))];
    }

    public async Task<T> QueryAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        await using var connection = await Db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<T>(new CommandDefinition(sql, parameters, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    /// <exception cref="DemoException">It takes too long.</exception>
    public async Task WaitAsync(TimeSpan patience, Func<Task<bool>> isDone, CancellationToken cancellationToken)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await isDone(); await Task.Delay(Look, cancellationToken))
        {
            Ingester.EnsureRunning();
            if (TimeProvider.System.GetElapsedTime(start) > patience)
                throw new DemoException($"The ingester is not done after {patience.TotalMinutes:0} minutes. Its log is in {_settings.Folder}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopIngesterAsync();
        await Sandbox.DisposeAsync();
        await Db.DisposeAsync();
        await _database.DisposeAsync();
    }
}
