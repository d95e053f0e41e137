using Dapper;
using Glucose;
using Npgsql;
using Register;
using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>Summaries by local day and what is built on them, against libraries/Glucose and against being made from scratch.</summary>
public sealed class GlucoseDayTests
{
    const double Tolerance = 1e-9;
    static readonly DateTimeOffset Start = new(2026, 9, 28, 0, 0, 0, TimeSpan.Zero);
    SummaryWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartWorld() => _world = await SummaryWorld.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task Only_sensor_readings_from_39_to_599_count()
    {
        var at = 0;
        string Line(string fields) => $$"""{"_id":"e{{at}}","date":{{Start.AddMinutes(5 * at++).ToUnixTimeMilliseconds()}},"device":"share2",{{fields}}}""";
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries",
            Line("\"type\":\"sgv\",\"sgv\":39"), Line("\"type\":\"sgv\",\"sgv\":401"), Line("\"sgv\":100"), Line("\"type\":\"SGV\",\"sgv\":\"101.5\""), Line("\"type\":\"sgv\",\"sgv\":599"),
            Line("\"type\":\"sgv\",\"sgv\":5"), Line("\"type\":\"sgv\",\"sgv\":12"), Line("\"type\":\"sgv\",\"sgv\":38"), Line("\"type\":\"sgv\",\"sgv\":600"), Line("\"type\":\"sgv\",\"sgv\":null"),
            Line("\"type\":\"mbg\",\"mbg\":100"), Line("\"type\":\"mbg\",\"mbg\":100,\"sgv\":100"), Line("\"type\":\"cal\",\"slope\":900,\"intercept\":3000,\"scale\":1"));
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<string>("select n || ' ' || sum_mgdl || ' ' || min_mgdl || ' ' || max_mgdl from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "5 1240.5 39 599" }));
    }

