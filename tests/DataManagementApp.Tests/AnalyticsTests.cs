using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Glucose;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The numbers of the charts, against raw rows; who sees them; and what is hidden.</summary>
public sealed class AnalyticsTests
{
    static readonly string[] Topics = ["cohort", "entries", "treatments", "demographics"];

    ChartWorld _world = null!;
    WebSession _both = null!;
    WebSession _openAps = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await ChartWorld.StartAsync();
        (_both, _openAps) = (await _world.OpenAsync(true, true), await _world.OpenAsync(true, false));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _both?.Dispose();
        _openAps?.Dispose();
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task Time_in_ranges_is_the_mean_of_what_libraries_Glucose_makes_of_raw_rows()
    {
        var rows = Rows(await ChartAsync(_both, "cohort", "ranges"));

        Compare("All", _world.Patients);
        Compare("OpenAPS Data Commons", [.. _world.Patients.Where(patient => patient.Projects != "nsf")]);
        Compare("Nightscout Data Commons", [.. _world.Patients.Where(patient => patient.Projects != "openaps")]);
        Compare("Closed loop", [.. _world.Patients.Where(patient => patient.Loop == "closed")]);
        Compare("Open loop", [.. _world.Patients.Where(patient => patient.Loop == "open")]);

        void Compare(string group, IReadOnlyList<Patient> patients)
        {
            var own = patients.Select(patient => Summary(patient).Bands).ToList();
            double[] expected = [patients.Count, patients.Count * ChartWorld.Days, own.Average(bands => bands.VeryLow), own.Average(bands => bands.Low), own.Average(bands => bands.InRange), own.Average(bands => bands.High), own.Average(bands => bands.VeryHigh),
                GlucoseSummary.Of([.. patients.SelectMany(patient => patient.Readings.Select(reading => reading.MgDl))]).Bands.InRange];
            Assert.That(rows.Single(row => row[0]!.ToString() == group).Skip(1).Select(Number), Is.EqualTo(expected).Within(Tenth), group);
        }
    }

    [TestCase("")]
    [TestCase("?from=2026-09")]
    public async Task The_percentile_profile_is_that_of_raw_rows_by_half_hour(string query)
    {
        var rows = Rows(await ChartAsync(_both, "entries", "profile", query));

        Assert.That(rows, Has.Count.EqualTo(48));
        for (var place = 0; place < 48; place++)
        {
            var readings = _world.Patients.SelectMany(patient => patient.Readings).Where(reading => (int)reading.At.TimeOfDay.TotalMinutes / 30 == place && (query.Length == 0 || reading.At.Month >= 9)).Select(reading => reading.MgDl).ToArray();
            var expected = Percentiles.Of(readings);
            Assert.That(rows[place].Skip(1).Select(Number), Is.EqualTo(new[] { _world.Patients.Count, readings.Length, expected.P5, expected.P25, expected.P50, expected.P75, expected.P95 }).Within(Whole), rows[place][0]!.ToString());
        }
    }

    [TestCase("time-in-range", 5.0)]
    [TestCase("gmi", 0.25)]
    [TestCase("variation", 2.0)]
    public async Task Histograms_count_every_participant_once_and_no_bar_is_of_fewer_than_five(string chart, double width)
    {
        var values = _world.Patients.Select(Summary).Select(summary => chart switch { "gmi" => summary.Gmi, "variation" => summary.CoefficientOfVariation, _ => summary.Bands.InRange }).ToList();

        var bars = Rows(await ChartAsync(_both, "cohort", chart));

        foreach (var bar in bars)
        {
            var (from, to) = (bar[1] is null ? double.MinValue : Number(bar[1]), bar[2] is null ? double.MaxValue : Number(bar[2]));
            Assert.That(Number(bar[3]), Is.EqualTo(values.Count(value => value >= from && value < to)).And.GreaterThanOrEqualTo(5), bar[0]!.ToString());
            Assert.That(bar[1] is null || Math.Abs(from / width - Math.Round(from / width)) < 1e-9);
        }
        Assert.That(bars.Sum(bar => Number(bar[3])), Is.EqualTo(_world.Patients.Count));
    }

    [Test]
    public async Task The_hours_of_the_week_are_those_of_raw_rows_of_all_time_and_of_chosen_months()
    {
        foreach (var query in new[] { "", "?from=2026-09&to=2026-09" })
        {
            var row = Rows(await ChartAsync(_both, "entries", "week", query)).Single(row => row[0]!.ToString() == "Monday" && Number(row[1]) == 8);
            var readings = _world.Patients.SelectMany(patient => patient.Readings).Where(reading => reading.At is { DayOfWeek: DayOfWeek.Monday, Hour: 8 } && (query.Length == 0 || reading.At.Month == 9)).Select(reading => reading.MgDl).ToList();
            Assert.That(row.Skip(2).Select(Number), Is.EqualTo(new[] { _world.Patients.Count, readings.Count, readings.Average(), 100.0 * readings.Count(value => value is >= 70 and <= 180) / readings.Count }).Within(Whole));
        }
    }

