namespace Glucose.Tests;

/// <summary>Published inputs with the results that reference implementations agree on.</summary>
public sealed class VectorTests
{
    static readonly GlucoseSeries V1 = Given.Every(5, 40, 50, 50, 80, 120, 120, 200, 200, 260, 260, double.NaN);

    [Test]
    public void V1_summary()
    {
        var summary = GlucoseSummary.Of(V1);

        Assert.Multiple(() =>
        {
            Assert.That(summary.Count, Is.EqualTo(10));
            Assert.That(summary.Mean, Is.EqualTo(138).Within(1e-9));
            Assert.That(summary.StandardDeviation, Is.EqualTo(86.00).Within(0.005));
            Assert.That(summary.CoefficientOfVariation, Is.EqualTo(62.32).Within(0.005));
            Assert.That(summary.Gmi, Is.EqualTo(6.61).Within(0.005));
            Assert.That(summary.EstimatedA1c, Is.EqualTo(6.4355).Within(0.0001));
            Assert.That(summary.JIndex, Is.EqualTo(50.17).Within(0.005));
            Assert.That(summary.Lbgi, Is.EqualTo(8.543).Within(0.0005));
            Assert.That(summary.Hbgi, Is.EqualTo(7.292).Within(0.0005));
            Assert.That(summary.Bgri, Is.EqualTo(15.835).Within(0.0005));
            Assert.That(summary.Cogi, Is.EqualTo(18.68).Within(0.005));
        });
    }

    [Test]
    public void V1_percentiles()
    {
        var percentiles = Percentiles.Of(V1);

        Assert.Multiple(() =>
        {
            Assert.That(percentiles.Median, Is.EqualTo(120));
            Assert.That(percentiles.InterquartileRange, Is.EqualTo(142.5));
            Assert.That(Percentiles.At(GlucoseHistogram.Of(V1), 100) - Percentiles.At(GlucoseHistogram.Of(V1), 0), Is.EqualTo(220));
        });
    }

    [Test]
    public void V1_indices()
    {
        var grade = Grade.Of(V1.Values);

        Assert.Multiple(() =>
        {
            Assert.That(grade.Score, Is.EqualTo(14.525).Within(0.001));
            Assert.That(grade.HypoPercent, Is.EqualTo(48.100).Within(0.001));
            Assert.That(grade.EuPercent, Is.EqualTo(3.608).Within(0.001));
            Assert.That(grade.HyperPercent, Is.EqualTo(48.293).Within(0.001));
            Assert.That(GlycemicIndices.HypoglycemiaIndex(V1.Values), Is.EqualTo(5.667).Within(0.0005));
            Assert.That(GlycemicIndices.HyperglycemiaIndex(V1.Values), Is.EqualTo(1.007).Within(0.0005));
            Assert.That(GlycemicIndices.GlycemicControl(V1.Values), Is.EqualTo(6.673).Within(0.0005));
            Assert.That(GlycemicIndices.MValue(V1.Values), Is.EqualTo(31.695).Within(0.0005));
            Assert.That(GlycemicIndices.MValue(V1.Values, reference: 90), Is.EqualTo(36.00).Within(0.005));
        });
    }

    [Test]
    public void V1_variability()
    {
        Assert.Multiple(() =>
        {
            Assert.That(GlucoseVariability.Adrr(V1), Is.EqualTo(61.128).Within(0.0005));
            Assert.That(GlucoseVariability.RateOfChangeDeviation(V1), Is.EqualTo(2.332).Within(0.0005));
        });
    }

    [Test]
    public void V2_bands()
    {
        var bands = GlucoseSummary.Of(Given.Every(5, 40, 60, 60, 80, 120, 120, 200, 200, 260, 260, double.NaN)).Bands;

        Assert.That((bands.InRange, bands.BelowRange, bands.Tight, bands.VeryHigh), Is.EqualTo((30, 30, 30, 20)));
    }

    [Test]
    public void V3_glycemia_risk_index()
    {
        var gri = GlucoseSummary.Of(Given.Every(5, 40, 80, 60, 80, 120, 120, 120, 200, 260, 260, double.NaN)).Gri;

        Assert.That((Math.Round(gri.Score, 9), gri.Zone), Is.EqualTo((94, GlycemiaRiskZone.E)));
    }

