using Glucose;
using Sandbox;

namespace RegistrationSite.Tests;

/// <summary>A participant's own report, of what the ingester summed up.</summary>
public sealed class ReportTests : SiteFixture
{
    [Test]
    public async Task Who_shares_nothing_has_a_report_with_the_figures_of_the_readings()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 14, night: 100, day: 200);

        await person.OpenAsync("/Report");

        Assert.That(person.Page.QuerySelector("h1")!.TextContent, Does.Match(@"^Your glucose, 14 days to \d+ \w{3} \d{4}$"));
        var tiles = person.Page.QuerySelectorAll("dl.tiles > div").ToDictionary(tile => tile.QuerySelector("dt")!.TextContent, tile => tile.QuerySelector("dd")!.TextContent);
        Assert.That(tiles["In range"], Does.StartWith("50 %"));
        Assert.That(tiles["Mean"], Does.StartWith("150"));
        Assert.That(tiles["GMI"], Does.StartWith($"{GlucoseSummary.GmiOf(150):0.0} %"));
        Assert.That(tiles["Readings"], Is.EqualTo("4,032on 14 of 14 days"));
        Assert.That(tiles["Sensor active"], Does.StartWith("100 %"));
        Assert.That(person.Page.QuerySelectorAll("table.bands tbody tr").Select(row => row.QuerySelector("td")!.TextContent), Is.EqualTo(new[] { "0 %0 min a day", "50 %12 h a day", "50 %12 h a day", "0 %0 min a day", "0 %0 min a day" }));
        Assert.That(person.Page.QuerySelectorAll("figure table tbody tr").Select(row => row.TextContent.Trim()).Where(row => row.StartsWith("03:00") || row.StartsWith("15:00")), Is.EqualTo(new[] { "03:00100100100100100", "15:00200200200200200" }));
        Assert.That(person.Page.QuerySelectorAll("table.days path.median").Length, Is.EqualTo(14));
        person.Dispose();
    }

    [Test]
    public async Task The_unit_is_chosen_once_and_remembered()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 14, night: 100, day: 200);

        await person.OpenAsync("/Report?unit=mmol");
        Assert.That(person.Text, Does.Contain("3.9 to 10.0 mmol/L").And.Contain("8.3"));
        await person.OpenAsync("/Report?days=30");

        Assert.That(person.Text, Does.Contain("mmol/L").And.Not.Contain("70 to 180"));
        Assert.That(person.Page.QuerySelectorAll("nav.choices a[aria-current]").Select(choice => choice.TextContent), Is.EqualTo(new[] { "30 days", "mmol/L" }));
        person.Dispose();
    }

    [Test]
    public async Task What_the_data_do_not_suffice_for_is_left_out_and_says_what_is_missing()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 9, night: 100, day: 200);

        await person.OpenAsync("/Report");

        Assert.That(person.Page.QuerySelectorAll("dl.tiles > div").Single(tile => tile.TextContent.StartsWith("GMI")).TextContent, Is.EqualTo("GMI–not enough data: 9 of 14 days"));
        person.Dispose();
    }

    [Test]
    public async Task Days_before_the_first_reading_are_no_gaps_and_those_after_it_are()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 9, night: 100, day: 200);
        await QueryAsync<int?>(member, "delete from ingest.day_part where participant_id = @participant and local_day = cast(now() at time zone 'UTC' as date) - 4");
        await QueryAsync<int?>(member, """
            insert into ingest.day_part (participant_id, collection, day, local_day, source, copied, bands, glucose, readings)
            select @participant, 'entries', day, day, 1, 1, '{0,0,0,0,0}', '{}', '{}' from unnest(array['-infinity', '2026-01-01']::date[]) as day
            """); // records that are no readings

        await person.OpenAsync("/Report");

        Assert.That(person.Page.QuerySelectorAll("table.days tbody tr").Length, Is.EqualTo(9));
        Assert.That(person.Page.QuerySelectorAll("table.days tr").Count(row => row.TextContent.Contains("no readings")), Is.EqualTo(1));
        Assert.That(person.Page.QuerySelector("#begins")!.TextContent, Does.StartWith($"Your data begins on {DateTime.UtcNow.AddDays(-9):d MMM yyyy}"));
        Assert.That(person.Text, Does.Contain("glucose management indicator").And.Contain("coefficient of variation").And.Contain("time zone"));
        using var days = await person.SendAsync(new(HttpMethod.Get, new Uri("/Report?handler=Days&days=14", UriKind.Relative)));
        Assert.That((await days.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1 + 9));
        await QueryAsync<int?>(member, "insert into ingest.cursor (participant_id, collection, imported_from, read_at, read_week_at) values (@participant, 'entries', '2026-01-01', now(), now())");
        await person.OpenAsync("/Report");
        Assert.That(person.Page.QuerySelector("#begins")!.TextContent, Does.StartWith("What is copied so far begins on"));
        person.Dispose();
    }

    [Test]
    public async Task Less_than_a_day_of_readings_gives_no_figure_and_says_how_much_there_is()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 1, night: 100, day: 200);
        await QueryAsync<int?>(member, "update ingest.day_part set quarters[13:96] = array_fill(null::smallint, '{84}') where participant_id = @participant");

        await person.OpenAsync("/Report");

        var tiles = person.Page.QuerySelectorAll("dl.tiles > div").Select(tile => tile.TextContent).ToList();
        Assert.That(tiles, Is.SupersetOf(new[] { "In range–not enough data: 3 of 24 hours", "Mean–not enough data: 3 of 24 hours", "GMI–not enough data: 1 of 14 days" }));
        Assert.That(person.Page.QuerySelector("table.bands"), Is.Null);
        person.Dispose();
    }

    [Test]
    public async Task Before_anything_is_copied_the_page_says_what_to_do()
    {
        var (person, _) = await SignedInAsync();

        await person.OpenAsync("/Report?days=4711");

        Assert.That(person.Page.QuerySelector("#empty")!.TextContent, Does.Contain("No readings in these days").And.Contain("How the copying goes"));
        Assert.That(person.Page.QuerySelector("h1")!.TextContent, Does.StartWith("Your glucose, 14 days"), "another number of days is not offered");
        person.Dispose();
    }

    [Test]
    public async Task The_charts_are_there_as_csv()
    {
        var (person, member) = await SignedInAsync();
        await DaysAsync(member, days: 14, night: 100, day: 200);

        using var days = await person.SendAsync(new(HttpMethod.Get, new Uri("/Report?handler=Days&days=14", UriKind.Relative)));
        using var pattern = await person.SendAsync(new(HttpMethod.Get, new Uri("/Report?handler=Pattern&days=14", UriKind.Relative)));

        Assert.That((await days.Content.ReadAsStringAsync()).Split("\r\n")[1], Does.Match(@"^\d{4}-\d\d-\d\d,288,150.0,0.00,0.00,50.00,50.00,0.00$"));
        Assert.That((await pattern.Content.ReadAsStringAsync()).Split("\r\n")[4], Is.EqualTo("03:00,56,100.0,100.0,100.0,100.0,100.0"));
        person.Dispose();
    }

    [Test]
    public void Figures_of_a_report_are_those_of_the_readings_it_was_made_of()
    {
        var random = new Random(5);
        var day = new DateOnly(2026, 10, 1);
        var readings = Enumerable.Range(0, 20 * 288).Select(at => (At: day.ToDateTime(TimeOnly.MinValue).AddMinutes(5 * at), MgDl: (short)random.Next(40, 400))).ToList();

        var report = new OwnReport(day, day.AddDays(19), readings.GroupBy(reading => DateOnly.FromDateTime(reading.At)).Select(of => new ReportDay(of.Key, GlucoseHistogram.Of([.. of.Select(reading => (double)reading.MgDl)]),
            [.. of.Chunk(3).Select(quarter => (short?)quarter.Average(reading => reading.MgDl))])));

        var exact = GlucoseReport.Of(GlucoseSeries.From(readings.Select(reading => new Reading(new(reading.At, TimeSpan.Zero), reading.MgDl))));
        Assert.That(report.Glucose.Gmi, Is.EqualTo(exact.Gmi).Within(1e-9));
        Assert.That(report.Glucose.CoefficientOfVariation, Is.EqualTo(exact.CoefficientOfVariation).Within(1e-9));
        Assert.That(report.Glucose.Bands!.InRange, Is.EqualTo(exact.Bands!.InRange).Within(1e-9));
        Assert.That(report.Glucose.Sufficiency.SensorTime, Is.EqualTo(TimeSpan.FromDays(20)));
        Assert.That(report.Pattern[3].Count, Is.EqualTo(20 * 4));
    }

    /// <summary>Whole days of readings every five minutes up to yesterday: one value until noon, another from noon on.</summary>
    async Task DaysAsync(Member member, int days, int night, int day) => await QueryAsync<int?>(member, $$"""
        insert into ingest.day_part (participant_id, collection, day, local_day, source, copied, bands, glucose, readings, quarters)
        select @participant, 'entries', today - n, today - n, 288, 288, '{0,0,144,144,0}', '{ {{night}},{{day}} }', '{144,144}', array_fill({{night}}::smallint, '{48}') || array_fill({{day}}::smallint, '{48}')
          from generate_series(1, {{days}}) as n cross join cast(now() at time zone 'UTC' as date) as today
        """);
}
