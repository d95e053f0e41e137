namespace Glucose.Tests;

/// <summary>Vectors V15 and V16: what the R package iglu publishes of the subjects of its example data.</summary>
/// <remarks>The readings themselves stay where they are published. Here the published numbers must follow from one another as the definitions say.</remarks>
public sealed class PublishedSubjectTests
{
    [TestCase(123.6655, 33.2681, 26.9017, 6.2681)]
    [TestCase(218.4528, 52.3711, 23.9736, 8.5354)]
    [TestCase(129.6744, 29.0678, 22.4160, 6.4118)]
    public void Mean_and_spread_give_CV_and_GMI(double mean, double deviation, double variation, double gmi)
    {
        var half = deviation / Math.Sqrt(2); // two readings with this mean and deviation
        var summary = GlucoseSummary.Of([mean - half, mean + half]);

        Assert.That((summary.Mean, summary.StandardDeviation), Is.EqualTo((mean, deviation)).Using<(double, double)>(Near));
        Assert.That(summary.CoefficientOfVariation, Is.EqualTo(variation).Within(1e-4));
        Assert.That(summary.Gmi, Is.EqualTo(gmi).Within(1e-4));
    }

    [Test]
    public void J_index_of_the_first_subject()
    {
        var half = 33.2681 / Math.Sqrt(2);

        Assert.That(GlucoseSummary.Of([123.6655 - half, 123.6655 + half]).JIndex, Is.EqualTo(24.6).Within(0.05));
    }

    [TestCase(2915, 0, 0.1372, 91.6638, 8.1990, 0.3774, 7.1904)]
    [TestCase(2829, 0, 0, 26.4404, 73.5596, 26.0870, 79.7172)]
    [TestCase(3664, 0.0546, 0.2729, 95.1146, 4.6124, 0, 4.3777)]
    public void Shares_are_those_of_whole_readings_and_give_the_risk_index(
        int readings, double veryLow, double below, double inRange, double above, double veryHigh, double gri)
    {
        var histogram = new GlucoseHistogram();
        histogram.Add(53, Of(veryLow));
        histogram.Add(54, Of(below) - Of(veryLow));
        histogram.Add(180, Of(inRange));
        histogram.Add(181, Of(above) - Of(veryHigh));
        histogram.Add(251, Of(veryHigh));

        var summary = GlucoseSummary.Of(histogram);

        Assert.That(summary.Count, Is.EqualTo(readings));
        Assert.That(new[] { summary.Bands.VeryLow, summary.Bands.BelowRange, summary.Bands.InRange, summary.Bands.AboveRange, summary.Bands.VeryHigh },
            Is.EqualTo(new[] { veryLow, below, inRange, above, veryHigh }).Within(5.1e-5));
        Assert.That(summary.Gri.Score, Is.EqualTo(gri).Within(5.1e-5));

        long Of(double percent) => (long)Math.Round(percent * readings / 100);
    }

    [TestCase(2915, 3651, 79.84)]
    [TestCase(2829, 4802, 58.91)]
    [TestCase(3664, 3713, 98.68)]
    public void Active_percent_is_the_same_on_any_clock(int readings, int expected, double percent)
    {
        var start = new DateTimeOffset(2015, 3, 1, 0, 0, 0, TimeSpan.Zero); // the clocks of New York change on the 8th
        var times = Enumerable.Range(0, readings - 1).Append(expected - 1).Select(place => start.AddMinutes(5 * place)); // a gap before the last

        var series = GlucoseSeries.From(times.Select(at => new Reading(at, 120)));

        Assert.That(SensorCoverage.ActivePercent(series), Is.EqualTo(percent).Within(0.005));
        Assert.That(SensorCoverage.ActivePercent(series.InZone(Given.Zone("America/New_York"))), Is.EqualTo(percent).Within(0.005));
    }

    [Test]
    public void The_hour_of_eight_of_the_first_subject()
    {
        var values = new double[130]; // whole values at those places that determine the five published percentiles
        Array.Fill(values, 101, 0, 32);
        Array.Fill(values, 108, 32, 1);
        Array.Fill(values, 109, 33, 31);
        Array.Fill(values, 114, 64, 32);
        Array.Fill(values, 121, 96, 26);
        Array.Fill(values, 200, 122, 1);
        Array.Fill(values, 204, 123, 7);
        var days = values.Select((value, day) => new Reading(Given.Start.AddDays(day).AddHours(8), value));

        var hour = PercentileProfile.Of(GlucoseSeries.From(days))[8];

        Assert.That((hour.Start, hour.Count), Is.EqualTo((new TimeOnly(8, 0), 130L)));
        Assert.That(new[] { hour.Percentiles.P5, hour.Percentiles.P25, hour.Percentiles.P50, hour.Percentiles.P75, hour.Percentiles.P95 },
            Is.EqualTo(new[] { 101, 108.25, 114, 121, 202.2 }).Within(1e-9));
    }

    static bool Near((double, double) one, (double, double) other) =>
        Math.Abs(one.Item1 - other.Item1) < 1e-9 && Math.Abs(one.Item2 - other.Item2) < 1e-9;
}