    [Test]
    public void V5_coefficient_of_variation_of_the_sample()
    {
        var summary = GlucoseSummary.Of(Given.Every(5, [.. Enumerable.Range(100, 32).Select(value => (double)value)]));

        Assert.That(summary.Mean, Is.EqualTo(115.5).Within(1e-12));
        Assert.That(summary.CoefficientOfVariation, Is.EqualTo(8.121932051642304).Within(1e-12));
    }

    [Test]
    public void V7_no_GMI_below_14_days_or_70_percent()
    {
        var enough = GlucoseReport.Of(Given.Steady(260, TimeSpan.FromDays(14)));
        var short13Days = GlucoseReport.Of(Given.Steady(260, TimeSpan.FromDays(13)));
        var sparse = GlucoseReport.Of(GlucoseSeries.From(
            Given.Readings(5, Enumerable.Repeat(260.0, 14 * 288)).Where(reading => reading.At.TimeOfDay < TimeSpan.FromHours(16)))); // 66.7 %

        Assert.That(enough.Gmi, Is.EqualTo(9.5292).Within(1e-9));
        Assert.That((short13Days.Gmi, sparse.Gmi), Is.EqualTo(((double?)null, (double?)null)));
        Assert.That(sparse.Sufficiency.DaysWorn, Is.EqualTo(14));
    }

    [TestCase(100, 5.7)]
    [TestCase(150, 6.9)]
    [TestCase(154, 7.0)]
    [TestCase(183, 7.7)]
    [TestCase(212, 8.4)]
    [TestCase(240, 9.1)]
    public void V8_glucose_management_indicator(double mean, double expected) =>
        Assert.That(Math.Round(GlucoseSummary.GmiOf(mean), 1), Is.EqualTo(expected));

    [Test]
    public void V10_boundaries_belong_to_the_milder_band()
    {
        var bands = GlucoseSummary.Of(Given.Every(5, 54, 70, 180, 250)).Bands;

        Assert.That((bands.VeryLow, bands.Low, bands.InRange, bands.High, bands.VeryHigh), Is.EqualTo((0, 25, 50, 25, 0)));
    }

    [Test]
    public void V11_mean_median_and_standard_deviation()
    {
        var series = Given.Every(5, 100, 120, 120, 120, 130, 130, 150, 170);
        var summary = GlucoseSummary.Of(series);

        Assert.That((summary.Mean, Percentiles.Of(series).Median), Is.EqualTo((130, 125)));
        Assert.That(summary.StandardDeviation, Is.EqualTo(21.4).Within(0.05));
    }

    [Test]
    public void V12_shares_beside_thresholds_of_ones_own()
    {
        var series = Given.Every(5, 100, 120, 150);
        var bands = GlucoseSummary.Of(series).Bands;

        Assert.Multiple(() =>
        {
            Assert.That(bands.AbovePregnancy, Is.EqualTo(33.33).Within(0.005));
            Assert.That(BandShares.PercentAbove(series.Values, 140), Is.EqualTo(33.33).Within(0.005));
            Assert.That(BandShares.PercentBelow(series.Values, 150), Is.EqualTo(66.67).Within(0.005));
            Assert.That(bands.Pregnancy, Is.EqualTo(66.67).Within(0.005));
            Assert.That(bands.InRange, Is.EqualTo(100));
        });
    }

    [Test]
    public void V14_temp_basal_suspend_and_total_daily_dose()
    {
        var hour = TimeSpan.FromHours(1);
        var temp = BasalTimeline.Build([], [TempBasal.AtRate(Given.Start, hour, 0.8)], Given.Start, Given.Start + hour);
        var suspend = BasalTimeline.Build([], [TempBasal.Suspend(Given.Start, hour)], Given.Start, Given.Start + hour);
        var basal = new BasalSegment(Given.Start, Given.Start.AddHours(2), 0.75, BasalSource.Scheduled);
        var day = DailyInsulin.Of([basal], [new Bolus(Given.Start.AddHours(1), 4), new Bolus(Given.Start.AddHours(5), 2.5)], TimeZoneInfo.Utc);

        Assert.That((temp.Sum(segment => segment.Units), suspend.Sum(segment => segment.Units)), Is.EqualTo((0.8, 0)));
        Assert.That(day.Select(one => (one.BasalUnits, one.BolusUnits, one.Total)), Is.EqualTo(new[] { (1.5, 6.5, 8.0) }));
    }
}
