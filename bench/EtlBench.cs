using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>
/// The first load of a folder as the original kept it, held against <c>psql \copy</c> of exactly the typed rows it made into identical empty tables with the same keys
/// and indexes: same server, same run. The parse, the gzipped raw lines, provenance and the process's start are all on our side. The database part is what the loader
/// itself counts as spent on all but reading, with one participant at a time and no reading meanwhile, so that nothing else takes part in it. Figures are medians of the rounds.
/// </summary>
static class EtlBench
{
    const int Participants = 8, Days = 240, DaysOfLarge = 2950, Rounds = 3;

    /// <summary>Of as many participants as there are cores, on two; a file alone has to do with <see cref="Figure.Memory"/>.</summary>
    const int MostMegabytes = 300;

    static readonly DateTimeOffset End = new(2026, 10, 31, 0, 0, 0, TimeSpan.Zero);

    static readonly string[] Tables = ["entries", "treatments", "device_status", "device_status_metrics", "aid_cycle", "profile"];

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var uploaders = Enum.GetValues<Uploader>();
        var folder = Folder(settings, $"{Days}-days-of-{Participants}", Enumerable.Range(0, Participants).Select(member => Synthetic.Site(uploaders[member % uploaders.Length], member + 1, Days, End)));
        var rounds = new List<Round>();
        while (rounds.Count < Rounds)
            rounds.Add(await RoundAsync(settings, folder, cancellationToken));
        return
        [
            Figure.AtLeast($"load-directory of {rounds[0].Rows:N0} typed rows, start to end: rows/s over those of psql \\copy", Median(round => round.EndToEnd), 0.5),
            Figure.AtLeast("the same without the summaries and the start of the process", Median(round => round.Loading), 0.5),
            Figure.AtLeast("database part of a first load (direct COPY): rows/s over those of psql \\copy", Median(round => round.Direct), 0.9),
            Figure.AtLeast("database part of a load that merges: rows/s over those of psql \\copy", Median(round => round.Merged), 0.7),
            Figure.AtMost($"peak memory of load-directory, {Environment.ProcessorCount} participants at once, MB", rounds.Max(round => round.PeakBytes) / 1e6, MostMegabytes),
            Figure.AtMost("load-directory again, nothing changed: its seconds over the first load's", Median(round => round.Again), 0.01),
        ];

