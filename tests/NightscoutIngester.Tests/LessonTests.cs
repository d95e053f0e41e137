using System.Text.Json.Nodes;
using Register;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Defects of the system before this one that no other test of the ingester is named after.</summary>
public sealed class LessonTests : NoonTests
{
    [Test]
    public async Task A_member_with_more_files_than_a_page_is_stuck_D3()
    {
        _world.Sandbox.OpenHumans.Options = _world.Sandbox.OpenHumans.Options with { MaxLimit = 100 };
        var site = new NightscoutSite("long");
        for (var number = 1; number <= 130; number++)
            site.Entries.Insert(Records.Of("entries", number, _world.Clock.GetUtcNow().AddDays(-30 * number)));
        var participant = await _world.EnrolAsync(site);
        for (var i = 0; i < 130; i++)
            participant.Member.AddFile($"of another project {i}.txt", "x"u8.ToArray());
        await participant.RunAfterAsync(TimeSpan.Zero);
        var files = participant.Files.Values.Select(file => file.Id).ToList();
        Assert.That(files, Has.Count.GreaterThan(100));

        for (var day = 0; day < 2; day++) // each lists the account, and believes what two listings lack
        {
            await _world.ExecuteAsync("update ingest.participant set listed_at = null");
            await participant.RunAfterAsync(TimeSpan.FromHours(2));
        }

        Assert.That(participant.Files.Values.Select(file => file.Id), Is.SupersetOf(files));
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(130));
        Assert.That(await participant.QueryAsync<long>("select count(*) from ingest.file where participant_id = @Participant and (state = 'removed' or missing_since is not null)"), Is.Zero);
    }

    [Test]
    public async Task Tls_failure_downgrades_to_http_D6()
    {
        var site = new NightscoutSite("plain");
        site.Entries.Insert(Records.Of("entries", 1, _world.Clock.GetUtcNow()));
        var http = await _world.Sandbox.Sites.OpenPortAsync(site); // speaks http alone
        var participant = await _world.EnrolAsync(new UriBuilder(http) { Scheme = "https" }.Uri, site, site.AddToken());

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteUnreachable));

        Assert.That(_world.Sandbox.Sites.Requests.Served, Is.Empty);
        Assert.That(participant.Files, Is.Empty);
    }

    [Test]
    public async Task No_token_support_for_private_sites_D6()
    {
        var site = new NightscoutSite("private", new() { DefaultRole = "denied" });
        foreach (var collection in new[] { "entries", "treatments", "devicestatus", "profile" })
            site.OfSite(collection).Insert(Records.Of(collection, 1, _world.Clock.GetUtcNow().AddDays(-50)));
        var participant = await _world.EnrolAsync(site, site.AddToken());

        await participant.RunAfterAsync(TimeSpan.Zero);

        foreach (var collection in new[] { "entries", "treatments", "devicestatus", "profile" })
            Assert.That(participant.ValueOf(collection, 1), Is.EqualTo("first"), collection);
    }

    [Test]
    public async Task Pseudonyms_change_with_every_record_D16()
    {
        var participants = new List<Enrolled>();
        foreach (var name in new[] { "one", "two" })
            participants.Add(await _world.EnrolAsync(new NightscoutSite(name)));
        for (var day = 0; day < 3; day++)
            foreach (var participant in participants)
            {
                participant.Site.Treatments.Insert($$"""{"_id":"{{Records.Id(day)}}","eventType":"Note","enteredBy":"Mum","created_at":"{{_world.Clock.GetUtcNow().AddHours(-1).Iso()}}"}""");
                participant.Site.DeviceStatus.Insert($$"""{"_id":"{{Records.Id(day)}}","device":"openaps://Mums-rig","created_at":"{{_world.Clock.GetUtcNow().AddHours(-1).Iso()}}"}""");
                await participant.RunAfterAsync(TimeSpan.FromHours(12));
            }

        foreach (var (collection, field) in new[] { ("treatments", "enteredBy"), ("devicestatus", "device") })
        {
            var names = participants.Select(participant => participant.Records(collection).Values.Select(json => JsonNode.Parse(json)![field]!.ToString()).ToList()).ToList();
            Assert.That(names.Select(own => own.Count), Is.All.EqualTo(3), collection);
            Assert.That(names.Select(own => own.Distinct().Count()), Is.All.EqualTo(1), "over runs and days");
            Assert.That(names[0][0], Is.Not.EqualTo(names[1][0]), "somebody else's Mum is somebody else");
            Assert.That(names[0][0], Does.Not.Contain("Mum"));
        }
    }

    [Test]
    public async Task Runs_at_the_same_time_refresh_one_token_each_D19()
    {
        var site = new NightscoutSite("site");
        site.Entries.Insert(Records.Of("entries", 1, _world.Clock.GetUtcNow()));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        site.Entries.Insert(Records.Of("entries", 2, _world.Clock.GetUtcNow()));
        _world.Clock.Advance(TimeSpan.FromHours(21)); // the pair has ended, and the account is to be listed again
        _world.Sandbox.OpenHumans.Requests.Clear();
        await participant.ClaimAsync();

        var run = participant.RunClaimedAsync();
        var others = Enumerable.Range(0, 4).Select(_ => _world.Get<OpenHumansAccounts>().Of(participant.Participant).ListAsync(default)).ToList(); // as the loader beside it does
        await Task.WhenAll(others);

        Assert.That((await run).Cause, Is.EqualTo(Cause.Success));
        Assert.That(_world.Sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("token")), Is.EqualTo(1));
        Assert.That(participant.ValueOf("entries", 2), Is.EqualTo("first"));
    }
}
