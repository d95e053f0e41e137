namespace Glucose.Tests;

public sealed class DailyInsulinTests
{
    [Test]
    public void A_segment_over_midnight_belongs_to_both_days()
    {
        var segment = new BasalSegment(Given.Start.AddHours(20), Given.Start.AddHours(30), 1, BasalSource.Scheduled);

        var days = DailyInsulin.Of([segment], [], TimeZoneInfo.Utc);

        Assert.That(days, Is.EqualTo(new[] { new DailyInsulin(new(2026, 3, 2), 4, 0), new DailyInsulin(new(2026, 3, 3), 6, 0) }));
    }

    [Test]
    public void Days_are_those_of_the_zone()
    {
        var bolus = new Bolus(Given.Start.AddHours(20), 3);

        Assert.That(DailyInsulin.Of([], [bolus], Given.Zone("Asia/Tokyo")).Single(), Is.EqualTo(new DailyInsulin(new(2026, 3, 3), 0, 3)));
    }

    [TestCase("America/New_York", "2026-03-08", 23)]
    [TestCase("America/New_York", "2026-11-01", 25)]
    [TestCase("America/Havana", "2026-03-08", 23)] // skips midnight
    [TestCase("America/Havana", "2026-11-01", 25)] // has midnight twice
    [TestCase("Australia/Lord_Howe", "2026-04-05", 24.5)]
    [TestCase("Asia/Kathmandu", "2026-03-08", 24)]
    public void Days_have_the_length_of_the_zones_day(string name, string day, double hours)
    {
        var around = DateTimeOffset.Parse($"{day}T00:00Z");
        var segment = new BasalSegment(around.AddDays(-2), around.AddDays(3), 1, BasalSource.Scheduled);

        var days = DailyInsulin.Of([segment], [], Given.Zone(name));

        Assert.That(days.Single(one => one.Day == DateOnly.Parse(day)).BasalUnits, Is.EqualTo(hours).Within(1e-9));
        Assert.That(days.Sum(one => one.Total), Is.EqualTo(120).Within(1e-9));
    }

    [Test]
    public void Schedule_temp_basals_and_boluses_make_the_daily_dose()
    {
        var schedule = new BasalSchedule([new(TimeOnly.MinValue, 1)], TimeZoneInfo.Utc);
        var basal = BasalTimeline.Build(
            [new(Given.Start, schedule)],
            [TempBasal.AtPercent(Given.Start.AddHours(2), TimeSpan.FromHours(2), 50), TempBasal.Suspend(Given.Start.AddHours(10), TimeSpan.FromHours(3))],
            Given.Start, Given.Start.AddDays(1));

        var day = DailyInsulin.Of(basal, [new(Given.Start.AddHours(8), 5), new(Given.Start.AddHours(19), 6)], TimeZoneInfo.Utc).Single();

        Assert.That((day.BasalUnits, day.BolusUnits, day.Total), Is.EqualTo((20, 11, 31)));
    }

    [Test]
    public void No_insulin_makes_no_day() => Assert.That(DailyInsulin.Of([], [], TimeZoneInfo.Utc), Is.Empty);
}