    [Test]
    public async Task Bands_meet_where_the_consensus_says()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. new[] { 53.9, 54, 62.9, 63, 69.9, 70, 140, 140.1, 180, 180.1, 250, 250.1 }.Select((value, i) => Sgv($"e{i}", Start.AddMinutes(i * 5), value))]);
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<string>(
            "select concat_ws(' ', very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy) from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "1 4 4 2 1 2 4 3" }));
    }

    [TestCase(1, 1440, 1440)]
    [TestCase(5, 288, 1440)]
    [TestCase(15, 96, 1440)]
    public async Task Cadence_tells_how_many_readings_a_day_should_have(int minutes, int expected, int covered)
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. Enumerable.Range(0, 1440 / minutes).Select(i => Sgv($"e{i}", Start.AddMinutes(i * minutes), 100))]);
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<string>("select concat_ws(' ', cadence_minutes, expected, round(covered_minutes)) from openaps.glucose_day where participant_id = @id", participant),
            Is.EqualTo(new[] { $"{minutes} {expected} {covered}" }));
    }

    [Test]
    public async Task Gaps_are_not_covered()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. Enumerable.Range(0, 288).Where(i => i is < 100 or >= 200).Select(i => Sgv($"e{i}", Start.AddMinutes(i * 5), 100))]);
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<double>("select covered_minutes from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { 940d }).Within(1e-6));
    }

    [Test]
    public async Task Days_agree_with_the_library([Random(3, Distinct = true)] int seed)
    {
        var random = new Random(seed);
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin"));
        var readings = RandomReadings(random, 40).ToList();
        await _world.LoadAsync(participant, "entries", [.. readings.Select((reading, i) => Sgv($"e{i}", reading.At, reading.MgDl))]);
        await _world.SummariseAsync();

        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var expected = readings.Where(reading => reading.MgDl is >= 39 and < 600).Select(reading => reading.InZone(zone)).GroupBy(reading => DateOnly.FromDateTime(reading.At.DateTime)).ToDictionary(day => day.Key, GlucoseSeries.From);
        var made = (await _world.QueryAsync<Row>("select * from openaps.glucose_day where participant_id = @id", participant)).ToDictionary(row => row.Day);
        Assert.That(made.Keys, Is.EquivalentTo(expected.Keys));
        foreach (var (day, series) in expected)
        {
            var (row, summary) = (made[day], GlucoseSummary.Of(series));
            Assert.That(row.N, Is.EqualTo(summary.Count), $"{day}");
            AssertBands(row.N, summary.Bands, row.VeryLow, row.Low, row.InRange, row.High, row.VeryHigh, row.Tight, row.Pregnancy, row.BelowPregnancy);
            AssertClose(row.SumMgdl / row.N, summary.Mean);
            AssertClose(row.LowRisk / row.N, summary.Lbgi);
            AssertClose(row.HighRisk / row.N, summary.Hbgi);
            if (row.N > 1)
                AssertClose(Math.Sqrt((row.SumSquares - Math.Pow(row.SumMgdl - 120 * row.N, 2) / row.N) / (row.N - 1)), summary.StandardDeviation);
            var histogram = new GlucoseHistogram();
            foreach (var reading in row.Readings)
                histogram.Add(reading % 600, 1);
            AssertWithinOne(Percentiles.Of(histogram), Percentiles.Of(series));
            Assert.That(row.DayMinutes, Is.EqualTo(day == new DateOnly(2026, 10, 25) ? 1500 : 1440), $"{day}");
        }
    }

    [Test]
    public async Task Cohort_views_agree_with_the_library()
    {
        await using var world = await SummaryWorld.StartAsync();
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");
        var all = new List<(long Participant, GlucoseSeries Series)>();
        for (var seed = 1; seed <= 3; seed++)
        {
            var participant = await world.ParticipantAsync();
            await world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", zone.Id));
            var readings = RandomReadings(new(seed), 20 * seed).ToList();
            await world.LoadAsync(participant, "entries", [.. readings.Select((reading, i) => Sgv($"e{i}", reading.At, reading.MgDl))]);
            all.Add((participant.ParticipantId, GlucoseSeries.From(readings.Where(reading => reading.MgDl is >= 39 and < 600)).InZone(zone)));
        }
        await world.LoadAsync(await world.ParticipantAsync(SharedProjects.Nightscout), "entries", Sgv("other", Start, 300)); // of another commons
        await world.SummariseAsync();
        await using var connection = await GrantAsync(world);
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select set_config('app.grant', 'secret', true)");
        var pooled = all.SelectMany(one => one.Series.Values.ToArray()).ToArray();

        foreach (var (participant, series) in all)
        {
            var row = await connection.QuerySingleAsync("select * from research.glucose_participant where participant_id = @participant", new { participant });
            var summary = GlucoseSummary.Of(series);
            AssertClose(row.mean_mgdl, summary.Mean);
            AssertClose(row.sd_mgdl, summary.StandardDeviation);
            AssertClose(row.cv_percent, summary.CoefficientOfVariation);
            AssertClose(row.in_range_percent, summary.Bands.InRange);
            AssertClose(row.lbgi, summary.Lbgi);
            AssertClose(row.hbgi, summary.Hbgi);
            AssertClose(row.gri, summary.Gri.Score);
            AssertClose(row.gmi_percent, summary.Gmi);
        }
        var bands = await connection.QuerySingleAsync("select * from research.cohort_bands");
        AssertClose(bands.in_range_percent, GlucoseSummary.Of(pooled).Bands.InRange);
        AssertClose(bands.very_low_percent, GlucoseSummary.Of(pooled).Bands.VeryLow);
        AssertClose(bands.mean_in_range_percent, all.Average(one => GlucoseSummary.Of(one.Series).Bands.InRange));
        Assert.That((long)bands.participants, Is.EqualTo(3));

        var profile = (await connection.QueryAsync<(int HalfHour, double N, double P5, double P25, double P50, double P75, double P95)>("select half_hour, n, p5, p25, p50, p75, p95 from research.cohort_profile order by 1")).ToList();
        Assert.That(profile.Sum(step => step.N), Is.EqualTo(pooled.Length));
        foreach (var step in profile)
        {
            var values = all.SelectMany(one => Enumerable.Range(0, one.Series.Count).Where(i => one.Series.Times[i].Hour * 2 + one.Series.Times[i].Minute / 30 == step.HalfHour).Select(i => one.Series.Values[i])).ToArray();
            Assert.That(step.N, Is.EqualTo(values.Length));
            AssertWithinOne(new(step.P5, step.P25, step.P50, step.P75, step.P95), Percentiles.Of(values));
        }

        var week = (await connection.QueryAsync<(int Weekday, int Hour, long N, decimal Mean, decimal InRange)>("select weekday, hour, n::bigint, mean_mgdl, in_range_percent from research.cohort_week")).ToList();
        Assert.That(week, Has.Count.EqualTo(168));
        foreach (var cell in week)
        {
            var values = all.SelectMany(one => Enumerable.Range(0, one.Series.Count).Where(i => one.Series.Times[i].Hour == cell.Hour && ((int)one.Series.Times[i].DayOfWeek + 6) % 7 + 1 == cell.Weekday).Select(i => one.Series.Values[i])).ToArray();
            Assert.That(cell.N, Is.EqualTo(values.Length));
            Assert.That((double)cell.Mean, Is.EqualTo(values.Average()).Within(0.5), "of whole mg/dL");
        }

        var distribution = (await connection.QueryAsync<(string Metric, double From, double To, long Participants)>("select metric, from_value, to_value, participants from research.cohort_distribution")).ToList();
        Assert.That(distribution.Where(bin => bin.Metric == "days").Sum(bin => bin.Participants), Is.EqualTo(3));
        foreach (var (_, series) in all)
            Assert.That(distribution, Has.Some.Matches<(string Metric, double From, double To, long Participants)>(bin =>
                bin.Metric == "in_range_percent" && bin.From <= GlucoseSummary.Of(series).Bands.InRange && GlucoseSummary.Of(series).Bands.InRange < bin.To));

        var calendar = (await connection.QueryAsync<(DateTime Day, long Participants, long N)>("select day::timestamp, participants, n from research.cohort_calendar")).ToList();
        foreach (var (day, participants, n) in calendar)
        {
            var counts = all.Select(one => one.Series.Times.ToArray().Count(time => time.Date == day)).ToList();
            Assert.That((participants, n), Is.EqualTo(((long)counts.Count(count => count > 0), (long)counts.Sum())), $"{day}");
        }

        var local = await connection.QuerySingleAsync<(DateTime Utc, DateTime Local, string Confidence, bool Canonical)>(
            "select date, local_time, offset_confidence, is_canonical from research.entries_local where participant_id = @Participant order by date limit 1", new { all[0].Participant });
        Assert.That(local, Is.EqualTo((local.Utc, local.Utc.AddHours(-7), "medium", true)));
    }

    [Test]
    public async Task Without_a_grant_the_summaries_show_nothing()
    {
        await using var world = await SummaryWorld.StartAsync();
        await world.LoadAsync(await world.ParticipantAsync(), "entries", Sgv("a", Start, 100));
        await world.SummariseAsync();
        await using var connection = await world.OpenAs("data_management_app").OpenConnectionAsync();

        foreach (var view in new[] { "utc_offset_timeline", "entries_local", "glucose_day", "glucose_month", "glucose_time_of_day", "glucose_week", "glucose_participant", "cohort_profile", "cohort_week", "cohort_distribution", "cohort_calendar" })
            Assert.That(await connection.ExecuteScalarAsync<long>($"select count(*) from research.{view}"), Is.Zero, view);
        Assert.That(await connection.ExecuteScalarAsync<long>("select participants from research.cohort_bands"), Is.Zero);
    }

    /// <summary>Edits, late and moved and removed readings, journeys and new profiles, in any order.</summary>
    [Test]
    public async Task Made_step_by_step_is_as_made_from_scratch([Values(1201239175, 634321143), Random(6, Distinct = true)] int seed)
    {
        var random = new Random(seed);
        var participant = await _world.ParticipantAsync();
        var entries = new Dictionary<string, (DateTimeOffset At, double MgDl, string Device, int? Offset)>();
        string[] zones = ["Europe/Berlin", "America/New_York", "ETC/GMT+8", "Pacific/Auckland", ""];
        for (var step = 0; step < 12; step++)
        {
            switch (random.Next(8))
            {
                case 6:
                    var given = Start.AddDays(random.Next(40)).AddMinutes(random.Next(1440));
                    await _world.LoadAsync(participant, "treatments", [.. Enumerable.Range(0, random.Next(200)).Select(i => random.Next(3) > 0
                        ? $$"""{"_id":"b{{i}}","eventType":"Bolus","insulin":{{random.Next(1, 9)}}.5,"carbs":{{random.Next(60)}},"created_at":"{{given.AddMinutes(37 * i):O}}"}"""
                        : $$"""{"_id":"b{{i}}","eventType":"Temp Basal","absolute":{{random.Next(4)}},"duration":{{random.Next(120)}},"created_at":"{{given.AddMinutes(37 * i):O}}"}""")]);
                    break;
                case 7:
                    var looping = Start.AddDays(random.Next(40)).AddMinutes(random.Next(1440));
                    await _world.LoadAsync(participant, "devicestatus", [.. Enumerable.Range(0, random.Next(400)).Select(i => looping.AddMinutes(5 * i)).Select(at =>
                        $$$"""{"_id":"d{{{at.ToUnixTimeSeconds()}}}","device":"openaps://rig","created_at":"{{{at:O}}}","openaps":{"suggested":{"COB":3},"enacted":{"received":{{{(random.Next(2) == 0 ? "true" : "false")}}},"rate":{{{random.Next(3)}}},"duration":30,"units":0.{{{random.Next(1, 9)}}},"timestamp":"{{{at.AddMinutes(-random.Next(4)):O}}}"} }}""")]);
                    break;
                case 0:
                    await _world.LoadAsync(participant, "profile", [.. Enumerable.Range(0, random.Next(3)).Select(i => Profile($"p{i}", $"2026-{random.Next(9, 12):00}-{random.Next(1, 28):00}T00:00:00Z", zones[random.Next(zones.Length)]))]);
                    break;
                case 1:
                    foreach (var id in entries.Keys.Where(_ => random.Next(5) == 0).ToList())
                        entries.Remove(id);
                    break;
                case 2:
                    foreach (var (id, entry) in entries.Where(_ => random.Next(20) == 0).ToList())
                        entries[id] = entry with { MgDl = random.Next(39, 400), At = entry.At.AddMinutes(random.Next(-3000, 3000)) };
                    break;
                default:
                    var (from, device, offset) = (Start.AddDays(random.Next(40)).AddMinutes(random.Next(1440)), random.Next(3) switch { 0 => "share2", 1 => "xdrip", _ => "spike" }, random.Next(3) switch { 0 => 120, 1 => -240, _ => (int?)null });
                    for (var i = 0; i < random.Next(200, 900); i++)
                        entries[$"{device}{step}-{i}"] = (from.AddMinutes(5 * i).AddSeconds(random.Next(40)), 100 + i % 9 * 20 + random.Next(2), device, offset);
                    break;
            }
            await _world.LoadAsync(participant, "entries", "whole", entries.Select(entry => Sgv(entry.Key, entry.Value.At, entry.Value.MgDl, entry.Value.Device, entry.Value.Offset)), batch: random.Next(100, 2000));
            if (random.Next(3) > 0)
                await _world.SummariseAsync();
        }
        await _world.SummariseAsync();
        var made = await _world.DerivedAsync(participant);

        await _world.RebuildAsync(participant);

        Assert.That(await _world.DerivedAsync(participant), Is.EqualTo(made));
        Assert.That(made, entries.Count > 0 ? Does.Contain("glucose_day") : Does.Not.Contain("glucose_day"));
    }

    static IEnumerable<Reading> RandomReadings(Random random, int days)
    {
        var value = 120.0;
        for (var i = 0; i < days * 288; i++)
        {
            value = Math.Clamp(value + random.Next(-12, 13), 40, 400);
            if (random.Next(20) > 0) // a sensor misses some
                yield return new(Start.AddMinutes(5 * i).AddSeconds(random.Next(60)), random.Next(30) switch { 0 => random.Next(1, 13), 1 => Math.Round(value, 0) + 0.4, _ => Math.Round(value) });
        }
    }

    /// <summary>A connection of the portal whose database has a grant for the OpenAPS commons with the secret "secret".</summary>
    static async Task<NpgsqlConnection> GrantAsync(SummaryWorld world)
    {
        await using var owner = await world.OpenAsOwner().OpenConnectionAsync();
        await owner.ExecuteAsync("""
            with researcher as (insert into portal.app_users (email) values ('r@example.org') returning id)
            insert into portal.access_grant (user_id, openaps, nsf, expires_at, secret_hash, sealed_secret) select id, true, false, now() + interval '1 day', sha256('secret'), '' from researcher
            """);
        return await world.OpenAs("data_management_app").OpenConnectionAsync();
    }

    static void AssertBands(int n, BandShares shares, params int[] counts)
    {
        double[] percent = [shares.VeryLow, shares.Low, shares.InRange, shares.High, shares.VeryHigh, shares.Tight, shares.Pregnancy, shares.BelowPregnancy];
        Assert.That(counts, Is.EqualTo(percent.Select(share => (int)Math.Round(share * n / 100))));
    }

    static void AssertClose(double value, double expected) => Assert.That(value, Is.EqualTo(expected).Within(Tolerance * Math.Abs(expected)));

    static void AssertWithinOne(Percentiles made, Percentiles expected)
    {
        foreach (var (one, other) in new[] { (made.P5, expected.P5), (made.P25, expected.P25), (made.P50, expected.P50), (made.P75, expected.P75), (made.P95, expected.P95) })
            Assert.That(one, Is.EqualTo(other).Within(1));
    }

    sealed class Row
    {
        public DateOnly Day { get; init; }
        public int N { get; init; }
        public int VeryLow { get; init; }
        public int Low { get; init; }
        public int InRange { get; init; }
        public int High { get; init; }
        public int VeryHigh { get; init; }
        public int Tight { get; init; }
        public int Pregnancy { get; init; }
        public int BelowPregnancy { get; init; }
        public double SumMgdl { get; init; }
        public double SumSquares { get; init; }
        public double LowRisk { get; init; }
        public double HighRisk { get; init; }
        public int DayMinutes { get; init; }
        public short[] Readings { get; init; } = [];
    }
}
