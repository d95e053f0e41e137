using Dapper;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>The counts a participant's report is made of.</summary>
public sealed class DaySummaryTests : NoonTests
{
    [Test]
    public async Task Readings_are_counted_by_band_in_days_of_the_profiles_zone()
    {
        var site = new NightscoutSite("zone");
        var day = new DateTimeOffset(_world.Clock.GetUtcNow().Date, TimeSpan.Zero).AddDays(-2);
        site.Profiles.Insert($$$"""{"_id":"{{{Records.Id(1)}}}","defaultProfile":"D","startDate":"2020-01-01T00:00:00Z","store":{"D":{"timezone":"Asia/Tokyo"} } }"""); // nine hours east, no summer time
        foreach (var (number, hour, glucose) in new[] { (10, 10, 53), (11, 10, 54), (12, 11, 69), (13, 11, 70), (14, 12, 180), (15, 12, 181), (16, 13, 250), (17, 13, 251), (18, 14, 5), (19, 15, 100), (20, 16, 100) })
            site.Entries.Insert($$"""{"_id":"{{Records.Id(number)}}","type":"sgv","sgv":{{glucose}},"date":{{day.AddHours(hour).ToUnixTimeMilliseconds()}} }""");
        site.Entries.Insert($$"""{"_id":"{{Records.Id(30)}}","type":"mbg","mbg":100,"date":{{day.AddHours(12).ToUnixTimeMilliseconds()}} }""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAfterAsync(TimeSpan.Zero);

        var local = DateOnly.FromDateTime(day.UtcDateTime);
        Assert.That(await SummaryAsync(participant), Is.EqualTo(new[]
        {
            (local, 10L, 10L, 1L, 2L, 2L, 2L, 1L), // 5 is an error code, and of no band; the calibration neither
            (local.AddDays(1), 2L, 2L, 0L, 0L, 2L, 0L, 0L), // from 15:00 UTC on it is tomorrow there
        }));
        Assert.That(await participant.QueryAsync<string>("""
            select string_agg(to_char(local_day - @Day::date, 'FM9') || '+' || to_char((n - 1) * interval '15 minutes', 'HH24:MI') || ' ' || mean, ', ' order by local_day, n)
              from ingest.day_part cross join unnest(quarters) with ordinality as q (mean, n) where participant_id = @Participant and mean is not null
            """.Replace("@Day", $"'{local:yyyy-MM-dd}'")), Is.EqualTo("0+19:00 54, 0+20:00 70, 0+21:00 181, 0+22:00 251, 1+00:00 100, 1+01:00 100"), "the means of quarters of an hour there");
    }

    [Test]
    public async Task What_the_site_lost_counts_in_our_files_alone()
    {
        var site = new NightscoutSite("gone");
        var day = new DateTimeOffset(_world.Clock.GetUtcNow().Date, TimeSpan.Zero);
        for (var number = 1; number < 6; number++)
            site.Entries.Insert($$"""{"_id":"{{Records.Id(number)}}","type":"sgv","sgv":100,"date":{{day.AddHours(number).ToUnixTimeMilliseconds()}} }""");
        site.Entries.Insert(Records.Of("entries", 9, day.AddDays(-400)));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        site.Entries.Delete(Records.Id(3));

        await participant.RunAfterAsync(TimeSpan.FromMinutes(30));
        Assert.That((await SummaryAsync(participant))[^1], Is.EqualTo((DateOnly.FromDateTime(day.UtcDateTime), 4L, 5L, 0L, 0L, 5L, 0L, 0L)));
        await participant.RunAfterAsync(TimeSpan.FromHours(24));

        Assert.That((await SummaryAsync(participant))[^1], Is.EqualTo((DateOnly.FromDateTime(day.UtcDateTime), 4L, 4L, 0L, 0L, 4L, 0L, 0L)), "marked as deleted, it is counted nowhere");
    }

    async Task<IReadOnlyList<(DateOnly Day, long Source, long Copied, long VeryLow, long Low, long InRange, long High, long VeryHigh)>> SummaryAsync(Enrolled participant)
    {
        await using var connection = await _world.Owner.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(DateOnly, long, long, long, long, long, long, long)>(
            "select day, source, copied, very_low, low, in_range, high, very_high from ingest.day_summary where participant_id = @Participant and collection = 'entries' order by day", new { participant.Participant })];
    }
}
