using System.Text;
using Dapper;
using Register;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>What goes wrong at the site, at Open Humans, and with ourselves; in each case nothing is lost.</summary>
public sealed class FaultTests : WorldTests
{
    [TestCase("*/files/upload/direct/", FaultKind.Status)]
    [TestCase("*/files/upload/direct/", FaultKind.LoseAnswer)]
    [TestCase("/storage/*", FaultKind.Status)]
    [TestCase("/storage/*", FaultKind.LoseAnswer)]
    [TestCase("*/files/upload/complete/", FaultKind.Status)]
    [TestCase("*/files/upload/complete/", FaultKind.LoseAnswer)]
    public async Task Failed_upload_loses_the_history_D1(string path, FaultKind kind)
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        _world.Sandbox.Faults.Add(new() { Kind = kind, Path = path, Method = path.StartsWith("/storage") ? "PUT" : "POST" });

        var failed = await participant.RunAsync();
        Assert.That(failed.Cause, Is.EqualTo(Cause.OpenHumansTemporary));
        Assert.That(participant.Member.Files.Where(file => file.Completed && file.Name.Contains("_entries_")), Is.Not.Empty);
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "new" }), "once each, and two files of one name would fail");
    }

    [TestCase(FaultKind.Status)]
    [TestCase(FaultKind.LoseAnswer)]
    public async Task A_failed_deletion_of_the_file_before_is_made_up_for(FaultKind kind)
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        _world.Sandbox.Faults.Add(new() { Kind = kind, Path = "*/files/delete/" });

        await participant.RunAsync();
        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task Bytes_that_arrive_changed_are_not_made_current()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.CutBody, Path = "/storage/*", Method = "PUT" });

        await participant.RunAsync();
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task Listing_error_taken_for_no_files_D2()
    {
        var (participant, _) = await CopiedAsync();
        await using var connection = await _world.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("update ingest.participant set listed_at = null");
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.HtmlPage, Path = "*/exchange-member/" });

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.OpenHumansTemporary));
        var outcome = await participant.RunAsync();

        Assert.That((outcome.Cause, outcome.Totals.FilesWritten), Is.EqualTo((Cause.Success, 0)));
    }

    [TestCase(FaultKind.Status, Cause.SiteTemporary)]
    [TestCase(FaultKind.HtmlPage, Cause.NotNightscout)]
    [TestCase(FaultKind.JsonNull, Cause.SiteTemporary)]
    [TestCase(FaultKind.EmptyBody, Cause.SiteTemporary)]
    [TestCase(FaultKind.WrongContentType, Cause.NotNightscout)]
    [TestCase(FaultKind.Reset, Cause.SiteUnreachable)]
    public async Task A_broken_answer_of_the_site_is_never_an_empty_one(FaultKind kind, Cause cause)
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        _world.Sandbox.Faults.Add(new() { Kind = kind, Path = "/api/v1/entries.json", Site = site.Name, Count = 3 });

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(cause));
        _world.Sandbox.Faults.Clear();
        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task A_page_that_breaks_off_is_no_page()
    {
        var site = Site("long");
        site.Entries.InsertAll(Enumerable.Range(0, 1000).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Entry($"e{i}"))));
        var participant = await _world.EnrolAsync(site);
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.CutBody, Path = "/api/v1/entries.json", Site = site.Name });

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteTemporary));
        Assert.That(participant.Files.Keys, Has.None.StartsWith("entries"));
        await participant.RunAsync();

        Assert.That(participant.Records("entries"), Has.Count.EqualTo(1001));
    }

    [Test]
    public async Task One_hung_or_broken_site_stops_nobody_else_D5()
    {
        await using var world = await World.CreateAsync("--Ingest:FirstByte=00:00:01");
        var broken = await world.EnrolAsync(new NightscoutSite("broken"));
        var well = await world.EnrolAsync(Site("well"));
        world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromMinutes(1), Site = "broken", Count = 100 });

        await world.RunJobAsync();

        Assert.That(well.Records("entries"), Has.Count.EqualTo(1));
        Assert.That(await broken.QueryAsync<string>("select outcome from ingest.participant where participant_id = @Participant"), Is.EqualTo("site unreachable"));
        Assert.That(await broken.QueryAsync<bool>("select due_at > now() and failed_since is not null from ingest.participant where participant_id = @Participant"), Is.True);
    }

    [Test]
    public async Task A_site_that_closes_keeps_its_files_and_is_refused_until_a_token_is_given()
    {
        var (participant, site) = await CopiedAsync();
        site.Options = site.Options with { DefaultRole = "denied" };

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SiteRefused));

        Assert.That(participant.Records("entries"), Has.Count.EqualTo(1));
        Assert.That(await participant.QueryAsync<bool>("select due_at > now() + interval '20 hours' from ingest.participant where participant_id = @Participant"), Is.True, "one try, then the participant's turn");
    }

    [Test]
    public async Task A_protected_site_is_read_with_its_token()
    {
        var site = Site("closed", new() { DefaultRole = "denied" });
        var participant = await _world.EnrolAsync(site, site.AddToken());

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_token_is_sent_to_no_other_host()
    {
        var site = Site("mine");
        var token = site.AddToken();
        var participant = await _world.EnrolAsync(site, token);
        var other = await _world.Sandbox.Sites.OpenPortAsync(Site("other"));
        participant.Member.AddFile(ParticipantFiles.Address(participant.Member.Id), Encoding.UTF8.GetBytes(other.AbsoluteUri)); // somebody changed it on Open Humans

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(_world.Sandbox.Sites.Requests.Served.Select(request => request.Query), Has.None.Contains("token"));
    }

    [Test]
    public async Task Deleting_the_address_file_stops_the_copying_within_a_day()
    {
        var (participant, site) = await CopiedAsync();
        participant.Member.DeleteFile(participant.Member.Files.Single(file => file.Name.Contains("url")).Id);
        site.Entries.Insert(Entry("new"));

        await using var connection = await _world.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("update ingest.participant set listed_at = now() - interval '21 hours'");

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.NoAddress));
        Assert.That(participant.Records("entries").Keys, Is.EqualTo(new[] { "old" }));
        Assert.That(await participant.QueryAsync<bool>("select site is null from ingest.participant where participant_id = @Participant"), Is.True);
    }

    [Test]
    public async Task A_file_the_participant_deleted_is_not_written_again()
    {
        var (participant, site) = await CopiedAsync();
        participant.Member.DeleteFile(participant.Files.Single(file => file.Key.StartsWith("entries_")).Value.Id);
        site.Entries.Insert(Entry("new"));
        await using var connection = await _world.Owner.OpenConnectionAsync();

        foreach (var state in new[] { "current", "removed" }) // doubted first, then believed
        {
            await connection.ExecuteAsync("update ingest.participant set listed_at = null; update ingest.file set missing_since = missing_since - interval '2 hours'");
            Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
            Assert.That(await participant.QueryAsync<string>("select state from ingest.file where participant_id = @Participant and collection = 'entries' order by file_id desc limit 1"), Is.EqualTo(state));
        }
        Assert.That(participant.Files.Keys.Where(name => name.StartsWith("entries_")), Is.Empty);
    }

    [Test]
    public async Task What_arrived_while_a_file_was_in_doubt_is_stored_when_it_turns_out_to_be_there()
    {
        var (participant, site) = await CopiedAsync();
        await _world.ExecuteAsync("update ingest.file set missing_since = now() where collection = 'entries'"); // one listing lacked it
        site.Entries.Insert(Entry("new"));
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
        Assert.That(participant.Records("entries").Keys, Is.EqualTo(new[] { "old" }));

        await _world.ExecuteAsync("update ingest.file set missing_since = null"); // the next one has it
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task A_participant_who_left_is_suspended_and_left_alone()
    {
        var (participant, _) = await CopiedAsync();
        await participant.Member.LeaveAsync(erase: false);
        await using var connection = await _world.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("update ingest.participant set listed_at = null");

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SignInAgain));
        _world.Sandbox.OpenHumans.Requests.Clear();
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Suspended));
        Assert.That(_world.Sandbox.OpenHumans.Requests.Served, Is.Empty);
    }

    [Test]
    public async Task Who_left_with_their_files_and_comes_back_is_copied_again()
    {
        var (participant, _) = await CopiedAsync();
        var address = participant.Member.Files.Single(file => file.Name == ParticipantFiles.Address(participant.Member.Id)).Bytes;
        await participant.Member.LeaveAsync(erase: false, removeFiles: true);
        await _world.ExecuteAsync("update ingest.participant set listed_at = null");
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.SignInAgain));
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Suspended));

        await _world.SignInAsync(participant.Member);
        participant.Member.AddFile(ParticipantFiles.Address(participant.Member.Id), address);
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old" }));
    }

    [Test]
    public async Task A_collection_that_cannot_be_read_keeps_no_other_from_being_copied()
    {
        var site = Site("partly");
        site.Entries.Insert("""{"_id":"long ago","type":"sgv","sgv":100,"date":1500000000000}""");
        site.DeviceStatus.Insert("""{"_id":"status","created_at":"2026-11-01T00:00:00.000Z"}""");
        var participant = await _world.EnrolAsync(site);
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 401, Path = "/api/v1/treatments.json", Site = site.Name, Count = 100 });

        var outcome = await participant.RunAsync();

        Assert.That(outcome.Cause, Is.EqualTo(Cause.PartRefused));
        Assert.That((participant.Records("entries").Count, participant.Records("devicestatus").Count), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task A_token_that_may_not_read_treatments_goes_on_copying_the_rest_and_is_tried_on_them_once_a_day()
    {
        var site = Site("partly");
        var participant = await _world.EnrolAsync(site, site.AddToken());
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 401, Path = "/api/v1/treatments.json", Site = site.Name, Count = 1000 });
        await participant.RunAsync();
        Assert.That(await participant.QueryAsync<string>("select outcome || ': ' || array_to_string(refused, ',') from ingest.participant where participant_id = @Participant"), Is.EqualTo("part refused: treatments"));

        for (var hour = 0; hour < 48; hour += 4)
        {
            site.Entries.Insert(Entry($"new{hour}"));
            _world.Clock.Advance(TimeSpan.FromHours(4));
            await participant.RunAsync();
        }

        Assert.That(participant.Records("entries"), Has.Count.EqualTo(13));
        Assert.That(await participant.QueryAsync<bool>("select bool_and(due_at - ended_at < interval '2 hours') from ingest.run where participant_id = @Participant"), Is.True, "as after a success");
        Assert.That(_world.Sandbox.Sites.Requests.Served.Count(request => request.Template == "/api/v1/treatments.json"), Is.InRange(2, 4));
        _world.Sandbox.Faults.Clear();
        site.Treatments.Insert("""{"_id":"allowed","created_at":"2026-11-01T00:00:00.000Z"}""");
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() + interval '3 days' where participant_id = @Participant"); // by the world's clock
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success), "at once, when the participant has changed something");
        Assert.That(participant.Records("treatments"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_site_that_never_stops_sending_is_cut_off()
    {
        await using var world = await World.CreateAsync("--Ingest:RunBudget=00:00:01");
        var site = Site("endless");
        site.Entries.InsertAll(Enumerable.Range(0, 1000).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Entry($"e{i}"))));
        var participant = await world.EnrolAsync(site);
        world.Sandbox.Faults.Add(new() { Kind = FaultKind.SlowDrip, Delay = TimeSpan.FromMilliseconds(200), Path = "/api/v1/entries.json", Site = site.Name, Count = 100 });

        var outcome = await participant.RunAsync();

        Assert.That(outcome.Cause, Is.EqualTo(Cause.SiteTemporary));
        Assert.That(await participant.QueryAsync<string>("select problem from ingest.run where participant_id = @Participant"), Does.Contain("longer than a run may"));
    }

    [Test]
    public void A_site_that_sends_more_than_it_can_have_is_not_believed()
    {
        using var spool = new RecordSpool(Nightscout.Collection.Entries, new byte[32], new(null), Path.GetTempPath());
        Assert.That(() =>
        {
            for (var number = 0; ; number++)
                spool.Add(Encoding.UTF8.GetBytes($$"""{"_id":"{{number}}","date":{{number}}}"""));
        }, Throws.TypeOf<Nightscout.SiteTemporaryException>());
    }

    [Test]
    public async Task An_upload_that_Open_Humans_has_cleared_away_is_given_up()
    {
        var (participant, _) = await CopiedAsync();
        await participant.QueryAsync<int?>("""
            insert into ingest.file (participant_id, collection, period, revision, state, fence, open_humans_id, bytes, sha256, md5, records, planned_at)
            values (@Participant, 'entries', '2026-01-01', 1, 'put', 1, 987654, 10, '', '', 1, now() - interval '2 days')
            """);

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
        Assert.That(await participant.QueryAsync<string>("select state from ingest.file where open_humans_id = 987654"), Is.EqualTo("abandoned"));
    }

    [Test]
    public async Task Records_of_a_file_whose_completion_was_never_confirmed_are_not_lost()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("pruned"));
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.LoseAnswer, Path = "*/files/upload/complete/" });
        await participant.RunAsync();
        site.Entries.Delete("pruned");
        site.Entries.Insert(Entry("new"));

        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "old", "pruned", "new" }));
    }

    [Test]
    public async Task A_file_of_ours_that_is_damaged_is_not_replaced()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Delete("old");
        site.Entries.Insert(Entry("new"));
        var file = participant.Files.Single(file => file.Key.StartsWith("entries")).Value;
        file.Replace(file.Bytes[..^9]);

        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.OpenHumansTemporary));
        Assert.That(participant.Member.Files, Has.Member(file));
    }

    [Test]
    public async Task A_killed_first_import_goes_on_where_it_stopped()
    {
        var participant = await _world.EnrolAsync(Synthetic.Site(Uploader.Share2, seed: 1, days: 120, _world.Clock.GetUtcNow()));
        using var kill = new CancellationTokenSource();
        var running = participant.RunAsync(kill.Token);
        while (!running.IsCompleted && _world.Sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("complete")) <= 6)
            await Task.Delay(5);
        await kill.CancelAsync();

        Assert.That((await running).Cause, Is.EqualTo(Cause.Stopped));
        _world.Sandbox.OpenHumans.Requests.Clear();
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(participant.Served(participant.Site.Entries).Where(record => record.Value.Contains("\"date\":1")).Select(record => record.Key)));
        var periods = participant.Files.Keys.Count(name => name.StartsWith("entries_"));
        Assert.That(_world.Sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("complete")), Is.LessThan(periods + participant.Files.Count));
    }
}
