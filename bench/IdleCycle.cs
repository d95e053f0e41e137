using System.Diagnostics;
using Npgsql;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>The hour of 10,000 participants of whom nobody has anything new; with <c>BENCH_PARTICIPANTS</c> another number, and its share of the time.</summary>
static class IdleCycle
{
    const int Everybody = 10_000, Days = 90, Seconds = 15 * 60, Megabytes = 400, Cores = 2;

    /// <summary>Participants in hand at the same time: sites are read with pauses, and a run is mostly waiting.</summary>
    const int Concurrency = 32;

    static readonly TimeSpan ImportPatience = TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var participants = int.TryParse(Environment.GetEnvironmentVariable("BENCH_PARTICIPANTS"), out var set) ? set : Everybody;
        await using var system = await IngestSystem.StartAsync(settings, cancellationToken);
        await using var mirror = await SiteMirror.StartAsync(system.Sandbox, cancellationToken);
        await PrepareAsync(system, mirror, participants, cancellationToken);

        await system.StartIngesterAsync("nightscout-ingester", cancellationToken, ("Ingest__Concurrency", $"{Concurrency}"));
        await using var server = await system.Db.OpenConnectionAsync(cancellationToken);
        var (last, before) = (await system.LastRunAsync(cancellationToken), Times(system, server));
        mirror.TakeCounts();
        system.Sandbox.OpenHumans.Requests.Clear();
        var watch = Stopwatch.StartNew();
        await system.QueryAsync<long>("with due as (update ingest.participant set due_at = now() returning 1) select count(*) from due", null, cancellationToken);
        var limit = (double)Seconds * participants / Everybody;
        await system.WaitAsync(TimeSpan.FromSeconds(30 + 2 * limit), async () =>
        {
            await Task.Delay(250, cancellationToken);
            return await system.QueryAsync<long>("select count(distinct participant_id) from ingest.run where run_id > @last", new { last }, cancellationToken) == participants;
        }, cancellationToken);
        var (seconds, after, sites) = (watch.Elapsed.TotalSeconds, Times(system, server), mirror.TakeCounts());

        await EnsureNothingMovedAsync(system, last, participants, cancellationToken);
        var each = $"of {participants:N0} participants with nothing new";
        var figures = new List<Figure>
        {
            Figure.AtMost($"one cycle {each}, s", seconds, limit),
            Figure.AtMost($"peak memory of the ingester in a cycle {each}, MB", PeakMemory.Of(system.Ingester.ProcessId) / 1e6, Megabytes),
            Figure.Beside($"requests to the site in a run {each}, {100.0 * sites.NotModified / sites.Requests:0} % of them answered 304", (double)sites.Requests / participants, "one for each collection", 4),
        };
        foreach (var ((who, then), (_, now)) in before.Zip(after))
            figures.Add(Figure.Beside($"processor time of {who} in a run {each}, ms", (now - then).TotalMilliseconds / participants, "what two cores have for each", 1000.0 * Cores * Seconds / Everybody));
        return figures;
    }

    /// <summary>A participant of each kind of uploader is imported, and runs until nothing is new to it; the others are copies of these.</summary>
    static async Task PrepareAsync(IngestSystem system, SiteMirror mirror, int participants, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        var (midnight, yesterday) = (new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero), DateOnly.FromDateTime(now.UtcDateTime).AddDays(-1));
        var templates = new List<(long Participant, Func<int, Uri> Site)>();
        foreach (var (index, uploader) in new[] { Uploader.OpenAps, Uploader.Loop, Uploader.Share2 }.Index())
        {
            var site = system.Sandbox.Sites.Add(Synthetic.Generated(uploader, seed: index + 1, yesterday.AddDays(1 - Days), yesterday));
            Synthetic.Fill(site, uploader, seed: index + 1, midnight, now);
            templates.Add((await system.EnrolAsync(mirror.UrlOf(site, participants + index), cancellationToken), number => mirror.UrlOf(site, number)));
        }
        long[] imported = [.. templates.Select(template => template.Participant)];
        await system.StartIngesterAsync("nightscout-ingester-import", cancellationToken, ("Ingest__Pause", "00:00:00"));
        await system.WaitUntilImportedAsync(imported, ImportPatience, cancellationToken);
        foreach (var participant in imported.Concat(imported))
            await system.RunAsync(participant, cancellationToken);
        await system.StopIngesterAsync();
        await system.QueryAsync<long>("with later as (update ingest.participant set due_at = now() + interval '1 day' returning 1) select count(*) from later", null, cancellationToken);
        await new Clones(system).MakeAsync(templates, participants - templates.Count, cancellationToken);
    }

    static async Task EnsureNothingMovedAsync(IngestSystem system, long last, int participants, CancellationToken cancellationToken)
    {
        var runs = await system.RunsAsync(last, cancellationToken);
        var failed = runs.Where(run => run.Outcome != "success").GroupBy(run => run.Outcome).Select(alike => $"{alike.Count()} ended with: {alike.Key}").ToList();
        if (failed.Count > 0)
            throw new DemoException($"Of {participants:N0} participants {string.Join(", ", failed)}.");
        if (runs.Sum(run => run.FilesWritten) is > 0 and var written)
            throw new DemoException($"{written:N0} files were written though nothing was new.");
        if (system.Sandbox.OpenHumans.Requests.Served.Count is > 0 and var requests)
            throw new DemoException($"Open Humans was asked {requests:N0} times though nothing was new.");
    }

    static List<(string Who, TimeSpan Time)> Times(IngestSystem system, NpgsqlConnection server)
    {
        var times = new List<(string, TimeSpan)> { ("the ingester", ProcessorTime.Of(system.Ingester.ProcessId)), ("the stand-ins and this bench", Environment.CpuUsage.TotalTime) };
        if (ProcessorTime.OfServer(server.ProcessID) is { } ofServer)
            times.Add(("PostgreSQL", ofServer));
        return times;
    }
}
