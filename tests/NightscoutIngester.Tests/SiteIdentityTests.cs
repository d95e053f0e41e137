using System.Text;
using Register;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Whether a site is the one it was: somebody else's data must not arrive under our participant, and a history is read once.</summary>
public sealed class SiteIdentityTests : NoonTests
{
    [Test]
    public async Task Another_site_at_the_same_address_is_not_copied_until_the_participant_confirms_it()
    {
        var participant = await CopiedAsync(Site("house", from: 1));
        var before = participant.Files.Values.Select(file => file.Id).ToList();
        _world.Sandbox.Sites.Remove("house");
        var others = Site("house", from: 1000);
        _world.Sandbox.Sites.Add(others);

        for (var run = 0; run < 2; run++)
        {
            _world.Clock.Advance(TimeSpan.FromHours(1));
            Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteChanged));
            Assert.That(participant.Files.Values.Select(file => file.Id), Is.EqualTo(before));
        }
        Assert.That(await participant.QueryAsync<bool>("select due_at > now() + interval '1000 days' from ingest.participant where participant_id = @Participant"), Is.True);
        await SaveAddressAsync(participant, _world.Sandbox.Sites.UrlOf(others));
        await participant.RunAfterAsync(TimeSpan.Zero);
        foreach (var hours in new[] { 1, 24, 24, 24 * 6, 24 })
            await participant.RunAfterAsync(TimeSpan.FromHours(hours));

        foreach (var collection in new[] { "entries", "treatments", "devicestatus" })
            Assert.That(participant.Records(collection).Values.ToList(), Has.Count.EqualTo(40).And.None.Contains("isValid"), "what the first site had was not deleted by anybody");
    }

    [Test]
    public async Task The_same_site_at_a_new_address_keeps_its_history()
    {
        var site = Site("old", from: 1);
        var participant = await CopiedAsync(site);
        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        var url = await _world.Sandbox.Sites.OpenPortAsync(site);
        site.Entries.Insert(Records.Of("entries", 500, _world.Clock.GetUtcNow()));
        await SaveAddressAsync(participant, url);
        _world.Sandbox.Sites.Requests.Clear();

        var outcome = await participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(outcome.Totals.FilesWritten, Is.EqualTo(1));
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(21));
        Assert.That(_world.Sandbox.Sites.Requests.Served.Count, Is.LessThan(15));
        Assert.That(_world.Sandbox.Sites.Requests.Served.Select(request => request.Query), Has.None.Contains("[$lt]"), "no window of the history");
    }

    [Test]
    public async Task A_site_that_lost_its_newest_records_is_still_the_same()
    {
        var site = Site("restored", from: 1);
        var participant = await CopiedAsync(site);
        site.Entries.Delete(Records.Id(1)); // of five that are remembered
        site.Treatments.Delete(Records.Id(1));

        Assert.That((await participant.RunAfterAsync(TimeSpan.FromHours(1))).Cause, Is.EqualTo(Cause.Success));
    }

    /// <summary>What the first site had was not deleted by anybody, though the second has none of it.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Another_site_of_a_participant_who_comes_back_deletes_nothing(bool leaves)
    {
        var participant = await CopiedAsync(Site("first", from: 1));
        _world.Clock.Advance(TimeSpan.FromDays(1)); // the account is looked at again
        var others = Site("second", from: 1000);
        others.Treatments.Insert(Records.Of("treatments", 2000, _world.Clock.GetUtcNow().AddDays(-300)));
        _world.Sandbox.Sites.Add(others);
        if (leaves)
        {
            await participant.Member.LeaveAsync(erase: false);
            foreach (var cause in new[] { Cause.SignInAgain, Cause.Suspended })
                Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(cause));
            await _world.SignInAsync(participant.Member);
        }
        else
        {
            participant.Member.DeleteFile(participant.Member.Files.Single(file => file.Name == ParticipantFiles.Address(participant.Member.Id)).Id);
            for (var day = 0; day < 3; day++)
                Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.NoAddress));
        }
        await SaveAddressAsync(participant, _world.Sandbox.Sites.UrlOf(others));

        foreach (var hours in new[] { 1, 25, 25, 25, 24 * 7, 24 * 7 })
            await participant.RunAfterAsync(TimeSpan.FromHours(hours));

        foreach (var collection in new[] { "entries", "treatments", "devicestatus" })
            Assert.That(participant.Records(collection).Values.ToList(), Has.Count.AtLeast(40).And.None.Contains("isValid"));
    }

    [Test]
    public async Task Who_deletes_the_address_and_gives_the_same_again_has_deletions_noticed()
    {
        var site = Site("same", from: 1);
        var participant = await CopiedAsync(site);
        _world.Clock.Advance(TimeSpan.FromDays(1)); // the account is looked at again
        participant.Member.DeleteFile(participant.Member.Files.Single(file => file.Name == ParticipantFiles.Address(participant.Member.Id)).Id);
        for (var day = 0; day < 3; day++)
            Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.NoAddress));
        site.Treatments.Delete(Records.Id(3));
        await SaveAddressAsync(participant, _world.Sandbox.Sites.UrlOf(site));

        foreach (var hours in new[] { 1, 25, 25 })
            await participant.RunAfterAsync(TimeSpan.FromHours(hours));

        Assert.That(participant.IsMarkedDeleted("treatments", 3), Is.True);
    }

    [Test]
    public async Task A_site_with_UUIDs_is_told_from_another([Values] bool isOther)
    {
        var participant = await CopiedAsync(WithUuids("house", "a"));
        _world.Sandbox.Sites.Remove("house");
        var now = WithUuids("house", isOther ? "b" : "a");
        now.Treatments.Insert(Records.Of("treatments", 500, _world.Clock.GetUtcNow().AddMinutes(30)));
        _world.Sandbox.Sites.Add(now);
        _world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(isOther ? Cause.SiteChanged : Cause.Success));
    }

    [Test]
    public async Task An_upgrade_that_moves_UUIDs_makes_no_other_site()
    {
        var site = WithUuids("house", "a");
        var participant = await CopiedAsync(site);
        var records = site.Treatments.All.Select(json => Encoding.UTF8.GetString(json.Span)).ToList();
        _world.Sandbox.Sites.Remove("house");
        var upgraded = new NightscoutSite("house");
        foreach (var (number, record) in records.Index())
            upgraded.Treatments.Insert(record.Replace("\"_id\":", $"\"_id\":\"{Records.Id(900 + number)}\",\"identifier\":", StringComparison.Ordinal));
        _world.Sandbox.Sites.Add(upgraded);
        _world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
    }

    [Test]
    public async Task A_profile_that_is_gone_counts_with_two_records_that_are()
    {
        NightscoutSite Small(int from)
        {
            var site = new NightscoutSite("house");
            site.Profiles.Insert(Records.Of("profile", from, _world.Clock.GetUtcNow().AddDays(-20)));
            for (var number = from; number < from + 2; number++)
                site.Treatments.Insert(Records.Of("treatments", number, _world.Clock.GetUtcNow().AddHours(-number)));
            return site;
        }
        var participant = await CopiedAsync(Small(1));
        _world.Sandbox.Sites.Remove("house");
        _world.Sandbox.Sites.Add(Small(50));
        _world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteChanged));
    }

    [Test]
    public async Task Who_deletes_their_only_profile_goes_on_being_copied([Values(0, 1, 20)] int records)
    {
        var site = new NightscoutSite("house");
        for (var number = 1; number <= 4; number++)
            site.Profiles.Insert(Records.Of("profile", number, _world.Clock.GetUtcNow().AddDays(-number)));
        for (var number = 1; number <= records; number++)
            site.Entries.Insert(Records.Of("entries", number, _world.Clock.GetUtcNow().AddHours(-number)));
        var participant = await CopiedAsync(site);
        for (var number = 1; number <= 4; number++)
            site.Profiles.Delete(Records.Id(number));
        _world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
    }

    /// <summary>As AAPS makes ids.</summary>
    NightscoutSite WithUuids(string name, string whose)
    {
        var site = new NightscoutSite(name);
        for (var number = 0; number < 30; number++)
            site.Treatments.Insert(Records.Of("treatments", number, _world.Clock.GetUtcNow().AddHours(-4 * number)).Replace(Records.Id(number), $"{whose}{number:x7}-1111-4222-8333-444455556666", StringComparison.Ordinal));
        return site;
    }

    /// <summary>Twenty records of every collection that has ranges, four hours apart.</summary>
    NightscoutSite Site(string name, int from)
    {
        var site = new NightscoutSite(name);
        foreach (var collection in new[] { "entries", "treatments", "devicestatus" })
            for (var i = 0; i < 20; i++)
                site.OfSite(collection).Insert(Records.Of(collection, from + i, _world.Clock.GetUtcNow().AddHours(-4 * i).AddMilliseconds(from)));
        return site;
    }

    async Task<Enrolled> CopiedAsync(NightscoutSite site)
    {
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);
        return participant;
    }

    /// <summary>As the registration site does.</summary>
    static async Task SaveAddressAsync(Enrolled participant, Uri url)
    {
        var name = ParticipantFiles.Address(participant.Member.Id);
        foreach (var old in participant.Member.Files.Where(file => file.Name == name).ToList())
            participant.Member.DeleteFile(old.Id);
        participant.Member.AddFile(name, Encoding.UTF8.GetBytes(url.AbsoluteUri));
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() where participant_id = @Participant");
    }
}
