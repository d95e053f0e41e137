using Dapper;
using DataManagementApp.Charts;
using Npgsql;

namespace DataManagementApp.Tests;

/// <summary>What Metabase may show: views of schema analytics, read as its role. They tell of nobody, also by subtraction, and say what the built-in charts say.</summary>
public sealed class AnalyticsSchemaTests
{
    /// <summary>What makes a number of a view one number; the rest of its columns is what it tells.</summary>
    static readonly (string View, string Key)[] Views =
    [
        ("participants", "''"), ("time_in_ranges", "loop"), ("insulin", "loop"), ("distribution", "metric || range"), ("groups", "kind || name"), ("overlapping", "kind || name"), ("glucose_pattern", "local_time"),
        ("glucose_week", "weekday || ' ' || hour"), ("glucose_days", "day::text"), ("records_by_month", "month::text"), ("loop_by_month", "month || loop"),
    ];

    ChartWorld _world = null!;
    NpgsqlDataSource _db = null!;

    [SetUp]
    public async Task Start()
    {
        _world = await ChartWorld.StartAsync();
        _db = NpgsqlDataSource.Create(_world.As("metabase_reader"));
    }

    [TearDown]
    public async Task Stop()
    {
        if (_db is not null)
            await _db.DisposeAsync();
        if (_world is not null)
            await _world.DisposeAsync();
    }

    /// <summary>12 share with OpenAPS only, 9 with Nightscout only, 7 with both; then so few with one of them that they must be in no number.</summary>
    [TestCase(0, null)]
    [TestCase(4, "openaps")]
    [TestCase(6, "nsf")]
    [TestCase(9, "none")]
    public async Task No_number_is_of_one_to_four_nor_is_one_commons_less_another(int change, string? to)
    {
        foreach (var patient in _world.Patients.Where(patient => patient.Projects == (to == "none" ? "openaps" : "both")).Take(change))
            await _world.ConsentAsync(patient, to!);
        await using var connection = await _db.OpenConnectionAsync();
        foreach (var (view, key) in Views)
        {
            var cells = (await connection.QueryAsync<(string Key, int OpenAps, int Nsf, int All)>($"""
                select {key}, coalesce(sum(participants) filter (where project = 'openaps'), 0)::int, coalesce(sum(participants) filter (where project = 'nsf'), 0)::int, coalesce(sum(participants) filter (where project = 'all'), 0)::int
                  from analytics.{view} group by 1
                """)).ToList();

            Assert.That(cells, view == "overlapping" && change == 0 || change == 9 ? Has.Count.GreaterThanOrEqualTo(0) : Is.Not.Empty, view);
            foreach (var (name, openAps, nsf, all) in cells)
                foreach (var (number, of) in new[] { (openAps, "openaps"), (nsf, "nsf"), (all, "all"), (all - openAps, "nsf alone"), (all - nsf, "openaps alone"), (openAps + nsf - all, "both") })
                    Assert.That(SmallCells.IsSmall(number) || number < 0, Is.False, $"{view} {name}: {number} of {of}");
        }
    }

    [Test]
    public async Task They_say_what_the_built_in_charts_say()
    {
        using var session = await _world.OpenAsync(openAps: true, nsf: true);
        var charts = System.Text.Json.Nodes.JsonNode.Parse(await (await session.SendAsync(new(HttpMethod.Get, new Uri("/analytics/cohort.json", UriKind.Relative)))).Content.ReadAsStringAsync())!;
        var row = charts["charts"]!.AsArray().Single(chart => (string?)chart!["id"] == "ranges")!["rows"]![0]!.AsArray();
        await using var connection = await _db.OpenConnectionAsync();

        var everybody = await connection.QuerySingleAsync<(int Participants, decimal VeryLow, decimal Low, decimal InRange, decimal High, decimal VeryHigh)>(
            "select participants, very_low_percent, low_percent, in_range_percent, high_percent, very_high_percent from analytics.time_in_ranges where project = 'all' and place = 1");
        var median = await connection.QuerySingleAsync<int>("select p50_mgdl::int from analytics.glucose_pattern where project = 'all' and local_time = '12:00'");

        Assert.That(everybody, Is.EqualTo(((int)row[1]!, (decimal)row[3]!, (decimal)row[4]!, (decimal)row[5]!, (decimal)row[6]!, (decimal)row[7]!)));
        var entries = System.Text.Json.Nodes.JsonNode.Parse(await (await session.SendAsync(new(HttpMethod.Get, new Uri("/analytics/entries.json?unit=mgdl", UriKind.Relative)))).Content.ReadAsStringAsync())!;
        Assert.That(median, Is.EqualTo((double)entries["charts"]!.AsArray().Single(chart => (string?)chart!["id"] == "profile")!["rows"]![24]![5]!).Within(0.51));
    }

