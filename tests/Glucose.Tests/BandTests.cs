namespace Glucose.Tests;

public sealed class BandTests
{
    [TestCase(20, GlucoseBand.VeryLow)]
    [TestCase(53, GlucoseBand.VeryLow)]
    [TestCase(53.99, GlucoseBand.VeryLow)]
    [TestCase(54, GlucoseBand.Low)]
    [TestCase(69, GlucoseBand.Low)]
    [TestCase(69.99, GlucoseBand.Low)]
    [TestCase(70, GlucoseBand.InRange)]
    [TestCase(180, GlucoseBand.InRange)]
    [TestCase(180.01, GlucoseBand.High)]
    [TestCase(181, GlucoseBand.High)]
    [TestCase(250, GlucoseBand.High)]
    [TestCase(250.01, GlucoseBand.VeryHigh)]
    [TestCase(251, GlucoseBand.VeryHigh)]
    public void Bands_in_mg_per_dL(double mgDl, GlucoseBand band) => Assert.That(GlucoseThresholds.MgDl.BandOf(mgDl), Is.EqualTo(band));

    [TestCase(2.9, GlucoseBand.VeryLow)]
    [TestCase(2.99, GlucoseBand.VeryLow)]
    [TestCase(3.0, GlucoseBand.Low)]
    [TestCase(3.89, GlucoseBand.Low)]
    [TestCase(3.9, GlucoseBand.InRange)]
    [TestCase(10.0, GlucoseBand.InRange)]
    [TestCase(10.01, GlucoseBand.High)]
    [TestCase(13.9, GlucoseBand.High)]
    [TestCase(13.91, GlucoseBand.VeryHigh)]
    public void Bands_in_mmol_per_L(double mmolL, GlucoseBand band) => Assert.That(GlucoseThresholds.MmolL.BandOf(mmolL), Is.EqualTo(band));

    [Test]
    public void What_is_not_a_number_lies_in_no_band()
    {
        Assert.That(() => GlucoseThresholds.MgDl.BandOf(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => BandShares.Of([100, double.NaN], GlucoseThresholds.MmolL), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Thresholds_of_one_unit_are_no_conversion_of_the_other()
    {
        Assert.That(GlucoseThresholds.MmolL.BandOf(10.0), Is.EqualTo(GlucoseBand.InRange));
        Assert.That(GlucoseThresholds.MgDl.BandOf(GlucoseUnits.ToMgDl(10.0)), Is.EqualTo(GlucoseBand.High));
    }

    [Test]
    public void Tight_range_and_pregnancy_range_include_their_ends()
    {
        var mgDl = BandShares.Of([62.9, 63, 69.9, 70, 140, 140.1], GlucoseThresholds.MgDl);
        var mmolL = BandShares.Of([3.49, 3.5, 3.89, 3.9, 7.8, 7.81], GlucoseThresholds.MmolL);

        foreach (var bands in new[] { mgDl, mmolL })
            Assert.That(new[] { bands.BelowPregnancy, bands.Pregnancy, bands.AbovePregnancy, bands.Tight },
                Is.EqualTo(new[] { 100 / 6.0, 400 / 6.0, 100 / 6.0, 200 / 6.0 }).Within(1e-9));
    }

    [Test]
    public void Below_and_above_range_include_the_outer_bands()
    {
        var bands = BandShares.Of([50, 60, 100, 200, 300], GlucoseThresholds.MgDl);

        Assert.That((bands.BelowRange, bands.AboveRange), Is.EqualTo((40, 40)));
    }

    [Test]
    public void Shares_are_not_rounded() =>
        Assert.That(BandShares.Of([60, 100, 100], GlucoseThresholds.MgDl).Low, Is.EqualTo(100.0 / 3).Within(1e-12));

    [Test]
    public void Nothing_has_no_shares() => Assert.That(BandShares.Of([], GlucoseThresholds.MgDl).InRange, Is.NaN);

    [TestCase(0, GlycemiaRiskZone.A)]
    [TestCase(20, GlycemiaRiskZone.A)]
    [TestCase(20.1, GlycemiaRiskZone.B)]
    [TestCase(40, GlycemiaRiskZone.B)]
    [TestCase(60, GlycemiaRiskZone.C)]
    [TestCase(80, GlycemiaRiskZone.D)]
    [TestCase(80.1, GlycemiaRiskZone.E)]
    public void Risk_zones_are_twenty_points_wide(double score, GlycemiaRiskZone zone) =>
        Assert.That(new GlycemiaRiskIndex(0, score / 1.6).Zone, Is.EqualTo(zone));

    [Test]
    public void Risk_index_stops_at_100() => Assert.That(new GlycemiaRiskIndex(50, 50).Score, Is.EqualTo(100));

    [Test]
    public void Sensors_of_any_interval_share_time_alike()
    {
        var hours = new double[] { 60, 100, 100, 200 };
        var everyMinute = Given.Every(1, [.. hours.SelectMany(value => Enumerable.Repeat(value, 60))]);
        var everyQuarter = Given.Every(15, [.. hours.SelectMany(value => Enumerable.Repeat(value, 4))]);

        Assert.That(BandShares.OfTime(everyMinute), Is.EqualTo(BandShares.OfTime(everyQuarter)));
        Assert.That(BandShares.OfTime(everyMinute).InRange, Is.EqualTo(50));
    }

    [Test]
    public void A_fast_sensor_does_not_outweigh_a_slow_one_in_time()
    {
        var slowLow = Given.Readings(15, Enumerable.Repeat(60.0, 24)); // six hours
        var fastInRange = Enumerable.Range(0, 360).Select(minute => new Reading(Given.Start.AddHours(6).AddMinutes(minute), 100));
        var series = GlucoseSeries.From(slowLow.Concat(fastInRange));

        Assert.That(BandShares.OfTime(series).Low, Is.EqualTo(50).Within(1e-9));
        Assert.That(GlucoseSummary.Of(series).Bands.Low, Is.EqualTo(100 * 24.0 / 384).Within(1e-9));
    }

    [Test]
    public void A_gap_is_time_of_no_band()
    {
        var morning = Given.Readings(5, [100, 100, 100]).Select(reading => reading with { At = reading.At.AddHours(9) });
        var series = GlucoseSeries.From(Given.Readings(5, [60, 60, 60]).Concat(morning));

        Assert.That(BandShares.OfTime(series).Low, Is.EqualTo(50).Within(1e-9));
    }
}
