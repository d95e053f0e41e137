namespace Glucose.Tests;

public sealed class CoverageTests
{
    [Test]
    public void Active_percent_counts_against_the_series_own_interval()
    {
        Assert.That(SensorCoverage.ActivePercent(Given.Every(5, 100, double.NaN, 100, 100, 100)), Is.EqualTo(80));
        Assert.That(SensorCoverage.ActivePercent(Given.Every(15, 100, 100, 100, double.NaN, 100)), Is.EqualTo(80));
        Assert.That(SensorCoverage.ActivePercent(Given.Every(1, 100, 100, 100)), Is.EqualTo(100));
        Assert.That(SensorCoverage.ActivePercent(Given.Every(1, 100)), Is.NaN);
    }

    [Test]
    public void Active_percent_by_cadence_sees_the_days_before_and_after()
    {
        var series = Given.Steady(100, TimeSpan.FromDays(7));
        var minutes = TimeSpan.FromMinutes(5);

        Assert.That(SensorCoverage.ActivePercent(series, minutes, Given.Start.AddDays(-7), Given.Start.AddDays(7)), Is.EqualTo(50).Within(1e-9));
        Assert.That(SensorCoverage.ActivePercent(series, minutes, Given.Start, Given.Start.AddDays(7)), Is.EqualTo(100).Within(1e-9));
        Assert.That(SensorCoverage.ActivePercent(series, minutes, Given.Start.AddDays(3), Given.Start.AddDays(4)), Is.EqualTo(100).Within(1e-9));
        Assert.That(SensorCoverage.ActivePercent(series, minutes, Given.Start.AddDays(30), Given.Start.AddDays(31)), Is.Zero);
    }

    [Test]
    public void Active_percent_by_cadence_takes_faster_readings_for_one_interval_each()
    {
        var hour = Given.Every(1, [.. Enumerable.Repeat(100.0, 60)]);

        Assert.That(SensorCoverage.ActivePercent(hour, TimeSpan.FromMinutes(5), Given.Start, Given.Start.AddHours(1)), Is.EqualTo(100).Within(1e-9));
    }

    [Test]
    public void An_empty_period_or_cadence_is_refused()
    {
        static double Percent(int minutes, int hours) =>
            SensorCoverage.ActivePercent(Given.Every(5, 100), TimeSpan.FromMinutes(minutes), Given.Start, Given.Start.AddHours(hours));

        Assert.That(() => Percent(minutes: 0, hours: 24), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Percent(minutes: 5, hours: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Sensor_time_leaves_gaps_out()
    {
        var series = Given.Every(5, 100, 100, 100, double.NaN, double.NaN, double.NaN, 100);

        Assert.That(SensorCoverage.SensorTime(series), Is.EqualTo(TimeSpan.FromMinutes(20)));
    }

    [Test]
    public void Nothing_is_reported_below_a_day_of_sensor_time()
    {
        var day = GlucoseReport.Of(Given.Steady(100, TimeSpan.FromDays(1)));
        var less = GlucoseReport.Of(Given.Steady(100, TimeSpan.FromMinutes(1435)));

        Assert.That((day.Mean, day.Bands?.InRange, day.Lbgi is not null, day.Hbgi is not null, day.Gri?.Score), Is.EqualTo((100, 100, true, true, 0)));
        Assert.That(new object?[] { less.Mean, less.Bands, less.Lbgi, less.Hbgi, less.Gri, less.StandardDeviation, less.Gmi, less.EstimatedA1c }, Is.All.Null);
    }

    [TestCase(29, false)]
    [TestCase(30, true)]
    public void No_spread_is_reported_below_thirty_readings(int readings, bool reported)
    {
        var report = GlucoseReport.Of(Given.Every(60, [.. Enumerable.Range(0, readings).Select(i => 100.0 + i)])); // more than a day all the same

        Assert.That(report.Mean, Is.Not.Null);
        Assert.That((report.StandardDeviation is not null, report.CoefficientOfVariation is not null), Is.EqualTo((reported, reported)));
    }

    [TestCase(70, true)]
    [TestCase(69, false)]
    public void GMI_needs_70_percent_of_fourteen_days(int percent, bool reported)
    {
        var readings = Given.Readings(5, Enumerable.Repeat(150.0, 14 * 288)).Where((_, place) => place % 100 < percent);

        var report = GlucoseReport.Of(GlucoseSeries.From(readings));

        Assert.That((report.Gmi is not null, report.EstimatedA1c is not null), Is.EqualTo((reported, reported)));
    }

    [Test]
    public void A_standard_report_needs_70_percent_of_all_days()
    {
        var half = Given.Readings(5, Enumerable.Repeat(150.0, 40 * 288)).Where(reading => reading.At.Hour < 12);

        var sufficiency = Sufficiency.Of(GlucoseSeries.From(half));

        Assert.That((sufficiency.ForGmi, sufficiency.ForReport), Is.EqualTo((true, false)));
        Assert.That(Sufficiency.Of(Given.Steady(150, TimeSpan.FromDays(14))).ForReport, Is.True);
    }
}
