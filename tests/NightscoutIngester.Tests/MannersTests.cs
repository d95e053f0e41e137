using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>When sites are asked, and when they are left alone.</summary>
public sealed class MannersTests
{
    World _world = null!;

    [TearDown]
    public async Task Stop() => await _world.DisposeAsync();

    [Test]
    public async Task A_site_that_had_to_be_woken_is_visited_twice_a_day()
    {
        _world = await World.CreateAsync("--Ingest:AwakeWithin=00:00:01");
        var participant = await _world.EnrolAsync(Site("sleepy"));

        await participant.RunAfterAsync(TimeSpan.Zero);
        Assert.That(await DueInAsync(participant), Is.EqualTo(60).Within(10).Percent);
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1.5), Site = "sleepy" });
        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        Assert.That(await DueInAsync(participant), Is.EqualTo(12 * 60).Within(10).Percent);
        await participant.RunAfterAsync(TimeSpan.FromHours(12));

        Assert.That(await DueInAsync(participant), Is.EqualTo(60).Within(10).Percent, "awake again");
    }

    [Test]
    public async Task A_host_that_answers_for_a_site_which_is_starting_is_waited_for_and_visited_twice_a_day()
    {
        _world = await World.CreateAsync("--Ingest:AwakeWithin=00:00:01", "--Ingest:WakePause=00:00:01");
        var participant = await _world.EnrolAsync(Site("sleepy"));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 503, Site = "sleepy", Count = 2 });

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(await DueInAsync(participant), Is.EqualTo(12 * 60).Within(10).Percent);
    }

    [Test]
    public async Task A_sites_clock_is_noted_by_answers_that_were_asked_for_anyway()
    {
        _world = await World.CreateAsync();
        var participant = await _world.EnrolAsync(Site("right"));
        _world.Clock.Advance(TimeSpan.FromMinutes(-12)); // ours is behind, or theirs ahead: the stand-in's headers are of the real clock

        await participant.RunAsync();

        Assert.That(await participant.QueryAsync<int>("select clock_skew_seconds from ingest.participant where participant_id = @Participant"), Is.EqualTo(720).Within(10));
        Assert.That(_world.Get<ServiceDefaults.ClockSkew>().Own?.TotalMinutes, Is.EqualTo(12).Within(0.2), "by Open Humans, which says the same");
    }

    [Test]
    public async Task Every_request_of_a_run_waits_a_moment_after_the_one_before()
    {
        _world = await World.CreateAsync("--Ingest:Pause=00:00:00.1");
        var participant = await _world.EnrolAsync(Site("small"));

        var outcome = await participant.RunAsync();

        var times = _world.Sandbox.Sites.Requests.Served.Select(request => request.At).Order().ToList();
        Assert.That(times, Has.Count.EqualTo(outcome.Totals.Visit.Requests).And.Count.GreaterThan(4));
        Assert.That(times.Zip(times.Skip(1), (before, after) => after - before), Has.All.GreaterThan(TimeSpan.FromMilliseconds(90)));
    }

    [Test]
    public async Task Participants_are_not_all_due_at_the_same_moment()
    {
        _world = await World.CreateAsync();
        var participant = await _world.EnrolAsync(Site("small"));
        var pauses = new List<double>();
        for (var run = 0; run < 4; run++)
        {
            await participant.RunAfterAsync(TimeSpan.FromHours(1));
            pauses.Add(Math.Round(await DueInAsync(participant), 2));
        }

        Assert.That(pauses, Is.Unique);
    }

    [Test]
    public async Task A_site_that_has_to_be_woken_each_time_gets_its_long_read_within_a_day()
    {
        _world = await World.CreateAsync("--Ingest:AwakeWithin=00:00:01");
        _world.ToNoon();
        _world.Clock.Advance(TimeSpan.FromHours(18)); // that is 6 o'clock: the run 13 hours later is not at night, when long reads are made anyway
        var site = Site("sleepy");
        var at = _world.Clock.GetUtcNow().AddHours(-40);
        site.Entries.Insert(Records.Of("entries", 1, at));
        site.Entries.Insert(Records.Of("entries", 2, at.AddDays(-2)));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        site.Entries.Replace(Records.Id(1), Records.Of("entries", 1, at, "second"));

        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1.5), Site = "sleepy" });
        await participant.RunAfterAsync(TimeSpan.FromHours(13));

        Assert.That(participant.ValueOf("entries", 1), Is.EqualTo("second"));
    }

    [Test]
    public async Task Failures_in_a_row_wait_longer_and_longer()
    {
        _world = await World.CreateAsync();
        var participant = await _world.EnrolAsync(Site("broken"));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Site = "broken", Count = 10_000 });

        foreach (var minutes in new[] { 10, 20, 40, 80, 160, 320, 640, 720, 720 })
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteTemporary));
            Assert.That(await DueInAsync(participant), Is.EqualTo(minutes).Within(11).Percent);
        }
        _world.Sandbox.Faults.Clear();
        await participant.RunAfterAsync(TimeSpan.FromMinutes(1));

        Assert.That(await DueInAsync(participant), Is.EqualTo(60).Within(10).Percent);
    }

    [Test]
    public async Task A_refused_token_waits_for_the_participant_who_is_due_at_once()
    {
        _world = await World.CreateAsync();
        var site = Site("closed", new() { DefaultRole = "denied" });
        var participant = await _world.EnrolAsync(site, "reader-0123456789abcdef");

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteRefused));
        Assert.That(await _world.Get<DueParticipants>().ClaimAsync(10, default), Is.Empty);
        Assert.That(await DueInAsync(participant), Is.GreaterThan(TimeSpan.FromDays(3000).TotalMinutes));
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() where participant_id = @Participant");

        var due = _world.Get<DueParticipants>();
        await due.EnrolAsync(default); // once a beat
        Assert.That(await due.ClaimAsync(10, default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task One_site_of_two_participants_is_read_for_one_at_a_time()
    {
        _world = await World.CreateAsync();
        var site = Site("shared");
        var first = await _world.EnrolAsync(site);
        await _world.EnrolAsync(_world.Sandbox.Sites.UrlOf(site), site);
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(2), Site = "shared", Path = "/api/v1/profile.json" });

        await _world.RunJobAsync();

        Assert.That(await first.QueryAsync<string>("select string_agg(outcome, ',' order by outcome) from ingest.run"), Is.EqualTo("site busy,success"));
        Assert.That(await first.QueryAsync<bool>("select due_at between now() and now() + interval '3 minutes' from ingest.participant where outcome = 'site busy'"), Is.True);
        Assert.That(await first.QueryAsync<int>("select requests from ingest.run where outcome = 'site busy'"), Is.Zero);
    }

    [Test]
    public async Task A_site_that_fails_again_and_again_is_not_asked_for_a_while()
    {
        _world = await World.CreateAsync("--Ingest:BreakAfter=4");
        var participant = await _world.EnrolAsync(Site("broken"));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 502, Site = "broken", Count = 10_000 });
        for (var run = 0; run < 2; run++)
            await participant.RunAsync();
        _world.Sandbox.Sites.Requests.Clear();

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteTemporary));

        Assert.That(_world.Sandbox.Sites.Requests.Served, Is.Empty);
        Assert.That(await participant.QueryAsync<string>("select problem from ingest.run where participant_id = @Participant order by run_id desc limit 1"), Does.Contain("left alone"));
    }

    [Test]
    public async Task A_read_of_everything_takes_as_many_nights_as_its_pages_need()
    {
        _world = await World.CreateAsync("--Ingest:FullPages=4");
        _world.ToNoon();
        var site = new NightscoutSite("long");
        for (var month = 0; month < 12; month++)
            site.Entries.Insert(Records.Of("entries", month + 1, _world.Clock.GetUtcNow().AddDays(-31 * month)));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        _world.Clock.Advance(TimeSpan.FromDays(81));
        site.Entries.Insert(Records.Of("entries", 100, _world.Clock.GetUtcNow().AddDays(-81 - 31 * 11).AddHours(1)));

        var nights = 0;
        for (; nights < 30 && participant.ValueOf("entries", 100) is null; nights++)
        {
            _world.ToNight();
            await participant.RunAfterAsync(TimeSpan.Zero);
            await participant.RunAfterAsync(TimeSpan.FromHours(1)); // the same night
            Assert.That(await participant.QueryAsync<int>("select night_pages from ingest.participant where participant_id = @Participant"), Is.InRange(1, 4 + 3), "a month is read to its end");
        }

        Assert.That(nights, Is.InRange(4, 12));
        Assert.That(await participant.QueryAsync<bool>("select full_read_from is not null or full_started_at is null from ingest.cursor where participant_id = @Participant and collection = 'entries'"), Is.True);
    }

    [Test]
    public async Task Pages_of_a_read_of_everything_that_fails_count_for_its_night()
    {
        _world = await World.CreateAsync("--Ingest:FullPages=10");
        _world.ToNoon();
        var site = new NightscoutSite("long");
        for (var month = 0; month < 40; month++)
            site.Entries.Insert(Records.Of("entries", month + 1, _world.Clock.GetUtcNow().AddDays(-31 * month)));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        _world.Clock.Advance(TimeSpan.FromDays(71));
        _world.ToNight();
        var asked = 0;
        for (var run = 0; run < 6; run++)
        {
            _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Path = "/api/v1/entries.json", Site = site.Name, Skip = 6, Count = 10 });
            asked += (await participant.RunAsync()).Totals.Visit.Requests;
            _world.Sandbox.Faults.Clear();
            _world.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.That(asked, Is.LessThan(60), "ten for everything, the rest for what is new");
        Assert.That(await participant.QueryAsync<int>("select night_pages from ingest.participant where participant_id = @Participant"), Is.InRange(10, 14));
    }

    static NightscoutSite Site(string name, SiteOptions? options = null)
    {
        var site = new NightscoutSite(name, options);
        site.Entries.Insert(Records.Of("entries", 1, DateTimeOffset.UtcNow.AddHours(-1)));
        return site;
    }

    /// <summary>Minutes from now on the participant's next run is planned for, as the run that planned it says too.</summary>
    async Task<double> DueInAsync(Enrolled participant)
    {
        var planned = await participant.QueryAsync<DateTime>("select due_at from ingest.participant where participant_id = @Participant");
        Assert.That(await participant.QueryAsync<DateTime>("select due_at from ingest.run where participant_id = @Participant order by ended_at desc limit 1"), Is.EqualTo(planned));
        return (planned - _world.Clock.GetUtcNow().UtcDateTime).TotalMinutes;
    }
}
