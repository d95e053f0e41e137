using FsCheck;
using FsCheck.Fluent;

namespace Glucose.Tests;

public sealed class PropertyTests
{
    static readonly Gen<double> Whole = Gen.Choose(20, 600).Select(value => (double)value);
    static readonly Gen<double> WithMissing = Gen.Frequency((3, Gen.Choose(40, 90).Select(value => (double)value)), (1, Gen.Constant(double.NaN)));
    static readonly Gen<double> Fraction = Gen.Choose(200, 6000).Select(tenths => tenths / 10.0);

    /// <summary>Up to 300 readings within two days: with gaps, repeated instants and other offsets.</summary>
    static readonly Arbitrary<Reading[]> Readings = Arb.From(Gen.ListOf(
        from minute in Gen.Choose(0, 2880)
        from offset in Gen.Choose(-8, 8)
        from value in Fraction
        select new Reading(Given.Start.AddMinutes(minute).ToOffset(TimeSpan.FromHours(offset)), value)).Select(list => list.ToArray()));

    [Test]
    public void Order_does_not_matter() => Check(Readings, readings =>
    {
        var shuffled = readings.ToArray();
        new Random(readings.Length).Shuffle(shuffled);

        Assert.That(All(shuffled), Is.EqualTo(All(readings)));
    });

    [Test]
    public void Duplicates_count_once() => Check(Readings, readings =>
        Assert.That(All([.. readings, .. readings.Where((_, place) => place % 2 == 0), .. readings]), Is.EqualTo(All(readings))));

    [Test]
    public void Units_go_there_and_back() => Check(Arb.From(Fraction), value =>
    {
        Assert.That(GlucoseUnits.ToMgDl(GlucoseUnits.ToMmolL(value)), Is.EqualTo(value).Within(1e-12).Percent);
        Assert.That(GlucoseUnits.ToMmolL(GlucoseUnits.ToMgDl(value)), Is.EqualTo(value).Within(1e-12).Percent);
    });

    [Test]
    public void Bands_add_up_to_100_in_readings_and_in_time() => Check(NotEmpty(Fraction), values =>
    {
        var ofReadings = BandShares.Of(values, GlucoseThresholds.MgDl);
        var ofTime = BandShares.OfTime(Given.Every(5, values));
        var inMmolL = BandShares.Of([.. values.Select(GlucoseUnits.ToMmolL)], GlucoseThresholds.MmolL);

        foreach (var bands in new[] { ofReadings, ofTime, inMmolL })
        {
            Assert.That(bands.VeryLow + bands.Low + bands.InRange + bands.High + bands.VeryHigh, Is.EqualTo(100).Within(1e-9));
            Assert.That(bands.BelowPregnancy + bands.Pregnancy + bands.AbovePregnancy, Is.EqualTo(100).Within(1e-9));
        }
    });

    [Test]
    public void Shares_of_time_of_a_regular_series_are_those_of_its_readings() => Check(NotEmpty(Fraction), values =>
        Assert.That(Numbers(BandShares.OfTime(Given.Every(5, values))), Is.EqualTo(Numbers(BandShares.Of(values, GlucoseThresholds.MgDl))).Within(1e-9)));

    [Test]
    public void Merged_histograms_are_the_histogram_of_all() => Check(NotEmpty(Fraction), values =>
    {
        var cut = values.Length / 3;
        var merged = GlucoseHistogram.Of(values.AsSpan(0, cut));
        merged.Add(GlucoseHistogram.Of(values.AsSpan(cut)));
        var all = GlucoseHistogram.Of(values);

        Assert.That(merged.Counts, Is.EqualTo(all.Counts));
        Assert.That(merged.Count, Is.EqualTo(values.Length));
        Assert.That(GlucoseSummary.Of(merged), Is.EqualTo(GlucoseSummary.Of(all)));
    });

    [Test]
    public void Totals_of_days_add_up_to_those_of_all() => Check(Readings, readings =>
    {
        var series = GlucoseSeries.From(readings).InZone(Given.Zone("Europe/Berlin"));
        var days = Enumerable.Range(-1, 5).Select(day => series.Between(Given.Start.AddDays(day), Given.Start.AddDays(day + 1)));

        var added = days.Select(GlucoseTotals.Of).Aggregate((one, other) => one + other);

        var all = GlucoseTotals.Of(series);
        Assert.That((added.Count, added.Bands), Is.EqualTo((all.Count, all.Bands)));
        Assert.That(Numbers(added), Is.EqualTo(Numbers(all)).Within(1e-10).Percent);
    });

