namespace Glucose.Tests;

public sealed class TotalsTests
{
    [Test]
    public void Totals_are_counts_and_sums()
    {
        var totals = GlucoseTotals.Of([50, 65, 100, 150, 200, 300]);

        Assert.That((totals.Count, totals.Sum, totals.SumOfSquares), Is.EqualTo((6, 865, 169_225)));
        Assert.That(totals.LowRisk, Is.EqualTo(GlucoseRisk.Low(50) + GlucoseRisk.Low(65) + GlucoseRisk.Low(100)).Within(1e-12));
        Assert.That(totals.HighRisk, Is.EqualTo(GlucoseRisk.High(150) + GlucoseRisk.High(200) + GlucoseRisk.High(300)).Within(1e-12));
        Assert.That(totals.Bands, Is.EqualTo(new BandTotals
        {
            VeryLow = 1,
            Low = 1,
            InRange = 2,
            High = 1,
            VeryHigh = 1,
            Tight = 1,
            BelowPregnancy = 1,
            Pregnancy = 2,
            AbovePregnancy = 3,
        }));
    }

    [Test]
    public void Totals_of_ten_million_readings_keep_their_digits()
    {
        var histogram = new GlucoseHistogram();
        foreach (var mgDl in Enumerable.Range(100, 32))
            histogram.Add(mgDl, 10_000_000);

        var summary = GlucoseSummary.Of(GlucoseTotals.Of(histogram));

        Assert.That(summary.Mean, Is.EqualTo(115.5).Within(1e-12));
        Assert.That(summary.StandardDeviation, Is.EqualTo(Math.Sqrt((32 * 32 - 1) / 12.0)).Within(1e-7));
    }

    [Test]
    public void Equal_readings_have_no_spread() =>
        Assert.That(GlucoseSummary.Of(GlucoseTotals.Of([.. Enumerable.Repeat(100.1, 1000)])).StandardDeviation, Is.Zero.Within(1e-4));

    [Test]
    public void Totals_of_nothing_give_NaN()
    {
        var nothing = GlucoseSummary.Of(GlucoseTotals.Of([]));

        Assert.That(new[] { nothing.Mean, nothing.StandardDeviation, nothing.Lbgi, nothing.Hbgi, nothing.Bands.InRange }, Is.All.NaN);
        Assert.That(GlucoseSummary.Of(GlucoseTotals.Of([100])).StandardDeviation, Is.NaN);
    }
}
