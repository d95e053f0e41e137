namespace Glucose.Tests;

public sealed class ExcursionTests
{
    [TestCase(1)]
    [TestCase(5)]
    [TestCase(15)]
    public void A_wave_has_excursions_of_twice_its_height_at_any_interval(int minutes) =>
        Assert.That(GlucoseExcursions.Mage(Given.Every(minutes, Wave(days: 2, minutes, height: 50))), Is.EqualTo(100).Within(1e-9));

    [Test]
    public void A_ripple_below_one_standard_deviation_is_no_excursion()
    {
        var wave = Wave(days: 2, minutes: 5, height: 50);
        var rippled = wave.Select((value, place) => value + 10 * Math.Sin(place / 6.0 * Math.PI)); // every hour, 20 from low to high

        Assert.That(GlucoseExcursions.Mage(Given.Every(5, [.. rippled])), Is.EqualTo(100).Within(20));
    }

    [Test]
    public void Small_and_large_excursions_are_averaged()
    {
        var series = Line(100, 100, 200, 100, 160, 100, 100); // the standard deviation is below 40

        Assert.That(GlucoseExcursions.Mage(series), Is.EqualTo((100 + 100 + 60 + 60) / 4.0).Within(1e-9));
    }

    [TestCase(100, 170, 150, 200, 100)]
    [TestCase(200, 130, 150, 100, 200)]
    public void A_small_turn_on_the_way_does_not_end_an_excursion(params double[] turns) =>
        Assert.That(GlucoseExcursions.Mage(Line(turns)), Is.EqualTo(100).Within(1e-9));

    [Test]
    public void A_single_rise_is_an_excursion() =>
        Assert.That(GlucoseExcursions.Mage(Given.Every(5, [.. Enumerable.Range(0, 40).Select(step => 100.0 + step)])), Is.EqualTo(39).Within(1e-9));

    [Test]
    public void Readings_before_and_after_a_gap_make_no_excursion()
    {
        var steady = Enumerable.Repeat(100.0, 50);
        var gap = Enumerable.Repeat(double.NaN, 7);

        Assert.That(GlucoseExcursions.Mage(Given.Every(5, [.. steady, .. gap, .. steady.Select(value => value + 150)])), Is.NaN);
    }

    [TestCase]
    [TestCase(100)]
    [TestCase(100, 100, 100)]
    public void Without_change_there_is_no_excursion(params double[] values) => Assert.That(GlucoseExcursions.Mage(Given.Every(5, values)), Is.NaN);

    /// <summary>Straight from turn to turn, three hours each.</summary>
    static GlucoseSeries Line(params double[] turns)
    {
        var ways = turns.Zip(turns.Skip(1), (from, to) => Enumerable.Range(0, 36).Select(step => from + (to - from) * step / 36));
        return Given.Every(5, [.. ways.SelectMany(way => way), turns[^1]]);
    }

    static double[] Wave(int days, int minutes, double height) =>
        [.. Enumerable.Range(0, days * 1440 / minutes + 1).Select(place => 150 + height * Math.Cos(place * minutes / 360.0 * 2 * Math.PI))];
}
