using OpenHumansEtl.Derived;
using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>The offset timeline and local days, from profiles and from what records carry.</summary>
public sealed class LocalTimeTests
{
    static readonly DateTimeOffset Start = new(2026, 10, 20, 0, 0, 0, TimeSpan.Zero);
    SummaryWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartWorld() => _world = await SummaryWorld.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task A_profiles_zone_tells_local_time_across_a_clock_change()
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin")], Readings("share2", null));

        Assert.That(At(seen, "2026-10-24T22:00Z"), Is.EqualTo("120 Europe/Berlin profile medium"));
        Assert.That(At(seen, "2026-10-25T00:59Z"), Is.EqualTo("120 Europe/Berlin profile medium"));
        Assert.That(At(seen, "2026-10-25T01:00Z"), Is.EqualTo("60 Europe/Berlin profile medium"));
        Assert.That(At(seen, "2025-07-01T00:00Z"), Is.EqualTo("120 Europe/Berlin profile low"), "before the profile");
    }

    [TestCase(0, TestName = "Loops_zero_offset_is_no_evidence")]
    [TestCase(17, TestName = "An_offset_of_no_place_is_no_evidence")]
    public async Task No_evidence(int offset)
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "America/New_York")], Readings("loop://phone", _ => offset));

        Assert.That(At(seen, "2026-10-22T12:00Z"), Is.EqualTo("-240 America/New_York profile medium"));
    }

    [Test]
    public async Task Loops_fixed_zone_has_the_posix_sign_and_no_summer_time()
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "ETC/GMT+8")], Readings("loop://phone", _ => 0));

        Assert.That(At(seen, "2026-07-01T00:00Z"), Is.EqualTo("-480 Etc/GMT+8 profile low"));
        Assert.That(At(seen, "2026-12-01T00:00Z"), Is.EqualTo("-480 Etc/GMT+8 profile low"));
    }

    [Test]
    public async Task Records_that_agree_with_the_profile_make_it_sure()
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "Europe/London")], Readings("xDrip-DexcomG6", at => at < new DateTimeOffset(2026, 10, 25, 1, 0, 0, TimeSpan.Zero) ? 60 : 0));

        Assert.That(At(seen, "2026-10-24T12:00Z"), Is.EqualTo("60 Europe/London both high"));
        Assert.That(At(seen, "2026-10-25T00:59Z"), Is.EqualTo("60 Europe/London both high"));
        Assert.That(At(seen, "2026-10-25T01:00Z"), Is.EqualTo("0 Europe/London both high"), "0 counts of what has sent another offset");
        Assert.That(At(seen, "2027-01-01T00:00Z"), Is.EqualTo("0 Europe/London profile medium"), "after the records");
    }

    [Test]
    public async Task A_journey_shows_in_the_records_and_counts_before_the_profile()
    {
        var lands = new DateTimeOffset(2026, 10, 22, 14, 0, 0, TimeSpan.Zero);
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin")], Readings("xDrip-DexcomG6", at => at < lands ? 120 : -240));

        Assert.That(At(seen, "2026-10-22T13:00Z"), Is.EqualTo("120 Europe/Berlin both high"));
        Assert.That(At(seen, "2026-10-22T14:00Z"), Is.EqualTo("-240 - record medium"));
    }

    [Test]
    public async Task A_single_edited_record_changes_no_day()
    {
        var seen = await TimelineAsync([], Readings("xDrip-DexcomG6", at => at == Start.AddHours(30) ? 0 : 120));

        Assert.That(At(seen, "2026-10-21T06:00Z"), Is.EqualTo("120 - record medium"));
        Assert.That(At(seen, "2026-12-01T00:00Z"), Is.EqualTo("120 - record low"), "the nearest records");
    }

    [Test]
    public async Task A_single_edited_record_at_the_end_of_a_day_is_no_journey()
    {
        var seen = await TimelineAsync([], Readings("xDrip-DexcomG6", at => at == Start.AddHours(47.5) ? 0 : 120));

        Assert.That(At(seen, "2026-10-21T23:45Z"), Is.EqualTo("120 - record medium"));
    }

    [Test]
    public async Task Gaps_of_a_week_are_bridged_and_longer_ones_are_not()
    {
        var readings = Readings("xDrip-DexcomG6", _ => 120).Where((_, i) => i / 48 is 0 or 7).Concat(Readings("xDrip-DexcomG6", _ => 120, Start.AddDays(20)).Take(48));
        var seen = await TimelineAsync([], readings.Select((line, i) => line.Replace("\"_id\":\"", $"\"_id\":\"{i}-")));

        Assert.That(At(seen, "2026-10-23T00:00Z"), Is.EqualTo("120 - record medium"));
        Assert.That(At(seen, "2026-11-03T00:00Z"), Is.EqualTo("120 - record low"));
    }

    [Test]
    public async Task Without_any_evidence_it_is_utc_and_said_so()
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "")], Readings("share2", null));

        Assert.That(seen, Has.Count.EqualTo(1));
        Assert.That(At(seen, "2026-10-24T22:00Z"), Is.EqualTo("0 - none low"));
    }

    [Test]
    public async Task The_default_profile_of_a_document_counts()
    {
        const string Document = """{"_id":"p","defaultProfile":"Holiday","startDate":"2026-01-01T00:00:00Z","store":{"Home":{"timezone":"Europe/Berlin"},"Holiday":{"timezone":"Asia/Tokyo"}}}""";

        Assert.That(At(await TimelineAsync([Document], Readings("share2", null)), "2026-10-24T22:00Z"), Is.EqualTo("540 Asia/Tokyo profile medium"));
    }

    [TestCase("""{"_id":"p","startDate":"2026-01-01T00:00:00Z","timezone":"Asia/Tokyo","dia":3}""", TestName = "Documents_without_store_have_their_zone_at_the_top")]
    [TestCase("""{"_id":"p","defaultProfile":"Gone","startDate":"2026-01-01T00:00:00Z","store":{"Home":{"timezone":"Asia/Tokyo"}}}""", TestName = "The_only_profile_counts_when_the_default_is_not_there")]
    [TestCase("""{"_id":"p","defaultProfile":"A","startDate":"1970-01-01T00:00:00Z","created_at":"2026-01-01T00:00:00Z","store":{"A":{"timezone":"asia/tokyo"}}}""", TestName = "A_start_in_1970_is_none_and_the_time_of_making_counts")]
    public async Task Shapes_of_profiles(string document)
    {
        var seen = await TimelineAsync([document], Readings("share2", null));

        Assert.That(At(seen, "2026-10-24T22:00Z"), Is.EqualTo("540 Asia/Tokyo profile medium"));
        Assert.That(At(seen, "2025-12-31T00:00Z"), Is.EqualTo("540 Asia/Tokyo profile low"));
    }

    [Test]
    public async Task A_future_profile_waits_for_its_start()
    {
        var seen = await TimelineAsync([Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin"), Profile("q", "2030-06-01T00:00:00Z", "Asia/Tokyo")], Readings("share2", null));

        Assert.That(At(seen, "2026-10-24T22:00Z"), Is.EqualTo("120 Europe/Berlin profile medium"));
        Assert.That(At(seen, "2030-06-01T00:00Z"), Is.EqualTo("540 Asia/Tokyo profile medium"));
    }

    [Test]
    public async Task A_profile_that_goes_takes_its_zone_along()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. Readings("share2", null)]);
        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "Asia/Tokyo"));
        await _world.SummariseAsync();
        var inTokyo = await _world.QueryAsync<string>("select day || ' ' || n from openaps.glucose_day where participant_id = @id order by day", participant);

        await _world.LoadAsync(participant, "profile");
        await _world.SummariseAsync();
        var inUtc = await _world.QueryAsync<string>("select day || ' ' || n from openaps.glucose_day where participant_id = @id order by day", participant);

        Assert.That((inTokyo[0], inTokyo[^1]), Is.EqualTo(("2026-10-20 30", "2026-10-30 18")));
        Assert.That((inUtc[0], inUtc[^1]), Is.EqualTo(("2026-10-20 48", "2026-10-29 48")));
    }

    [Test]
    public async Task A_new_zone_makes_all_days_anew()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin"));
        await _world.LoadAsync(participant, "entries", [.. Readings("share2", null)]);
        await _world.SummariseAsync();

        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "America/Los_Angeles"));
        await _world.SummariseAsync();
        var made = await _world.DerivedAsync(participant);

        await _world.RebuildAsync(participant);
        Assert.That(await _world.DerivedAsync(participant), Is.EqualTo(made));
        Assert.That(await _world.QueryAsync<string>("select min(day) || ' ' || max(day) from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "2026-10-19 2026-10-29" }));
    }

    [Test]
    public void Days_are_23_and_25_hours_long_when_clocks_change()
    {
        var clock = new LocalClock(UtcOffsetTimeline.Build([new(DateTime.MinValue, "Europe/Berlin")], []));

        Assert.That(Hours(clock.Day(new(2026, 3, 29))), Is.EqualTo(23));
        Assert.That(Hours(clock.Day(new(2026, 10, 25))), Is.EqualTo(25));
        Assert.That(clock.Day(new(2026, 6, 1)).FromUtc, Is.EqualTo(new DateTime(2026, 5, 31, 22, 0, 0)));

        static double Hours(LocalDay day) => (day.ToUtc - day.FromUtc).TotalHours;
    }

    [TestCase("Europe/Berlin")]
    [TestCase("America/Havana", Description = "clocks change at midnight")]
    [TestCase("Atlantic/Azores")]
    [TestCase("Pacific/Apia", Description = "skipped 2011-12-30")]
    [TestCase("Australia/Lord_Howe", Description = "half an hour")]
    [TestCase("Asia/Kathmandu")]
    public void Days_follow_each_other_without_gap_or_overlap(string zone)
    {
        var clock = new LocalClock(UtcOffsetTimeline.Build([new(DateTime.MinValue, zone)], []));
        var system = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var day = new DateOnly(2010, 1, 1);

        for (var end = clock.Day(day).FromUtc; day.Year < 2025; day = day.AddDays(1))
        {
            var here = clock.Day(day);
            Assert.That(here.FromUtc, Is.EqualTo(end), $"{day}");
            end = here.ToUtc;
            if (here.IsEmpty)
                continue;
            Assert.That(clock.OffsetAt(here.FromUtc), Is.EqualTo(system.GetUtcOffset(here.FromUtc).TotalMinutes), $"{day}");
            Assert.That(clock.OffsetAt(end.AddTicks(-1)), Is.EqualTo(system.GetUtcOffset(end.AddTicks(-1)).TotalMinutes), $"{day}");
            Assert.That(clock.DaysOf(here.FromUtc, here.ToUtc), Does.Contain(here).And.Exactly(1).Matches<LocalDay>(found => !found.IsEmpty), $"{day}");
        }
    }

    [Test]
    public void A_journey_west_over_midnight_keeps_days_whole()
    {
        var lands = new DateTime(2026, 5, 2, 0, 0, 0, DateTimeKind.Utc); // 02:00 of the 2nd becomes 17:00 of the 1st
        var clock = new LocalClock([new(DateTime.MinValue, lands, 120, null, "record", "medium"), new(lands, DateTime.MaxValue, -420, null, "record", "medium")]);

        Assert.That(clock.Day(new(2026, 5, 1)).ToUtc, Is.EqualTo(new DateTime(2026, 5, 1, 22, 0, 0)));
        Assert.That(clock.Day(new(2026, 5, 2)).ToUtc, Is.EqualTo(new DateTime(2026, 5, 3, 7, 0, 0)));
        Assert.That(clock.DaysOf(lands.AddHours(1), lands.AddHours(2)).Select(day => day.Day), Is.EqualTo(new[] { new DateOnly(2026, 5, 2) }));
    }

    [Test]
    [NonParallelizable]
    public async Task Times_through_the_servers_zone_D17()
    {
        var profile = Profile("p", "2026-01-01T00:00:00Z", "America/New_York");
        var readings = Readings("xDrip-DexcomG6", _ => -240).Concat([Sgv("late", new(2026, 10, 31, 3, 59, 59, TimeSpan.Zero), 77), Sgv("early", new(2026, 10, 31, 4, 0, 1, TimeSpan.Zero), 200)]).ToArray();
        var expected = await DerivedOfAsync(_world);

        var zone = Environment.GetEnvironmentVariable("TZ");
        Environment.SetEnvironmentVariable("TZ", "Pacific/Chatham"); // 12:45 or 13:45 ahead of UTC
        TimeZoneInfo.ClearCachedData();
        try
        {
            Assert.That(TimeZoneInfo.Local.BaseUtcOffset, Is.EqualTo(new TimeSpan(12, 45, 0)), "the zone of this process is odd");
            await using var odd = await SummaryWorld.StartAsync("Pacific/Chatham");
            Assert.That(await DerivedOfAsync(odd), Is.EqualTo(expected));
            Assert.That(expected, Does.Contain("glucose_day: (2026-10-30,1,").And.Contain("glucose_day: (2026-10-31,1,"), "by New York's midnight");
        }
        finally
        {
            Environment.SetEnvironmentVariable("TZ", zone);
            TimeZoneInfo.ClearCachedData();
        }

        async Task<string> DerivedOfAsync(SummaryWorld world)
        {
            var participant = await world.ParticipantAsync();
            await world.LoadAsync(participant, "profile", profile);
            await world.LoadAsync(participant, "entries", readings);
            await world.SummariseAsync();
            return await world.DerivedAsync(participant);
        }
    }

    /// <summary>Ten days, every half hour.</summary>
    static IEnumerable<string> Readings(string device, Func<DateTimeOffset, int>? offset, DateTimeOffset? start = null) =>
        from i in Enumerable.Range(0, 480)
        let at = (start ?? Start).AddMinutes(i * 30)
        select Sgv($"{device}{i}{start}", at, 100 + i % 50, device, offset?.Invoke(at));

    async Task<List<OffsetInterval>> TimelineAsync(IEnumerable<string> profiles, IEnumerable<string> entries)
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "profile", [.. profiles]);
        await _world.LoadAsync(participant, "entries", [.. entries]);
        await _world.SummariseAsync();
        var timeline = await _world.QueryAsync<OffsetInterval>("select from_utc, to_utc, offset_minutes, zone, source, confidence from openaps.utc_offset_timeline where participant_id = @id order by from_utc", participant);
        Assert.That(timeline.Zip(timeline.Skip(1)).Where(pair => pair.First.ToUtc != pair.Second.FromUtc), Is.Empty, "gaps");
        Assert.That((timeline[0].FromUtc, timeline[^1].ToUtc), Is.EqualTo((DateTime.MinValue, DateTime.MaxValue)));
        return timeline;
    }

    static string At(List<OffsetInterval> timeline, string time)
    {
        var utc = DateTimeOffset.Parse(time).UtcDateTime;
        var interval = timeline.Single(interval => interval.FromUtc <= utc && utc < interval.ToUtc);
        return $"{interval.OffsetMinutes} {interval.Zone ?? "-"} {interval.Source} {interval.Confidence}";
    }
}
