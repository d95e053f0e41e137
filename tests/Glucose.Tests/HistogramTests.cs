namespace Glucose.Tests;

public sealed class HistogramTests
{
    [Test]
    public void Fractions_count_as_the_nearest_whole_value_halves_upwards()
    {
        var histogram = GlucoseHistogram.Of([99.4, 99.5, 100.5]);

        Assert.That(histogram.Counts, Is.EqualTo(new[] { (99, 1L), (100, 1L), (101, 1L) }));
    }

    [TestCase(19.9)]
    [TestCase(1000.1)]
    [TestCase(double.NaN)]
    public void What_is_no_measurement_is_refused(double mgDl) =>
        Assert.That(() => new GlucoseHistogram().Add(mgDl), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Stored_counts_make_a_histogram_again()
    {
        var histogram = GlucoseHistogram.Of([20, 100, 100, 1000]);
        var again = new GlucoseHistogram();
        foreach (var (mgDl, count) in histogram.Counts)
            again.Add(mgDl, count);

        Assert.That((again.Count, again[20], again[100], again[1000], again[19], again[1001]), Is.EqualTo((4, 1, 2, 1, 0, 0)));
    }

    [TestCase(19, 1)]
    [TestCase(1001, 1)]
    [TestCase(100, -1)]
    public void Counts_that_cannot_be_are_refused(int mgDl, long count) =>
        Assert.That(() => new GlucoseHistogram().Add(mgDl, count), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Counts_may_be_larger_than_any_array()
    {
        var histogram = new GlucoseHistogram();
        histogram.Add(100, 6_000_000_000);
        histogram.Add(200, 2_000_000_000);

        Assert.That(GlucoseSummary.Of(histogram).Mean, Is.EqualTo(125).Within(1e-9));
        Assert.That((Percentiles.At(histogram, 50), Percentiles.At(histogram, 95)), Is.EqualTo((100, 200)));
    }

    [Test]
    public void An_empty_histogram_has_no_percentiles() => Assert.That(Percentiles.Of(new GlucoseHistogram()).P50, Is.NaN);
}