    [Test]
    public async Task Who_withdraws_is_in_no_number_that_is_asked_for_afterwards()
    {
        await using var connection = await _db.OpenConnectionAsync();
        Assert.That(await CountAsync(), Is.EqualTo((19, 16, 28)));

        await _world.ConsentAsync(_world.Patients.First(patient => patient.Projects == "nsf"), "none");

        Assert.That(await CountAsync(), Is.EqualTo((19, 15, 27)));

        async Task<(int, int, int)> CountAsync()
        {
            var counts = (await connection.QueryAsync<(string Project, int Participants)>("select project, participants from analytics.participants")).ToDictionary(row => row.Project, row => row.Participants);
            return (counts["openaps"], counts["nsf"], counts["all"]);
        }
    }

    [Test]
    public async Task Groups_are_hidden_by_the_rule_of_the_built_in_charts()
    {
        await using var owner = NpgsqlDataSource.Create(_world.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        var dice = new Random(34);
        for (var i = 0; i < 300; i++)
        {
            var counts = Enumerable.Range(0, dice.Next(1, 8)).Select(_ => dice.Next(1, dice.Next(3, 20))).Order().ToArray();
            if (counts.Sum() < SmallCells.Least)
                continue;

            var hidden = (await connection.QueryAsync<bool>("""
                select openaps.is_hidden(row_number() over by_size, count(*) filter (where n < 5) over (), sum(n) over by_size - n)
                  from unnest(@counts) with ordinality as one (n, i) window by_size as (order by i rows unbounded preceding) order by i
                """, new { counts })).ToList();

            Assert.That(hidden, Is.EqualTo(SmallCells.Shown(counts).Select(shown => !shown)), string.Join(' ', counts));
        }
    }

    /// <summary>Of those who share with OpenAPS only 2 loop closed, 4 open, and of 6 it is not known; all others loop open.</summary>
    [TestCase("time_in_ranges")]
    [TestCase("insulin")]
    public async Task The_smallest_groups_are_the_ones_that_are_put_together(string view)
    {
        var alone = _world.Patients.Where(patient => patient.Projects == "openaps").Select(patient => patient.Id).ToList();
        await using var owner = NpgsqlDataSource.Create(_world.Owner);
        await using (var change = await owner.OpenConnectionAsync())
            await change.ExecuteAsync("update openaps.aid_day set loop_type = case when participant_id = any(@closed) then 'closed' when participant_id = any(@unknown) then 'unknown' else 'open' end",
                new { closed = alone[..2], unknown = alone[6..] });
        await using var connection = await _db.OpenConnectionAsync();

        var groups = await connection.QueryAsync<(string, string, int)>($"select project, loop, participants from analytics.{view} where place > 1 order by project, place");

        Assert.That(groups, Is.EqualTo(new[]
        {
            ("all", "Open loop", 16), ("all", "No loop known", 6), ("all", "Groups too small to show, together", 6),
            ("nsf", "Open loop", 16),
            ("openaps", "Open loop", 7), ("openaps", "No loop known", 6), ("openaps", "Groups too small to show, together", 6),
        }));
    }

    [Test]
    public async Task Steps_of_a_histogram_are_joined_until_no_group_in_one_is_small_and_everybody_is_in_one()
    {
        await using var owner = NpgsqlDataSource.Create(_world.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        var dice = new Random(35);
        for (var i = 0; i < 300; i++)
        {
            var steps = dice.Next(1, 12);
            var groups = Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, steps).Select(_ => dice.Next(0, dice.Next(1, 9))).ToArray()).Select(group => SmallCells.IsSmall(group.Sum()) ? new int[steps] : group).ToList();

            var bars = (await connection.QueryAsync<(int First, int Last)>("select first_step, last_step from openaps.joined_steps(@one, @two, @three) order by 1", new { one = groups[0], two = groups[1], three = groups[2] })).ToList();

            var (next, words) = (0, string.Join(" | ", groups.Select(group => string.Join(' ', group))));
            foreach (var (first, last) in bars)
            {
                Assert.That((first, last >= first), Is.EqualTo((next, true)), words);
                next = last + 1;
                foreach (var group in groups)
                    Assert.That(SmallCells.IsSmall(group[first..next].Sum()), Is.False, words);
            }
            Assert.That(next, Is.EqualTo(groups.Sum(group => group.Sum()) == 0 ? 0 : steps), words);
        }
    }
}
