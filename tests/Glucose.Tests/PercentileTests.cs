namespace Glucose.Tests;

public sealed class PercentileTests
{
    [TestCase(0, 10)]
    [TestCase(25, 17.5)]
    [TestCase(40, 22)]
    [TestCase(50, 25)]
    [TestCase(100, 40)]
    public void Percentiles_are_interpolated_linearly(double percent, double expected) =>
        Assert.That(Percentiles.At([10, 20, 30, 40], percent), Is.EqualTo(expected).Within(1e-12));

    [TestCase(-0.1)]
    [TestCase(100.1)]
    public void A_percentage_beyond_0_to_100_is_refused(double percent) =>
        Assert.That(() => Percentiles.At([10, 20], percent), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Profile_gathers_all_days_by_time_of_day()
    {
        var series = Given.Every(30, [.. Enumerable.Range(0, 48 * 3).Select(half => 100.0 + half % 48 + half / 48 * 10)]);

        var profile = PercentileProfile.Of(series);

        Assert.That(profile, Has.Count.EqualTo(24));
        Assert.That(profile[8], Is.EqualTo(new ProfileStep(new TimeOnly(8, 0), 6, Percentiles.Of([116, 117, 126, 127, 136, 137]))));
    }

    [Test]
    public void Profile_goes_by_the_wearers_clock_across_its_change()
    {
        var zone = Given.Zone("America/New_York"); // to summer time on 8 March 2026
        var morning = new[] { new DateTimeOffset(2026, 3, 7, 13, 30, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 9, 12, 30, 0, TimeSpan.Zero) };

        var profile = PercentileProfile.Of(GlucoseSeries.From(morning.Select(at => new Reading(at, 120))).InZone(zone));

        Assert.That(profile.Where(step => step.Count > 0).Select(step => (step.Start, step.Count)), Is.EqualTo(new[] { (new TimeOnly(8, 0), 2L) }));
    }

    [Test]
    public void Profile_keeps_the_first_and_the_last_minute_of_the_day()
    {
        var profile = PercentileProfile.Of(GlucoseSeries.From([new(Given.Start, 100), new(Given.Start.AddDays(1).AddTicks(-1), 200)]), stepMinutes: 5);

        Assert.That((profile.Count, profile[0].Count, profile[^1].Count), Is.EqualTo((288, 1, 1)));
        Assert.That(profile[1].Percentiles.P50, Is.NaN);
    }

    [Test]
    public void Profile_of_histograms_is_that_of_the_readings()
    {
        var series = Given.Every(5, [.. Enumerable.Range(0, 288 * 5).Select(i => (double)(60 + i * 7919 % 240))]);
        var hours = Enumerable.Range(0, 24).Select(hour =>
        {
            var histogram = new GlucoseHistogram();
            for (var i = 0; i < series.Count; i++)
                if (series.Times[i].Hour == hour)
                    histogram.Add(series.Values[i]);
            return histogram;
        }).ToList();

        Assert.That(PercentileProfile.Of(hours), Is.EqualTo(PercentileProfile.Of(series)));
    }

    [TestCase(0)]
    [TestCase(7)]
    [TestCase(1441)]
    public void A_step_that_does_not_divide_the_day_is_refused(int minutes) =>
        Assert.That(() => PercentileProfile.Of(Given.Every(5, 100), minutes), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Histograms_that_do_not_divide_the_day_are_refused() =>
        Assert.That(() => PercentileProfile.Of([.. Enumerable.Range(0, 7).Select(_ => new GlucoseHistogram())]), Throws.ArgumentException);
}
