using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>What differs between versions of Nightscout, and what API v3 adds where a token allows it.</summary>
public sealed class VersionTests : NoonTests
{
    [Test, Combinatorial]
    public async Task Null_nothing_and_500_are_never_an_empty_list(
        [Values("15.0.7", "15.0.3", "14.2.6", "0.12.8")] string version, [Values("treatments", "devicestatus")] string collection, [Values(FaultKind.JsonNull, FaultKind.EmptyBody, FaultKind.Status)] FaultKind kind)
    {
        var (participant, site) = await CopiedAsync(version, token: false);
        var before = participant.Records(collection);
        _world.Sandbox.Faults.Add(new() { Kind = kind, Status = 500, Path = $"/api/v1/{collection}.json", Site = site.Name, Count = 1000 });

        for (var day = 0; day < 3; day++)
        {
            _world.Clock.Advance(TimeSpan.FromDays(1));
            Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteTemporary));
        }

        Assert.That(participant.Records(collection), Is.EquivalentTo(before));
        Assert.That(await participant.QueryAsync<long>("select count(*) from ingest.absent where participant_id = @Participant"), Is.Zero);
    }

    [TestCase(1)]
    [TestCase(70)]
    public async Task An_upgrade_that_gives_a_record_another_id_replaces_it(int daysAgo)
    {
        const string Uuid = "5f6d1c9e-1111-4222-8333-444455556666";
        var site = new NightscoutSite("upgraded", new() { Version = "15.0.3" });
        var at = _world.Clock.GetUtcNow().AddDays(-daysAgo);
        site.Treatments.Insert($$"""{"_id":"{{Uuid}}","eventType":"Carb Correction","carbs":20,"created_at":"{{at.Iso()}}"}""");
        site.Treatments.Insert(Records.Of("treatments", 1, at.AddHours(-30)));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);

        site.Options = site.Options with { Version = "15.0.7" };
        site.Treatments.Delete(Uuid);
        site.Treatments.Insert($$"""{"_id":"{{Records.Id(7)}}","identifier":"{{Uuid}}","eventType":"Carb Correction","carbs":20,"created_at":"{{at.Iso()}}"}""");
        await participant.RunAfterAsync(TimeSpan.FromDays(1));
        await participant.RunThroughANightAsync(days: 81);

        Assert.That(participant.Records("treatments").Keys, Is.EquivalentTo(new[] { Records.Id(1), Records.Id(7) }));
    }

    [Test]
    public async Task Fields_of_answers_from_the_servers_memory_change_nothing([Values("15.0.7", "15.0.3", "14.2.6")] string version)
    {
        var (participant, site) = await CopiedAsync(version, token: false);
        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        foreach (var collection in new[] { "entries", "treatments", "devicestatus" })
        {
            var record = Records.Of(collection, 10, _world.Clock.GetUtcNow().AddHours(-2));
            site.OfSite(collection).Insert(record);
            await participant.RunAfterAsync(TimeSpan.FromMinutes(1));
            site.OfSite(collection).Replace(Records.Id(10), $"{record.TrimEnd()[..^1]},\"mills\":1790000000000,\"endmills\":1790000060000}}");

            var outcome = await participant.RunAfterAsync(TimeSpan.FromMinutes(1));

            Assert.That((outcome.Totals.FilesWritten, outcome.Totals.RecordsRead > 0), Is.EqualTo((0, true)), collection);
        }
    }

    [TestCase("15.0.7")]
    [TestCase("15.0.3")]
    [TestCase("14.2.6")]
    public async Task An_edit_through_v3_of_an_old_record_is_found_by_its_history(string version)
    {
        var (participant, site) = await CopiedAsync(version, token: true);

        site.Treatments.EditV3(Records.Id(10), """{"value":"second"}"""); // 10 days old
        site.Treatments.EditV3(Records.Id(70), """{"value":"second"}"""); // 70 days, in the file of a closed month
        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        Assert.That((participant.ValueOf("treatments", 10), participant.ValueOf("treatments", 70)), Is.EqualTo(("second", "first")));
        await participant.RunAfterAsync(TimeSpan.FromHours(24));

        Assert.That(participant.ValueOf("treatments", 70), Is.EqualTo("second"));
        site.Treatments.EditV3(Records.Id(10), """{"value":"third"}""");
        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        Assert.That(participant.ValueOf("treatments", 10), Is.EqualTo("third"));
        Assert.That(site.Crashes, Is.Zero);
    }

    [Test]
    public async Task A_record_deleted_through_v3_is_marked_with_the_next_run()
    {
        var (participant, site) = await CopiedAsync("15.0.7", token: true);
        await participant.RunAfterAsync(TimeSpan.FromHours(1));

        site.Treatments.DeleteV3(Records.Id(10));
        await participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(participant.IsMarkedDeleted("treatments", 10), Is.True);
        Assert.That(await participant.QueryAsync<long>("select count(*) from ingest.day_summary where participant_id = @Participant and collection = 'treatments' and copied = 0"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_site_installed_anew_between_two_requests_costs_nothing()
    {
        var (participant, site) = await CopiedAsync("15.0.7", token: true);
        site.Entries.Insert(Records.Of("entries", 50, _world.Clock.GetUtcNow()));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1), Path = "/api/v1/profile.json", Site = site.Name });

        var run = participant.RunAsync();
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        site.InvalidateJwts();
        Assert.That((await run).Cause, Is.EqualTo(Cause.Success));
        await participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(participant.ValueOf("entries", 50), Is.EqualTo("first"));
        Assert.That(site.Crashes, Is.Zero);
    }

    [TestCase("denied", Cause.SiteRefused)]
    [TestCase("readable", Cause.Success)]
    public async Task A_subject_that_is_deleted_during_a_run_crashes_no_server(string role, Cause next)
    {
        var (participant, site) = await CopiedAsync("15.0.3", token: true, role);
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1), Path = "/api/v1/profile.json", Site = site.Name });

        var run = participant.RunAsync(); // a web token of the subject is in hand by then: on v1 it would be deadly
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        site.RemoveToken("reader");
        await run;
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(next), "a token that is nobody's is no token on a readable site");

        Assert.That(site.Crashes, Is.Zero);
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task A_refused_token_is_not_tried_again()
    {
        var (participant, site) = await CopiedAsync("15.0.7", token: true, "denied");
        site.RemoveToken("reader");
        _world.Sandbox.Sites.Requests.Clear();

        await participant.RunAsync();

        Assert.That(_world.Sandbox.Sites.Requests.Served.Select(request => request.Template), Is.EqualTo(new[] { "/api/v1/status.json", "/api/v1/profile.json", "/api/v1/verifyauth" }), "one try, and whether the site knows it");
        Assert.That(await participant.QueryAsync<bool>("select due_at > now() + interval '1000 days' from ingest.participant where participant_id = @Participant"), Is.True);
    }

    [Test]
    public async Task A_token_that_nobody_has_is_not_offered_to_a_readable_site_again_and_again()
    {
        var (participant, site) = await CopiedAsync("15.0.7", token: true, "readable");
        site.RemoveToken("reader");
        _world.Sandbox.Sites.Requests.Clear();

        for (var run = 0; run < 3; run++)
            await participant.RunAfterAsync(TimeSpan.FromHours(12));

        Assert.That(_world.Sandbox.Sites.Requests.Served.Count(request => request.Template.StartsWith("/api/v2/")), Is.EqualTo(1));
    }

    [TestCase("readable")]
    [TestCase("denied")]
    public async Task A_site_without_v3_is_read_with_its_token_all_the_same(string role)
    {
        var (participant, site) = await CopiedAsync("0.12.8", token: true, role);
        site.Entries.Insert(Records.Of("entries", 50, _world.Clock.GetUtcNow()));

        await participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(participant.ValueOf("entries", 50), Is.EqualTo("first"));
        Assert.That(participant.Records("treatments"), Has.Count.EqualTo(3));
    }

    /// <summary>A site with records of 1, 10 and 70 days ago, copied.</summary>
    async Task<(Enrolled, NightscoutSite)> CopiedAsync(string version, bool token, string role = "denied")
    {
        var site = new NightscoutSite("site", new() { Version = version, DefaultRole = token ? role : "readable" });
        foreach (var collection in new[] { "entries", "treatments", "devicestatus", "profile" })
            foreach (var days in new[] { 1, 10, 70 })
                site.OfSite(collection).Insert(Records.Of(collection, days, _world.Clock.GetUtcNow().AddDays(-days)));
        var participant = await _world.EnrolAsync(site, token ? site.AddToken() : null);
        await participant.RunAfterAsync(TimeSpan.Zero);
        return (participant, site);
    }
}
