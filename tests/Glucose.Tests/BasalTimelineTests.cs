namespace Glucose.Tests;

public sealed class BasalTimelineTests
{
    static readonly BasalSchedule Flat = new([new(TimeOnly.MinValue, 1.0)], TimeZoneInfo.Utc);
    static readonly BasalSchedule Steps = new([new(new(0, 0), 1.0), new(new(6, 0), 2.0), new(new(22, 0), 0.5)], TimeZoneInfo.Utc);

    [Test]
    public void Schedule_changes_through_the_day() =>
        Assert.That(Timeline(Steps, 24), Is.EqualTo(new[] { "0-6 1 Scheduled", "6-22 2 Scheduled", "22-24 0.5 Scheduled" }));

    [Test]
    public void Before_the_first_entry_the_last_of_the_day_before_holds()
    {
        var late = new BasalSchedule([new(new(6, 0), 2.0), new(new(22, 0), 0.5)], TimeZoneInfo.Utc);

        Assert.That(Timeline(late, 24), Is.EqualTo(new[] { "0-6 0.5 Scheduled", "6-22 2 Scheduled", "22-24 0.5 Scheduled" }));
    }

    [Test]
    public void A_temp_basal_returns_to_the_schedule_at_its_end() =>
        Assert.That(Timeline(Flat, 4, Rate(1, 2, 0.8)), Is.EqualTo(new[] { "0-1 1 Scheduled", "1-3 0.8 Temp", "3-4 1 Scheduled" }));

    [Test]
    public void A_temp_basal_is_cut_off_by_the_next() =>
        Assert.That(Timeline(Flat, 6, Rate(1, 4, 3), Rate(2, 1, 0)), Is.EqualTo(new[] { "0-1 1 Scheduled", "1-2 3 Temp", "2-3 0 Temp", "3-6 1 Scheduled" }));

    [Test]
    public void A_temp_basal_without_length_cancels() =>
        Assert.That(Timeline(Flat, 4, Rate(1, 4, 3), Rate(2, 0, 0)), Is.EqualTo(new[] { "0-1 1 Scheduled", "1-2 3 Temp", "2-4 1 Scheduled" }));

    [Test]
    public void Of_two_with_one_start_the_last_holds() =>
        Assert.That(Timeline(Flat, 3, Rate(1, 2, 3), Rate(1, 1, 5)), Is.EqualTo(new[] { "0-1 1 Scheduled", "1-2 5 Temp", "2-3 1 Scheduled" }));

    [Test]
    public void The_order_of_temp_basals_does_not_matter() =>
        Assert.That(Timeline(Flat, 6, Rate(2, 1, 0), Rate(1, 4, 3)), Is.EqualTo(Timeline(Flat, 6, Rate(1, 4, 3), Rate(2, 1, 0))));

    [Test]
    public void A_percentage_follows_the_schedule() =>
        Assert.That(Timeline(Steps, 8, TempBasal.AtPercent(At(5), TimeSpan.FromHours(2), 150)),
            Is.EqualTo(new[] { "0-5 1 Scheduled", "5-6 1.5 Temp", "6-7 3 Temp", "7-8 2 Scheduled" }));

    [Test]
    public void A_suspend_delivers_nothing() =>
        Assert.That(Timeline(Flat, 3, TempBasal.Suspend(At(1), TimeSpan.FromHours(1))),
            Is.EqualTo(new[] { "0-1 1 Scheduled", "1-2 0 Suspend", "2-3 1 Scheduled" }));

    [Test]
    public void What_lies_outside_the_period_is_cut_off() =>
        Assert.That(Timeline(Flat, 2, Rate(-2, 3, 3), TempBasal.AtRate(At(1.5), TimeSpan.MaxValue, 0), Rate(5, 1, 9)),
            Is.EqualTo(new[] { "0-1 3 Temp", "1-1.5 1 Scheduled", "1.5-2 0 Temp" }));

    [Test]
    public void An_old_temp_basal_that_ended_before_the_period_is_not_seen() =>
        Assert.That(Timeline(Flat, 2, Rate(-20, 1, 3), Rate(-5, 2, 4)), Is.EqualTo(new[] { "0-2 1 Scheduled" }));

