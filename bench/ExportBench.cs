using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>
/// Exports of five participants with glucose only and five with closed loops, by the operator's command, which does what a worker of the portal does, held against <c>psql -c "copy (the same queries) to stdout csv" | gzip -1</c> of the same
/// server in the same run: typed rows as CSV, and records as they were sent as NDJSON. Figures are medians of the rounds.
/// </summary>
static class ExportBench
{
    const int Participants = 5, PerDay = 288, Rounds = 3;
    const string Researcher = "admin@demo.example", Password = "a bench password";

    static readonly DateTimeOffset End = new(2026, 10, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Rows of CSV; BENCH_EXPORT_ROWS says other than a million.</summary>
    static readonly int Rows = int.TryParse(Environment.GetEnvironmentVariable("BENCH_EXPORT_ROWS"), out var rows) ? rows : 1_000_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var system = await DemoSystem.StartAsync(settings, cancellationToken);
        var folder = Path.Combine(settings.Folder, $"entries-and-loops-{Rows}");
        if (!Directory.Exists(folder))
            OriginalFolder.Write(folder, Enumerable.Range(1, 2 * Participants).Select(member => member <= Participants
                ? Synthetic.Site(Uploader.Share2, member, Rows / Participants / PerDay * 21 / 20, End)
                : Synthetic.Site(Uploader.OpenAps, member, Rows / 10 / Participants / PerDay, End)));
        var etl = new Dictionary<string, string>(system.Shared) { ["Postgres__Connection"] = system.Database.As("open_humans_etl") };
        await LoadBench.LoadAsync(settings, folder, etl, cancellationToken);
        await ExecuteAsync(system.Database.Owner, "vacuum (analyze)", cancellationToken);

        using var researcher = await system.SignInToPortalAsync(Researcher, Password, cancellationToken);
        var secret = await GrantAsync(system.Database.Owner, cancellationToken);
        var portal = new Dictionary<string, string>(system.Shared) { ["Postgres__Connection"] = system.Database.As("data_management_app"), ["Portal__BaseUrl"] = system.Portal.OriginalString };
        var rounds = new List<Round>();
        while (rounds.Count < Rounds)
            rounds.Add(await RoundAsync(settings, system, portal, secret, cancellationToken));

        var watch = Stopwatch.StartNew();
        await researcher.OpenAsync("/exports", cancellationToken);
        await researcher.SubmitAsync(cancellationToken, ("Entity", "entries"), ("Format", "csv"), ("From", "1970-01-01"), ("To", "2199-12-31"));
        var first = await FirstProgressAsync(system.Database.Owner, watch, cancellationToken);
        var link = await DemoSystem.ExportAsync(researcher, "entries", "csv", cancellationToken);
        var firstByte = await researcher.DownloadAsync(link, Stream.Null, cancellationToken);
        return
        [
            Figure.AtLeast($"CSV export of {rounds[0].Rows:N0} rows, as a worker builds it: rows/s over those of psql copy | gzip -1", Median(rounds, round => round.CsvBuildRatio), 0.8),
            Figure.AtLeast("the same with the start of the command", Median(rounds, round => round.CsvRatio), 0.8),
            Figure.AtLeast($"NDJSON export of {rounds[0].RawMegabytes:N0} MB of records as sent: MB/s, not packed, over those of psql copy | gzip -1", Median(rounds, round => round.RawRatio), 3),
            Figure.AtMost("export command, s to the first progress", rounds.Max(round => round.FirstProgress), 1),
            Figure.AtMost("export on the portal, s from the click to the first rows", first.TotalSeconds, 1),
            Figure.Memory("the export command, CSV", rounds.Max(round => round.CsvPeak)),
            Figure.Memory("the export command, NDJSON", rounds.Max(round => round.RawPeak)),
            Figure.AtMost("download from the portal, s to the first byte", firstByte.TotalSeconds, 1),
            Figure.Memory("the portal", PeakMemory.Of(system.Services["data-management-app"].ProcessId)),
        ];
    }

    sealed record Round(long Rows, double RawMegabytes, double CsvRatio, double CsvBuildRatio, double RawRatio, double FirstProgress, long CsvPeak, long RawPeak);