    [Test]
    public async Task Insulin_is_the_mean_of_the_participants_own_days()
    {
        var rows = Rows(await ChartAsync(_both, "treatments", "insulin"));

        foreach (var (name, patients) in new[] { ("All", _world.Patients), ("Open loop", [.. _world.Patients.Where(patient => patient.Loop == "open")]) })
            Assert.That(rows.Single(row => row[0]!.ToString() == name).Skip(1).Select(Number), Is.EqualTo(new[] { patients.Count, patients.Count * ChartWorld.Days, patients.Average(patient => patient.Bolus),
                patients.Average(patient => patient.Smb), patients.Average(patient => patient.Basal), patients.Average(patient => patient.Bolus + patient.Smb + patient.Basal) }).Within(Tenth), name);
    }

    [Test]
    public async Task Treatments_devices_and_months_are_counted()
    {
        var people = _world.Patients.Count;
        Assert.That(Text(await ChartAsync(_both, "treatments", "treatment-types")), Is.EqualTo(new[] { $"Correction Bolus {people} {people * ChartWorld.Days}", $"Meal Bolus {people} {people * ChartWorld.Days}" }));
        var xdrip = _world.Patients.Count(patient => patient.Device != "share2");
        Assert.That(Text(await ChartAsync(_both, "entries", "devices")), Is.EqualTo(new[] { $"Dexcom Share {people - xdrip} {(people - xdrip) * ChartWorld.Days * 96}", $"xDrip {xdrip} {xdrip * ChartWorld.Days * 96}" }));
        Assert.That(Text(await ChartAsync(_both, "entries", "growth")), Is.EqualTo(new[] { $"2026-08 {people} {people * 12 * 96} {people * 24} ", $"2026-09 {people} {people * 24 * 96} {people * 48} " }));
    }

    [Test]
    public async Task Of_the_other_commons_nothing_is_in_page_JSON_or_CSV()
    {
        var mine = _world.Patients.Count(patient => patient.Projects != "nsf");
        foreach (var topic in Topics)
        {
            await _openAps.OpenAsync($"/analytics/{topic}");
            Assert.That(_openAps.Text, Does.Contain($"{mine} participants in this choice").And.Not.Contain("Iceland").And.Not.Contain("Nightscout Data Commons 16"), topic);
            Assert.That(_openAps.Page.QuerySelectorAll("option").Select(option => option.TextContent), Has.None.Contain("Iceland").And.None.Contain("Nightscout"));
            var set = await JsonAsync(_openAps, topic);
            Assert.That(set["participants"]!.GetValue<int>(), Is.EqualTo(mine));
            Assert.That(set.ToJsonString(), Does.Not.Contain("Iceland"));
            foreach (var chart in set["charts"]!.AsArray())
                Assert.That((await GetAsync(_openAps, $"/analytics/{topic}/{chart!["id"]}.csv")).Body, Does.Not.Contain("Iceland"));
        }
        var own = _world.Patients.Where(patient => patient.Projects != "nsf").Average(patient => Summary(patient).Bands.InRange);
        Assert.That(Number(Rows(await ChartAsync(_openAps, "cohort", "ranges"))[0][5]), Is.EqualTo(own).Within(Tenth));

        Assert.That((await JsonAsync(_openAps, "cohort", "?commons=nsf"))["problem"]!.ToString(), Does.Contain("does not cover"));
        var (status, body) = await GetAsync(_openAps, "/analytics/cohort/ranges.csv?commons=nsf");
        Assert.That(status, Is.EqualTo(HttpStatusCode.BadRequest), body);
        Assert.That((await JsonAsync(_openAps, "cohort", "?country=Iceland"))["problem"]!.ToString(), Does.Contain("fewer than 5"));
    }