    [Test]
    public void Totals_give_the_summary_of_the_readings() => Check(NotEmpty(Whole), values =>
    {
        var totals = GlucoseTotals.Of(values);
        var (ofTotals, exact) = (GlucoseSummary.Of(totals), GlucoseSummary.Of(values));

        Assert.That(Numbers(GlucoseTotals.Of(GlucoseHistogram.Of(values))), Is.EqualTo(Numbers(totals)).Within(1e-10).Percent);
        Assert.That(Numbers(ofTotals), Is.EqualTo(Numbers(exact)).Within(1e-5).Percent); // the spread; the rest is nearer
        Assert.That(ofTotals.Bands, Is.EqualTo(exact.Bands));
    });

    [Test]
    public void Histograms_of_whole_values_give_exact_results() => Check(NotEmpty(Whole), values =>
    {
        var histogram = GlucoseHistogram.Of(values);

        Assert.That(Numbers(GlucoseSummary.Of(histogram)), Is.EqualTo(Numbers(GlucoseSummary.Of(values))).Within(1e-7).Percent);
        Assert.That(Percentiles.Of(histogram), Is.EqualTo(Percentiles.Of(values)));
    });

    [Test]
    public void Histograms_of_fractions_have_percentiles_within_1_mg_per_dL() => Check(NotEmpty(Fraction), values =>
    {
        var (exact, near) = (Percentiles.Of(values), Percentiles.Of(GlucoseHistogram.Of(values)));

        Assert.That(new[] { near.P5, near.P25, near.P50, near.P75, near.P95 },
            Is.EqualTo(new[] { exact.P5, exact.P25, exact.P50, exact.P75, exact.P95 }).Within(1));
    });

    [Test]
    public void Summary_is_what_the_definitions_say() => Check(NotEmpty(Fraction), values =>
    {
        var summary = GlucoseSummary.Of(values);
        var f = values.Select(value => 1.509 * (Math.Pow(Math.Log(value), 1.084) - 5.381)).ToArray();

        Assert.That(summary.Mean, Is.EqualTo(values.Sum() / values.Length).Within(1e-7).Percent);
        Assert.That(summary.Lbgi, Is.EqualTo(f.Where(one => one < 0).Sum(one => 10 * one * one) / values.Length).Within(1e-9));
        Assert.That(summary.Hbgi, Is.EqualTo(f.Where(one => one > 0).Sum(one => 10 * one * one) / values.Length).Within(1e-9));
        var squares = values.Sum(value => Math.Pow(value - summary.Mean, 2));
        if (values.Length > 1)
            Assert.That(summary.StandardDeviation, Is.EqualTo(Math.Sqrt(squares / (values.Length - 1))).Within(1e-9));
    });

    [Test]
    public void Episodes_do_not_overlap_and_last_fifteen_minutes() => Check(NotEmpty(WithMissing), values =>
    {
        var series = Given.Every(5, values);
        var episodes = GlucoseEpisodes.Find(series, EpisodeKind.Low);

        var least = TimeSpan.FromMinutes(15) - series.MedianInterval / 4; // a quarter of an interval may be missing
        Assert.That(episodes.Select(episode => episode.Duration), Is.All.GreaterThanOrEqualTo(least));
        Assert.That(episodes.Zip(episodes.Skip(1)).Where(pair => pair.Second.Start < pair.First.End), Is.Empty);
    });

    static Arbitrary<double[]> NotEmpty(Gen<double> value) => Arb.From(Gen.NonEmptyListOf(value).Select(list => list.ToArray()));

    static string All(IEnumerable<Reading> readings)
    {
        var series = GlucoseSeries.From(readings);
        return $"{GlucoseSummary.Of(series)} {BandShares.OfTime(series)} {Percentiles.Of(series)} {Sufficiency.Of(series)} "
            + $"{GlucoseVariability.Adrr(series):R} {GlucoseVariability.Gvi(series):R} {GlucoseExcursions.Mage(series):R} "
            + $"{string.Join(' ', GlucoseEpisodes.Find(series, EpisodeKind.Low))} {string.Join(' ', PercentileProfile.Of(series))}";
    }

    static double[] Numbers(BandShares bands) =>
        [bands.VeryLow, bands.Low, bands.InRange, bands.High, bands.VeryHigh, bands.Tight, bands.BelowPregnancy, bands.Pregnancy, bands.AbovePregnancy];

    static double[] Numbers(GlucoseTotals totals) => [totals.Sum, totals.SumOfSquares, totals.LowRisk, totals.HighRisk];

    static double[] Numbers(GlucoseSummary summary) =>
    [
        summary.Count, summary.Mean, summary.StandardDeviation, summary.Lbgi, summary.Hbgi, summary.Gri.Score, summary.JIndex, summary.Cogi,
        .. Numbers(summary.Bands),
    ];

    static void Check<T>(Arbitrary<T> given, Action<T> holds) =>
        Prop.ForAll(given, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(300).WithQuietOnSuccess(true));
}