    [Test]
    public void Profiles_follow_each_other_and_before_the_first_there_is_no_rate()
    {
        var twice = new BasalSchedule([new(TimeOnly.MinValue, 2.0)], TimeZoneInfo.Utc);
        var segments = BasalTimeline.Build([new(At(4), twice), new(At(1), Flat)], [Rate(0.5, 0.25, 7)], At(0), At(5));

        Assert.That(segments.Select(Told), Is.EqualTo(new[] { "0.5-0.75 7 Temp", "1-4 1 Scheduled", "4-5 2 Scheduled" }));
    }

    [TestCase("2026-03-08", 2, "0-2 1, 2-23 3")] // clocks skip from 2 to 3, the rate of 2 never begins
    [TestCase("2026-11-01", 1, "0-1 1, 1-2 2, 2-3 2, 3-25 3")] // clocks go from 2 back to 1
    public void The_schedule_follows_the_wearers_clock_across_its_change(string day, int second, string expected)
    {
        var zone = Given.Zone("America/New_York");
        var schedule = new BasalSchedule([new(new(0, 0), 1), new(new(second, 0), 2), new(new(second + 1, 0), 3)], zone);
        var start = LocalMidnight(DateOnly.Parse(day), zone);
        var end = LocalMidnight(DateOnly.Parse(day).AddDays(1), zone);

        var segments = BasalTimeline.Build([new(start, schedule)], [], start, end);

        var hours = Enumerable.Range(0, (int)(end - start).TotalHours)
            .Select(hour => segments.Single(segment => segment.Start <= start.AddHours(hour) && start.AddHours(hour) < segment.End).UnitsPerHour);
        Assert.That(hours, Is.EqualTo(Hourly(expected)));
    }

    [Test]
    public void Going_back_over_a_change_of_rate_gives_the_earlier_rate_again()
    {
        var zone = Given.Zone("America/New_York");
        var schedule = new BasalSchedule([new(new(0, 0), 1), new(new(1, 30), 2)], zone);
        var midnight = LocalMidnight(new(2026, 11, 1), zone);

        var segments = BasalTimeline.Build([new(midnight, schedule)], [], midnight, midnight.AddHours(5));

        Assert.That(segments.Select(segment => ((segment.Start - midnight).TotalHours, segment.UnitsPerHour)),
            Is.EqualTo(new (double, double)[] { (0, 1), (1.5, 2.0), (2, 1), (2.5, 2) }));
    }

    [Test]
    public void Rates_that_cannot_be_are_refused()
    {
        Assert.That(() => new BasalSchedule([], TimeZoneInfo.Utc), Throws.ArgumentException);
        Assert.That(() => new BasalSchedule([new(TimeOnly.MinValue, -1)], TimeZoneInfo.Utc), Throws.ArgumentException);
        Assert.That(() => new BasalSchedule([new(TimeOnly.MinValue, double.NaN)], TimeZoneInfo.Utc), Throws.ArgumentException);
        Assert.That(() => new BasalSchedule([new(TimeOnly.MinValue, 1), new(TimeOnly.MinValue, 2)], TimeZoneInfo.Utc), Throws.ArgumentException);
        Assert.That(() => Rate(0, 1, -0.1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => TempBasal.AtPercent(At(0), TimeSpan.FromHours(1), -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => TempBasal.Suspend(At(0), TimeSpan.FromHours(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    static IEnumerable<string> Timeline(BasalSchedule schedule, double hours, params TempBasal[] temps) =>
        BasalTimeline.Build([new(At(-1000), schedule)], temps, At(0), At(hours)).Select(Told);

    static string Told(BasalSegment segment) =>
        $"{(segment.Start - Given.Start).TotalHours}-{(segment.End - Given.Start).TotalHours} {segment.UnitsPerHour} {segment.Source}";

    static TempBasal Rate(double hour, double hours, double unitsPerHour) => TempBasal.AtRate(At(hour), TimeSpan.FromHours(hours), unitsPerHour);

    static DateTimeOffset At(double hour) => Given.Start.AddHours(hour);

    static DateTimeOffset LocalMidnight(DateOnly day, TimeZoneInfo zone) =>
        new(day.ToDateTime(TimeOnly.MinValue), zone.GetUtcOffset(day.ToDateTime(TimeOnly.MinValue)));

    static IEnumerable<double> Hourly(string told) => told.Split(", ").SelectMany(part =>
    {
        var numbers = part.Split('-', ' ').Select(double.Parse).ToArray();
        return Enumerable.Repeat(numbers[2], (int)(numbers[1] - numbers[0]));
    });
}
