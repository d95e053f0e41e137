namespace Glucose.Tests;

public sealed class SeriesTests
{
    [Test]
    public void What_is_no_measurement_is_left_out()
    {
        var series = Given.Every(5, double.NaN, 0, -5, 1, 12, 19.9, 20, 1000, 1000.1, double.PositiveInfinity);

        Assert.That(series.Values.ToArray(), Is.EqualTo(new double[] { 20, 1000 }));
    }

    [Test]
    public void Of_readings_of_one_instant_the_lowest_stays()
    {
        var series = GlucoseSeries.From([new(Given.Start, 110), new(Given.Start.ToOffset(TimeSpan.FromHours(5)), 90), new(Given.Start.AddMinutes(5), 100)]);

        Assert.That(series.Values.ToArray(), Is.EqualTo(new double[] { 90, 100 }));
    }

    [Test]
    public void A_period_includes_its_start_and_not_its_end()
    {
        var series = Given.Every(5, 100, 101, 102, 103);

        Assert.That(series.Between(Given.Start.AddMinutes(5), Given.Start.AddMinutes(15)).Values.ToArray(), Is.EqualTo(new double[] { 101, 102 }));
        Assert.That(series.Between(Given.Start.AddMinutes(15), Given.Start).Count, Is.Zero);
    }

    [Test]
    public void Days_worn_are_days_of_the_wearers_clock()
    {
        var series = Given.Every(60, [.. Enumerable.Repeat(100.0, 24)]); // one day in UTC

        Assert.That(series.DaysWorn, Is.EqualTo(1));
        Assert.That(series.InZone(Given.Zone("Asia/Tokyo")).DaysWorn, Is.EqualTo(2));
    }

    [Test]
    public void Median_interval_of_an_even_number_of_gaps_lies_between() =>
        Assert.That(GlucoseSeries.From([new(Given.Start, 100), new(Given.Start.AddMinutes(4), 100), new(Given.Start.AddMinutes(10), 100)]).MedianInterval,
            Is.EqualTo(TimeSpan.FromMinutes(5)));

    [Test]
    public void Nothing_gives_NaN_and_not_zero()
    {
        var empty = GlucoseSummary.Of(Given.Every(5));

        Assert.That(new[] { empty.Mean, empty.StandardDeviation, empty.Lbgi, empty.Hbgi, empty.Gmi, Percentiles.Of(Given.Every(5)).P50 }, Is.All.NaN);
        Assert.That(GlucoseSummary.Of(Given.Every(5, 100)).StandardDeviation, Is.NaN);
        Assert.That(GlucoseReport.Of(Given.Every(5)).Mean, Is.Null);
    }

    [Test]
    public void A_year_and_a_half_of_readings_is_summarised_without_allocating_for_each()
    {
        var series = GlucoseSeries.From(Given.Readings(5, Enumerable.Range(0, 160_000).Select(i => 120 + 60 * Math.Sin(i / 40.0))));
        GlucoseSummary.Of(series);

        var before = GC.GetAllocatedBytesForCurrentThread();
        GlucoseSummary.Of(series);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2_000));
    }

    [TestCase(18.01559, 1)]
    [TestCase(100, 5.5507479)]
    public void Units_are_converted_by_one_factor(double mgDl, double mmolL) => Assert.That(GlucoseUnits.ToMmolL(mgDl), Is.EqualTo(mmolL).Within(1e-7));
}
