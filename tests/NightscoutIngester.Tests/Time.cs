namespace NightscoutIngester.Tests;

/// <summary>Tests of what comes when: a clock that starts at noon, and runs that have to go well.</summary>
static class Time
{
    /// <summary>Noon (UTC) of the day after: no run begins by night unless a test wants it.</summary>
    public static void ToNoon(this World world) => world.ToHour(12);

    /// <summary>Two o'clock (UTC) of the day after, when whole histories are read.</summary>
    public static void ToNight(this World world) => world.ToHour(2);

    /// <summary>Time passes; then the participant's site is copied.</summary>
    public static async Task<IngestOutcome> RunAfterAsync(this Enrolled participant, TimeSpan passed)
    {
        participant.World.Clock.Advance(passed);
        var outcome = await participant.RunAsync();
        Assert.That(outcome.Cause, Is.EqualTo(Cause.Success));
        return outcome;
    }

    /// <summary>Some days later, through a night in whatever zone the participant lives.</summary>
    public static async Task RunThroughANightAsync(this Enrolled participant, int days)
    {
        participant.World.Clock.Advance(TimeSpan.FromDays(days));
        for (var run = 0; run < 8; run++) // a night lasts four hours
            await participant.RunAfterAsync(TimeSpan.FromHours(3));
    }

    public static string Iso(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    static void ToHour(this World world, int hour) => world.Clock.Advance(TimeSpan.FromHours(24 + hour) - world.Clock.GetUtcNow().TimeOfDay);
}