    static async Task<Round> RoundAsync(DemoSettings settings, DemoSystem system, IReadOnlyDictionary<string, string> portal, string secret, CancellationToken cancellationToken)
    {
        var peer = await CopyAsync(settings, system.Database.Owner, secret, cancellationToken);
        var (csv, built) = await ExportAsync(settings, portal, "entries", "csv", cancellationToken);
        var (raw, lines) = await ExportAsync(settings, portal, "all", "ndjson", cancellationToken);
        var (rows, rawMegabytes) = (built["rows"]!.GetValue<long>(), lines["contentBytes"]!.GetValue<long>() / 1e6);
        if (rows != peer.Rows)
            throw new DemoException($"psql copied {peer.Rows:N0} rows, the export has {rows:N0}.");
        await Console.Error.WriteLineAsync($"psql {peer.Rows:N0} rows, {peer.Megabytes:0} MB in {peer.Seconds:0.0} s ({peer.Megabytes / peer.Seconds:0} MB/s); CSV {csv.Total.TotalSeconds:0.0} s, of it building {Seconds(built):0.0} s; "
            + $"NDJSON {rawMegabytes:0} MB in {raw.Total.TotalSeconds:0.0} s, of it building {Seconds(lines):0.0} s ({rawMegabytes / Seconds(lines):0} MB/s).");
        return new(rows, rawMegabytes, peer.Seconds / csv.Total.TotalSeconds, peer.Seconds / Seconds(built), rawMegabytes / Seconds(lines) / (peer.Megabytes / peer.Seconds),
            Math.Max(built["firstProgressSeconds"]!.GetValue<double>(), lines["firstProgressSeconds"]!.GetValue<double>()), csv.PeakBytes, raw.PeakBytes);
    }

    static async Task<(MeasuredCommand Run, JsonNode Summary)> ExportAsync(DemoSettings settings, IReadOnlyDictionary<string, string> portal, string entity, string format, CancellationToken cancellationToken)
    {
        var zip = Path.Combine(settings.Folder, $"export-{format}.zip");
        var run = await MeasuredCommand.RunAsync(LoadBench.Published(settings), "DataManagementApp", ["export", "--for", Researcher, "--entity", entity, "--format", format, "--output", zip], portal, cancellationToken);
        File.Delete(zip);
        return (run, JsonNode.Parse(run.LastLine)!);
    }

    static double Seconds(JsonNode summary) => summary["seconds"]!.GetValue<double>();

    static double Median(List<Round> rounds, Func<Round, double> value) => rounds.Select(value).Order().ElementAt(Rounds / 2);

    /// <summary>A grant of which the secret is known, for the peer to read the same views with.</summary>
    static async Task<string> GrantAsync(string owner, CancellationToken cancellationToken)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await using var connection = new NpgsqlConnection(owner);
        await connection.ExecuteAsync(new CommandDefinition("""
            with peer as (insert into portal.app_users (email) values ('peer@demo.example') returning id)
            insert into portal.access_grant (user_id, openaps, nsf, secret_hash, sealed_secret, expires_at)
            select id, true, true, @hash, '\x00', now() + interval '1 day' from peer
            """, new { hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret)) }, cancellationToken: cancellationToken));
        return secret;
    }

    static async Task<TimeSpan> FirstProgressAsync(string owner, Stopwatch watch, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(owner);
        while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select rows > 0 from portal.export order by export_id desc limit 1", cancellationToken: cancellationToken)))
            await Task.Delay(20, cancellationToken);
        return watch.Elapsed;
    }

    static async Task ExecuteAsync(string owner, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(owner);
        await connection.ExecuteAsync(new CommandDefinition(sql, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    /// <summary>The peer: the queries that the export runs, one participant after the other.</summary>
    static async Task<(long Rows, double Megabytes, double Seconds)> CopyAsync(DemoSettings settings, string owner, string secret, CancellationToken cancellationToken)
    {
        var server = new NpgsqlConnectionStringBuilder(owner);
        var (file, size) = (Path.Combine(settings.Folder, "peer.csv.gz"), Path.Combine(settings.Folder, "peer.size"));
        var queries = Path.Combine(settings.Folder, "peer.sql");
        await File.WriteAllLinesAsync(queries, (await ParticipantsAsync(owner, cancellationToken)).Select(participant => $"""
            copy (select id, sgv, direction, device, type, rssi, rawbg, trend, glucose, mbg, delta, filtered, unfiltered, noise, scale, slope, intercept, system_time, date, date_string, source_entity,
                         sgv_mgdl, mbg_mgdl, glucose_unit, glucose_unit_evidence
                    from research.entries where participant_id = {participant} order by participant_id, date) to stdout csv;
            """), cancellationToken);
        var watch = Stopwatch.StartNew();
        await ShellAsync($"psql -qAt -v ON_ERROR_STOP=1 -h '{server.Host}' -p {server.Port} -U '{server.Username}' -d '{server.Database}' -f '{queries}' | gzip -1 > '{file}'", server, secret, cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;
        await ShellAsync($"zcat '{file}' | wc -lc > '{size}'", server, secret, cancellationToken);
        var counted = (await File.ReadAllTextAsync(size, cancellationToken)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (long.Parse(counted[0]), long.Parse(counted[1]) / 1e6, seconds);
    }

    static async Task<IEnumerable<long>> ParticipantsAsync(string owner, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(owner);
        return await connection.QueryAsync<long>(new CommandDefinition("select participant_id from register.participant order by participant_id", cancellationToken: cancellationToken));
    }

    static async Task ShellAsync(string script, NpgsqlConnectionStringBuilder server, string secret, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-o", "pipefail", "-c", script])
        {
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = server.Password, ["PGOPTIONS"] = $"-c jit=off -c app.grant={secret}" },
        };
        using var process = Process.Start(start)!;
        var problems = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new DemoException($"The peer: {problems}");
    }
}