    [Test]
    public async Task Who_withdraws_is_in_no_answer_afterwards_and_who_joins_in_again_is()
    {
        var leaving = _world.Patients[5];
        var before = (await JsonAsync(_both, "cohort"))["participants"]!.GetValue<int>();
        try
        {
            await _world.ConsentAsync(leaving, "none");
            Assert.That((await JsonAsync(_both, "cohort"))["participants"]!.GetValue<int>(), Is.EqualTo(before - 1));
        }
        finally
        {
            await _world.ConsentAsync(leaving, leaving.Projects);
        }
        Assert.That((await JsonAsync(_both, "cohort"))["participants"]!.GetValue<int>(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_choice_of_fewer_than_five_shows_nothing_and_so_does_one_that_leaves_out_fewer_than_five()
    {
        // Three are 0 to 5 years old.
        foreach (var query in new[] { "?age=0-5", "?age=31-45&commons=openaps&loop=closed&country=Norway", "?country=Nowhere", "?device=x" })
            foreach (var topic in Topics)
            {
                var set = await JsonAsync(_both, topic, query);
                Assert.That((set["participants"], set["charts"]!.AsArray().Count), Is.EqualTo(((JsonNode?)null, 0)), query);
                await _both.OpenAsync($"/analytics/{topic}{query}");
                Assert.That(_both.Text, Does.Contain("fewer than 5 participants"), query);
                Assert.That(_both.Page.QuerySelectorAll("main td"), Is.Empty, query);
            }
        // 16 share with Nightscout, and all but 12: fine; were 25 of 28 of a group, three would be told by subtraction.
        Assert.That((await JsonAsync(_both, "cohort", "?commons=nsf"))["participants"]!.GetValue<int>(), Is.EqualTo(16));
        // Of the three ages the one of three people is not shown, and one more: all less the two others would be the three.
        var ages = await Task.WhenAll(new[] { "31-45", "46-60" }.Select(async age => (Age: age, Shown: (await JsonAsync(_both, "cohort", $"?age={age}"))["participants"]?.GetValue<int>())));
        Assert.That(ages.Count(age => age.Shown is null), Is.EqualTo(1));
        var shown = ages.Single(age => age.Shown is not null);
        Assert.That(shown.Shown, Is.EqualTo(_world.Patients.Count(patient => patient.Age == shown.Age)));
    }

    [Test]
    public async Task Of_months_without_records_of_five_no_number_is_shown()
    {
        foreach (var topic in new[] { "cohort", "entries", "treatments" })
            Assert.That((await JsonAsync(_both, topic, "?from=2026-10"))["charts"]!.AsArray().Select(chart => chart!["rows"]!.AsArray().Count), Has.All.EqualTo(0), topic);
    }

    [Test]
    public async Task Small_groups_are_joined_so_that_no_subtraction_tells_them()
    {
        var rows = Text(await ChartAsync(_both, "demographics", "age"));

        Assert.That(rows, Has.None.StartWith("0-5"));
        Assert.That(rows.Select(row => row[..row.IndexOf(' ')]), Does.Contain("Groups"));
        Assert.That(rows.Single(row => row.StartsWith("Groups", StringComparison.Ordinal)), Does.Not.Contain(" 3 "), "the next group hides with it");
    }

    /// <summary>Of numbers rounded to whole ones and to one decimal, as they are shown.</summary>
    const double Whole = 0.5 + 1e-9, Tenth = 0.05 + 1e-9;

    static readonly string[] Attacks = ["' or 1=1 --", "\"><script>alert(1)</script>", "'; drop table openaps.entries; --", "../../etc/passwd", "\u0000", "%00", "{{7*7}}", "=cmd|' /C calc'!A0", "9999-99", "2026-13", "-1", "both'::text"];

    [Test]
    public async Task Hostile_values_in_any_parameter_are_answered_calmly_and_never_repeated_raw()
    {
        foreach (var name in new[] { "commons", "from", "to", "loop", "device", "age", "diagnosed", "country", "unit", "built-in", "topic" })
            foreach (var attack in Attacks)
            {
                var query = $"?{name}={Uri.EscapeDataString(attack)}";
                var (page, html) = await GetAsync(_both, $"/analytics/entries{query}");
                Assert.That(page, Is.EqualTo(HttpStatusCode.OK), query);
                Assert.That(html, Does.Not.Contain("<script>alert").And.Not.Contain("' or 1=1"), query);
                var (json, body) = await GetAsync(_both, $"/analytics/entries.json{query}");
                Assert.That(json, Is.EqualTo(HttpStatusCode.OK), query);
                if (name is not ("unit" or "built-in" or "topic"))
                    Assert.That(JsonNode.Parse(body)!["charts"]!.AsArray(), Is.Empty, query);
                Assert.That((await GetAsync(_both, $"/analytics/entries/profile.csv{query}")).Status, Is.EqualTo(name is "unit" or "built-in" or "topic" ? HttpStatusCode.OK : HttpStatusCode.BadRequest), query);
            }
        foreach (var path in new[] { "/analytics/nothing", "/analytics/nothing.json", "/analytics/cohort/nothing.csv", "/analytics/..%2Fcohort.json", "/analytics/cohort'--/ranges.csv", "/analytics/cohort/embed" })
            Assert.That((await GetAsync(_both, path)).Status, Is.EqualTo(HttpStatusCode.NotFound), path);
        Assert.That((await JsonAsync(_both, "cohort", "?country=Germany&country=Norway"))["problem"]!.ToString(), Does.Contain("one choice"));
    }

    [Test]
    public async Task The_table_of_the_page_and_the_CSV_hold_the_numbers_of_the_JSON()
    {
        foreach (var topic in Topics)
        {
            var set = await JsonAsync(_both, topic);
            await _both.OpenAsync($"/analytics/{topic}");
            foreach (var chart in set["charts"]!.AsArray().Select(chart => chart!.AsObject()).Where(chart => chart["empty"] is null))
            {
                var rows = Rows(chart);
                var section = _both.Page.QuerySelector($"#{chart["id"]}")!;
                Assert.That(section.QuerySelectorAll("tbody tr").Length, Is.EqualTo(rows.Count), $"{chart["id"]}");
                Assert.That(section.TextContent, Does.Contain("How computed"));
                Assert.That(section.QuerySelectorAll("li").Select(item => item.TextContent.Split(": ", 2)[^1].Trim()), Has.All.Not.Empty, $"{chart["id"]}: each source has a meaning");
                var csv = (await GetAsync(_both, $"/analytics/{topic}/{chart["id"]}.csv")).Body.TrimEnd('\r', '\n').Split("\r\n");
                Assert.That(csv, Has.Length.EqualTo(rows.Count + 1));
                foreach (var (row, line) in rows.Zip(csv.Skip(1)))
                    foreach (var (value, cell) in row.Zip(Cells(line)))
                        if (value is not null && double.TryParse(value.ToString(), CultureInfo.InvariantCulture, out var number))
                            Assert.That(double.Parse(cell, CultureInfo.InvariantCulture), Is.EqualTo(number).Within(1e-9));
            }
        }
    }

    [Test]
    public async Task The_unit_is_remembered()
    {
        using var person = await _world.OpenAsync(true, true);
        await person.OpenAsync("/analytics/entries?unit=mmol");
        await person.OpenAsync("/analytics/entries");
        Assert.That(person.Text, Does.Contain("Median (mmol/L)"));

        var (mmol, mgDl) = (Rows(await ChartAsync(person, "entries", "profile"))[0], Rows(await ChartAsync(person, "entries", "profile", "?unit=mgdl"))[0]);

        Assert.That(Number(mmol[5]), Is.EqualTo(GlucoseUnits.ToMmolL(Number(mgDl[5]))).Within(GlucoseUnits.ToMmolL(Whole) + Tenth));
    }

    [Test]
    public async Task Without_a_grant_there_is_no_number()
    {
        using var person = await _world.OpenAsync(true, true, granted: false);
        await person.OpenAsync("/analytics");

        Assert.That(person.Text, Does.Contain("Your access to the data has ended"));
        Assert.That((await GetAsync(person, "/analytics/cohort.json")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await GetAsync(person, "/analytics/cohort/ranges.csv")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Who_has_not_signed_in_is_sent_to_do_so()
    {
        using var visitor = new WebSession(_world.Url);
        foreach (var path in new[] { "/analytics", "/analytics/cohort.json", "/analytics/cohort/ranges.csv", "/analytics/cohort/embed" })
        {
            await visitor.OpenAsync(path);
            Assert.That(visitor.Response.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/sign-in"), path);
        }
    }

    static GlucoseSummary Summary(Patient patient) => GlucoseSummary.Of([.. patient.Readings.Select(reading => reading.MgDl)]);

    static async Task<JsonObject> ChartAsync(WebSession person, string topic, string chart, string query = "") =>
        (await JsonAsync(person, topic, query))["charts"]!.AsArray().Single(one => one!["id"]!.ToString() == chart)!.AsObject();

    static async Task<JsonNode> JsonAsync(WebSession person, string topic, string query = "") => JsonNode.Parse((await GetAsync(person, $"/analytics/{topic}.json{query}")).Body)!;

    static async Task<(HttpStatusCode Status, string Body)> GetAsync(WebSession person, string path)
    {
        using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    static List<JsonArray> Rows(JsonObject chart) => [.. chart["rows"]!.AsArray().Select(row => row!.AsArray())];

    static string[] Text(JsonObject chart) => [.. Rows(chart).Select(row => string.Join(' ', row.Select(cell => cell?.ToString() ?? "")))];

    /// <summary>Of a line whose quoted cells hold no quotes.</summary>
    static IEnumerable<string> Cells(string line) => System.Text.RegularExpressions.Regex.Matches(line, "\"([^\"]*)\"(?:,|$)|([^,]*)(?:,|$)").Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value);

    static double Number(JsonNode? node) => node!.GetValue<double>();
}
