namespace Glucose.Tests;

public sealed class EpisodeTests
{
    [Test]
    public void Fifteen_minutes_make_an_episode_and_ten_do_not()
    {
        Assert.That(Low(100, 60, 60, 60, 100, 100, 100), Is.EqualTo(new[] { (5, 20) }));
        Assert.That(Low(100, 60, 60, 100, 100, 100), Is.Empty);
    }

    [Test]
    public void An_episode_ends_only_after_fifteen_minutes_back_in_range()
    {
        Assert.That(Low(60, 60, 60, 80, 80, 60, 80, 80, 80), Is.EqualTo(new[] { (0, 30) }));
        Assert.That(Low(60, 60, 60, 80, 80, 80, 60, 60, 60, 80, 80, 80), Is.EqualTo(new[] { (0, 15), (30, 45) }));
    }

    [Test]
    public void Minutes_below_are_consecutive() => Assert.That(Low(60, 60, 100, 60, 60, 100, 100), Is.Empty);

    [Test]
    public void Seventy_is_in_range_and_180_too()
    {
        Assert.That(Low(70, 70, 70, 70), Is.Empty);
        Assert.That(GlucoseEpisodes.Find(Given.Every(5, 180, 180, 180, 180), EpisodeKind.High), Is.Empty);
    }

    [Test]
    public void A_very_low_episode_begins_below_54_and_ends_at_70()
    {
        var episode = GlucoseEpisodes.Find(Given.Every(5, 60, 53, 53, 45, 60, 60, 60, 70, 70, 70), EpisodeKind.VeryLow).Single();

        Assert.That(episode, Is.EqualTo(new GlucoseEpisode(EpisodeKind.VeryLow, Given.Start.AddMinutes(5), Given.Start.AddMinutes(35), 45, true)));
        Assert.That(GlucoseEpisodes.Find(Given.Every(5, 54, 54, 54, 54), EpisodeKind.VeryLow), Is.Empty);
    }

    [Test]
    public void Highs_are_found_like_lows()
    {
        var series = Given.Every(5, 100, 181, 251, 300, 260, 200, 180, 180, 180);

        Assert.That(GlucoseEpisodes.Find(series, EpisodeKind.High).Single(),
            Is.EqualTo(new GlucoseEpisode(EpisodeKind.High, Given.Start.AddMinutes(5), Given.Start.AddMinutes(30), 300, true)));
        Assert.That(GlucoseEpisodes.Find(series, EpisodeKind.VeryHigh).Single(),
            Is.EqualTo(new GlucoseEpisode(EpisodeKind.VeryHigh, Given.Start.AddMinutes(10), Given.Start.AddMinutes(30), 300, true)));
    }

    [TestCase(24, false)]
    [TestCase(25, true)]
    public void A_low_of_more_than_two_hours_is_extended(int readings, bool extended)
    {
        var episode = GlucoseEpisodes.Find(Given.Every(5, [.. Enumerable.Repeat(60.0, readings), 100, 100, 100]), EpisodeKind.Low).Single();

        Assert.That((episode.Duration.TotalMinutes, episode.IsExtendedLow), Is.EqualTo((readings * 5, extended)));
    }

    [Test]
    public void An_episode_does_not_last_through_a_gap()
    {
        var hours = Enumerable.Repeat(double.NaN, 48);
        var episodes = GlucoseEpisodes.Find(Given.Every(5, [60, 60, 60, 60, .. hours, 60, 60, 60, 100, 100, 100]), EpisodeKind.Low);

        Assert.That(episodes.Select(episode => (Minutes(episode.Start), Minutes(episode.End), episode.EndSeen)),
            Is.EqualTo(new[] { (0, 20, false), (260, 275, true) }));
    }

    [Test]
    public void A_gap_makes_no_episode_of_one_reading()
    {
        Assert.That(Low(100, 100, 60, double.NaN, double.NaN, double.NaN, 100, 100, 100), Is.Empty); // 20 minutes
        Assert.That(Low([100, 100, 60, .. Enumerable.Repeat(double.NaN, 30), 60, 100, 100]), Is.Empty);
        Assert.That(Low([100, 100, 60, 60, .. Enumerable.Repeat(double.NaN, 30), 60, 60, 100, 100]), Is.Empty);
    }

    [Test]
    public void A_missing_reading_does_not_cut_an_episode() =>
        Assert.That(Low(60, 60, double.NaN, 60, 60, 100, 100, 100), Is.EqualTo(new[] { (0, 25) }));

    [Test]
    public void An_episode_that_was_ending_when_the_series_ends_ends_with_its_last_reading_out_of_range()
    {
        var episode = GlucoseEpisodes.Find(Given.Every(5, 60, 60, 60, 100), EpisodeKind.Low).Single();

        Assert.That((Minutes(episode.End), episode.EndSeen), Is.EqualTo((15, false)));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(5)]
    [TestCase(15)]
    public void Sensors_of_any_interval_find_the_same_hour(double minutes)
    {
        var readings = (int)(60 / minutes);
        var series = Given.Every(minutes, [.. Enumerable.Repeat(100.0, readings), .. Enumerable.Repeat(60.0, readings), .. Enumerable.Repeat(100.0, readings)]);

        var episode = GlucoseEpisodes.Find(series, EpisodeKind.Low).Single();

        Assert.That((Minutes(episode.Start), Minutes(episode.End)), Is.EqualTo((60, 120)));
    }

    [Test]
    public void Jitter_of_the_sensor_does_not_hide_an_episode()
    {
        var minutes = new[] { 0, 4.9, 10.1, 14.9, 19.8, 25, 30 };
        var values = new double[] { 100, 60, 60, 60, 100, 100, 100 };

        var series = GlucoseSeries.From(minutes.Zip(values, (minute, value) => new Reading(Given.Start.AddMinutes(minute), value)));

        Assert.That(GlucoseEpisodes.Find(series, EpisodeKind.Low), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_meter_gives_no_episodes() => Assert.That(GlucoseEpisodes.Find(Given.Every(240, 60, 60, 60, 100), EpisodeKind.Low), Is.Empty);

    static IEnumerable<(int, int)> Low(params double[] values) =>
        GlucoseEpisodes.Find(Given.Every(5, values), EpisodeKind.Low).Select(episode => (Minutes(episode.Start), Minutes(episode.End)));

    static int Minutes(DateTimeOffset at) => (int)Math.Round((at - Given.Start).TotalMinutes);
}
