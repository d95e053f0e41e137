using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Sandbox.Demo;

namespace Bench;

/// <summary>What charts of a whole cohort ask of the summaries, at 1 and 10 million entries (BENCH_ENTRIES: in millions, separated by commas, for instance 1,10,100).</summary>
/// <remarks>A participant for every 100,000 entries: most of a year at five minutes. The limit of 100 ms is that of the issue, at 10 million.</remarks>
static class ChartsBench
{
    const int PerParticipant = 100_000, Limit = 100, LimitMillions = 10, Runs = 5;

    static readonly (string What, string Sql)[] Charts =
    [
        ("time in range of the cohort", "select * from research.cohort_bands"),
        ("percentile profile by time of day", "select * from research.cohort_profile order by half_hour"),
        ("heat map of the week", "select * from research.cohort_week"),
        ("distribution of time in range, GMI, CV and days", "select * from research.cohort_distribution"),
        ("GRI grid", "select gri_hypo, gri_hyper, gri from research.glucose_participant where is_sufficient"),
        ("coverage calendar", "select * from research.cohort_calendar"),
        ("duplicates by participant", "select participant_id, duplicate_percent from research.glucose_participant"),
    ];

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var figures = new List<Figure>();
        foreach (var millions in (Environment.GetEnvironmentVariable("BENCH_ENTRIES") ?? "1,10").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
            figures.AddRange(await RunAsync(settings, millions, cancellationToken));
        return figures;
    }

    static async Task<List<Figure>> RunAsync(DemoSettings settings, int millions, CancellationToken cancellationToken)
    {
        await using var database = await DemoDatabase.CreateAsync(settings, cancellationToken);
        await FillAsync(database.Owner, millions * 1_000_000 / PerParticipant, cancellationToken);
        var run = await MeasuredCommand.RunAsync(settings, "OpenHumansEtl", ["summarise", "--anew"],
            new Dictionary<string, string> { ["Postgres__Connection"] = database.As("open_humans_etl"), ["Secrets__Key"] = Convert.ToBase64String(new byte[32]) }, cancellationToken);
        await ExecuteAsync(database.Owner, "vacuum analyze", cancellationToken);

        var of = $"of {millions} million entries";
        var seconds = JsonNode.Parse(run.LastLine)!["seconds"]!.GetValue<double>();
        var figures = new List<Figure>
        {
            Figure.AtLeast($"summaries {of} from scratch, entries/s", millions * 1e6 / seconds, 50_000) with { IsLimit = false }, // no limit of the issue's
            Figure.Memory($"summarise {of}", run.PeakBytes),
        };
        await using var connection = new NpgsqlConnection(database.As("data_management_app"));
        await connection.OpenAsync(cancellationToken);
        foreach (var (what, sql) in Charts)
        {
            var times = await TimeAsync(connection, sql, cancellationToken);
            var isLimit = millions <= LimitMillions;
            figures.Add(Figure.AtMost($"{what} {of}, ms, median of {Runs}", times[Runs / 2], Limit) with { IsLimit = isLimit });
            figures.Add(Figure.Beside($"{what} {of}, ms, worst of {Runs}", times[^1], "limit of the median", Limit));
        }
        return figures;
    }

    /// <summary>Milliseconds, ascending, of runs after a first one that warms up: grant, query and all rows.</summary>
    static async Task<double[]> TimeAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var run = 0; run <= Runs; run++)
        {
            var watch = Stopwatch.StartNew();
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var grant = new NpgsqlCommand("select set_config('app.grant', 'bench', true)", connection);
            await grant.ExecuteNonQueryAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
                if (!reader.HasRows)
                    throw new DemoException($"No rows: {sql}");
                else
                    while (await reader.ReadAsync(cancellationToken))
                    {
                    }
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        return [.. times.Skip(1).Order()];
    }

    /// <summary>Participants in three zones, each with a mean and a daily rhythm of their own, noise, gaps, error codes, and one in ten with two uploaders for a month.</summary>
    static async Task FillAsync(string owner, int participants, CancellationToken cancellationToken)
    {
        await ExecuteAsync(owner, $"""
            select setseed(0.42);
            create table public.person as
            select register.record_consent((10000000 + i)::text, 'file', 'both', 'bench') as participant_id, i,
                   125 + 60 * random() as mean, 15 + 30 * random() as rhythm, 20 + 30 * random() as spread, 24 * random() as phase
              from generate_series(1, {participants}) as i;
            insert into openaps.profile_zone (participant_id, since, zone)
            select participant_id, '-infinity', (array['Europe/Berlin', 'America/New_York', 'Australia/Sydney'])[1 + i % 3] from person;
            with researcher as (insert into portal.app_users (email) values ('bench@example.org') returning id)
            insert into portal.access_grant (user_id, openaps, nsf, expires_at, secret_hash, sealed_secret) select id, true, true, now() + interval '1 day', sha256('bench'), '' from researcher;
            """, cancellationToken);
        for (var person = 1; person <= participants; person++) // one after the other, as loads write them
            await ExecuteAsync(owner, $"""
                insert into openaps.entries (participant_id, id, sgv, type, device, date, direction, period, content_hash)
                select participant_id, 'a' || n, case when random() < 0.002 then 5 else least(401, greatest(39,
                           round(mean + rhythm * sin(2 * pi() * (n / 12.0 - phase) / 24) + spread * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())))) end::numeric,
                       'sgv', 'share2', timestamptz '2025-10-01Z' + n * interval '5 minutes' + random() * interval '9 seconds', 'Flat', 'whole', n
                  from public.person cross join generate_series(1, {PerParticipant * 17 / 16}) as n
                 where i = {person} and n / 1000 % 17 <> 3;
                insert into openaps.entries (participant_id, id, sgv, type, device, date, direction, period, content_hash)
                select participant_id, 'b' || content_hash, sgv, 'sgv', 'xDrip-DexcomG6', date + interval '30 seconds', 'Flat', 'whole', -content_hash
                  from openaps.entries join public.person using (participant_id)
                 where i = {person} and i % 10 = 0 and content_hash <= 8640;
                """, cancellationToken);
        await ExecuteAsync(owner, "vacuum analyze", cancellationToken);
    }

    static async Task ExecuteAsync(string owner, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(owner);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
