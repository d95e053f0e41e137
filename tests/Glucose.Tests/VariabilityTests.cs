namespace Glucose.Tests;

public sealed class VariabilityTests
{
    static readonly double[] Day = [.. Enumerable.Range(0, 288).Select(i => 120 + 40 * Math.Sin(i / 20.0))];

    [Test]
    public void Days_that_repeat_have_no_daily_difference()
    {
        var series = Given.Every(5, [.. Day, .. Day, .. Day]);

        Assert.That((GlucoseVariability.Modd(series), GlucoseVariability.Conga(series)), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Daily_difference_is_a_mean_of_sizes_and_CONGA_a_spread()
    {
        var higher = Day.Select((value, place) => value + (place % 2 == 0 ? 10 : -10));
        var series = Given.Every(5, [.. Day, .. higher]);

        Assert.That(GlucoseVariability.Modd(series), Is.EqualTo(10).Within(1e-9));
        Assert.That(GlucoseVariability.Conga(series), Is.EqualTo(Math.Sqrt(288 * 100 / 287.0)).Within(1e-9));
    }

    [Test]
    public void Daily_difference_over_two_days()
    {
        var series = Given.Every(5, [.. Day, .. Day.Select(value => value + 7), .. Day.Select(value => value + 20)]);

        Assert.That(GlucoseVariability.Modd(series, days: 2), Is.EqualTo(20).Within(1e-9));
    }

    [Test]
    public void CONGA_over_hours_by_hand() =>
        Assert.That(GlucoseVariability.Conga(Given.Every(60, 100, 110, 130, 100), hours: 1), Is.EqualTo(26.4575131).Within(1e-6)); // of 10, 20, -30

    [Test]
    public void Pairs_tolerate_jitter_and_do_not_reach_over_gaps()
    {
        var late = Given.Readings(5, Day).Select(reading => reading with { At = reading.At.AddDays(1).AddMinutes(2), MgDl = reading.MgDl + 5 });
        Assert.That(GlucoseVariability.Modd(GlucoseSeries.From(Given.Readings(5, Day).Concat(late))), Is.EqualTo(5).Within(1e-9));

        var elsewhere = Given.Readings(5, Day).Select(reading => reading with { At = reading.At.AddDays(3) });
        Assert.That(GlucoseVariability.Modd(GlucoseSeries.From(Given.Readings(5, Day).Concat(elsewhere))), Is.NaN);
    }

    [Test]
    public void Daily_risk_range_is_a_mean_over_days_of_the_wearers_clock()
    {
        var series = Given.Every(60 * 12, 50, 300, 112, 113);
        var first = GlucoseRisk.Low(50) + GlucoseRisk.High(300);
        var second = GlucoseRisk.Low(112) + GlucoseRisk.High(113);

        Assert.That(GlucoseVariability.Adrr(series), Is.EqualTo((first + second) / 2).Within(1e-9));
    }

    [Test]
    public void Risk_is_lowest_between_112_and_113_and_100_at_the_ends()
    {
        Assert.That((GlucoseRisk.High(112), GlucoseRisk.Low(113)), Is.EqualTo((0, 0)));
        Assert.That(GlucoseRisk.Low(112.5) + GlucoseRisk.High(112.5), Is.Zero.Within(0.001));
        Assert.That(new[] { GlucoseRisk.Low(20), GlucoseRisk.High(600) }, Is.All.EqualTo(100).Within(0.2));
    }

    [Test]
    public void A_straight_line_has_a_variability_index_of_one()
    {
        Assert.That(GlucoseVariability.Gvi(Given.Every(5, 100, 110, 120, 130)), Is.EqualTo(1).Within(1e-12));
        Assert.That(GlucoseVariability.Gvi(Given.Every(5, 100, 112, 100)), Is.EqualTo(2 * 13 / 10.0).Within(1e-12));
    }

    [Test]
    public void A_gap_is_no_part_of_the_line()
    {
        var later = Given.Readings(5, [300, 312, 300]).Select(reading => reading with { At = reading.At.AddHours(2) });
        var series = GlucoseSeries.From(Given.Readings(5, [100, 112, 100]).Concat(later));

        Assert.That(GlucoseVariability.Gvi(series), Is.EqualTo(2.6).Within(1e-12));
    }

    [Test]
    public void Patient_glycemic_status_is_zero_in_range_and_grows_outside()
    {
        Assert.That(GlucoseVariability.Pgs(Given.Every(5, 100, 110, 120)), Is.Zero);
        Assert.That(GlucoseVariability.Pgs(Given.Every(5, 100, 200)), Is.EqualTo(150 * 0.5).Within(1e-9));
    }

    [Test]
    public void Limits_of_the_index_of_glycemic_control_may_be_those_of_the_paper()
    {
        double[] values = [50, 150];

        Assert.That(GlycemicIndices.GlycemicControl(values, 80, 140), Is.EqualTo((900 + Math.Pow(10, 1.1)) / 60).Within(1e-9));
    }

    [Test]
    public void GRADE_of_one_value_is_at_most_fifty() => Assert.That(Grade.Of([20]).Score, Is.EqualTo(50));

    [Test]
    public void COGI_weighs_range_lows_and_spread()
    {
        Assert.That(GlucoseSummary.Of([120, 120, 120]).Cogi, Is.EqualTo(100));
        Assert.That(GlucoseSummary.Of([300, 300, 300]).Cogi, Is.EqualTo(50).Within(1e-9)); // never in range, never low, steady
        Assert.That(GlucoseSummary.Of([60, 60, 60]).Cogi, Is.EqualTo(15).Within(1e-9));
        Assert.That(GlucoseSummary.Of([75, 75 + 3.5 * GlucoseUnits.MgDlPerMmolL * Math.Sqrt(2)]).Cogi, Is.EqualTo(92.5).Within(1e-9)); // 3.5 mmol/L: half of 15
    }
}