        double Median(Func<Round, double> value) => rounds.Select(value).Order().ElementAt(Rounds / 2);
    }

    sealed record Round(long Rows, double EndToEnd, double Loading, double Direct, double Merged, double Again, long PeakBytes);

    static async Task<Round> RoundAsync(DemoSettings settings, string folder, CancellationToken cancellationToken)
    {
        await using var database = await DemoDatabase.CreateAsync(settings, cancellationToken);
        var first = await LoadAsync(settings, database, folder, alone: false, cancellationToken);
        var (rows, peer) = await CopyAsync(settings, database, cancellationToken);
        var second = await LoadAsync(settings, database, folder, alone: false, cancellationToken);

        await using var other = await DemoDatabase.CreateAsync(settings, cancellationToken);
        var direct = await LoadAsync(settings, other, folder, alone: true, cancellationToken);
        var (_, peerOfDirect) = await CopyAsync(settings, other, cancellationToken);
        await EmptyAsync(other, cancellationToken); // its ledger stays: the same records in newer files are merged
        var merged = await LoadAsync(settings, other, Renamed(settings, folder), alone: true, cancellationToken);
        await Console.Error.WriteLineAsync($"load-directory {first.Process.Total.TotalSeconds:0.0} s, of it loading {first.Seconds:0.0} s; psql {peer.TotalSeconds:0.0} s. "
            + $"Alone, in the database: direct {direct.InDatabase:0.0} s, psql {peerOfDirect.TotalSeconds:0.0} s, merging {merged.InDatabase:0.0} s.");
        return new(rows, peer.TotalSeconds / first.Process.Total.TotalSeconds, peer.TotalSeconds / first.Seconds, peerOfDirect.TotalSeconds / direct.InDatabase, peerOfDirect.TotalSeconds / merged.InDatabase,
            second.Seconds / first.Seconds, first.Process.PeakBytes);
    }

    /// <summary>One file of two gigabytes.</summary>
    public static async Task<IReadOnlyList<Figure>> LargeAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var folder = Folder(settings, $"{DaysOfLarge}-days-of-one", [Synthetic.Site(Uploader.OpenAps, 1, DaysOfLarge, End)]);
        var largest = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Max(file => new FileInfo(file).Length);
        await using var database = await DemoDatabase.CreateAsync(settings, cancellationToken);
        var load = await LoadAsync(settings, database, folder, alone: false, cancellationToken);
        return [Figure.Memory($"load-directory, largest file {largest / 1e9:0.0} GB, {load.Seconds:0} s", load.Process.PeakBytes)];
    }

    sealed record Load(MeasuredCommand Process, JsonNode Summary)
    {
        public double Seconds => Summary["seconds"]!.GetValue<double>();
        public double InDatabase => Summary["databaseSeconds"]!.GetValue<double>();
    }

    static async Task<Load> LoadAsync(DemoSettings settings, DemoDatabase database, string folder, bool alone, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string> { ["Postgres__Connection"] = database.As("open_humans_etl"), ["Secrets__Key"] = Convert.ToBase64String(new byte[32]) };
        if (alone)
            (environment["Etl__Concurrency"], environment["Etl__ReadAhead"]) = ("1", "false");
        var run = await MeasuredCommand.RunAsync(LoadBench.Published(settings), "OpenHumansEtl", ["load-directory", folder], environment, cancellationToken);
        await SettleAsync(database, cancellationToken);
        return new(run, JsonNode.Parse(run.LastLine)!);
    }

    /// <summary>So that what the server does of its own accord about the rows of one measurement does not take part in the next.</summary>
    static async Task SettleAsync(DemoDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Owner);
        await connection.ExecuteAsync(new CommandDefinition("vacuum (analyze)", commandTimeout: 0, cancellationToken: cancellationToken));
    }

    static string Folder(DemoSettings settings, string name, IEnumerable<NightscoutSite> sites)
    {
        var folder = Path.Combine(settings.Folder, name);
        if (!Directory.Exists(folder))
            OriginalFolder.Write(folder, sites);
        return folder;
    }

    /// <summary>The same files, as a later run of the original would have named them.</summary>
    static string Renamed(DemoSettings settings, string folder)
    {
        var later = Path.Combine(settings.Folder, "later");
        if (Directory.Exists(later))
            Directory.Delete(later, recursive: true);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(later, Path.GetRelativePath(folder, file).Replace("/1600000000000_", "/1600000000001_"));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.CreateSymbolicLink(target, Path.GetFullPath(file));
        }
        return later;
    }

    static async Task EmptyAsync(DemoDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Owner);
        await connection.ExecuteAsync(new CommandDefinition($"truncate {string.Join(", ", Tables.Select(table => $"openaps.{table}"))}", cancellationToken: cancellationToken));
    }

    /// <returns>Rows of all tables, and how long psql took for them, one table after the other.</returns>
    static async Task<(long Rows, TimeSpan Time)> CopyAsync(DemoSettings settings, DemoDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.Owner);
        await connection.OpenAsync(cancellationToken);
        var (rows, time) = (0L, TimeSpan.Zero);
        foreach (var table in Tables)
        {
            var file = Path.Combine(settings.Folder, $"{table}.copy");
            await connection.ExecuteAsync($"create table public.{table} (like openaps.{table} including all)"); // with its keys and indexes
            await PsqlAsync(database, $"\\copy openaps.{table} to '{file}' (format text)", cancellationToken);
            var watch = Stopwatch.StartNew();
            await PsqlAsync(database, $"\\copy public.{table} from '{file}' (format text)", cancellationToken);
            time += watch.Elapsed;
            rows += await connection.ExecuteScalarAsync<long>($"select count(*) from public.{table}");
            File.Delete(file);
        }
        await SettleAsync(database, cancellationToken);
        return (rows, time);
    }

    static async Task PsqlAsync(DemoDatabase database, string command, CancellationToken cancellationToken)
    {
        var owner = new NpgsqlConnectionStringBuilder(database.Owner);
        var start = new ProcessStartInfo("psql", ["-q", "-v", "ON_ERROR_STOP=1", "-h", owner.Host!, "-p", $"{owner.Port}", "-U", owner.Username!, "-d", owner.Database!, "-c", command])
        {
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = owner.Password },
        };
        using var process = Process.Start(start)!;
        var problems = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new DemoException($"psql: {problems}");
    }
}
