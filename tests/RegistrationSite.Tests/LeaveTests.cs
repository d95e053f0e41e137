using System.Net;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Register;
using Sandbox;

namespace RegistrationSite.Tests;

/// <summary>Pausing, withdrawing, erasing: what is shown before, what happens, and what is said when it is done.</summary>
public sealed class LeaveTests : SiteFixture
{
    [Test]
    public async Task Copying_is_paused_after_a_confirmation_and_resumed_with_one_click()
    {
        var (person, member) = await SignedInAsync();
        await QueryAsync<int?>(member, "insert into ingest.participant (participant_id, lease_owner, lease_until, fence, seen_change_at) select participant_id, 'a/1', now() + interval '9 minutes', 7, changed_at from register.participant where participant_id = @participant");
        await person.OpenAsync("/Leave/Pause");
        Assert.That(await PausedAsync(member), Is.False, "looking changes nothing");
        Assert.That(person.Text, Does.Contain("your Nightscout is not read").And.Not.Contain("what you share"), "they share nothing");

        await person.SubmitAsync("Pause now");

        Assert.That(person.Text, Does.Contain("Copying is paused"));
        Assert.That(await PausedAsync(member), Is.True);
        Assert.That(await QueryAsync<bool>(member, "select lease_until is null and fence = 8 from ingest.participant where participant_id = @participant"), Is.True, "a run in hand has lost its lease");
        await person.OpenAsync("/MyData");
        Assert.That(person.Page.QuerySelector("#copying")!.TextContent, Does.Contain("Copying is paused").And.Contain("You paused it a moment ago"));

        await person.SubmitAsync("Resume copying");

        Assert.That(person.Text, Does.Contain("the next copy starts within a minute"));
        Assert.That(await PausedAsync(member), Is.False);
        Assert.That(await QueryAsync<bool>(member, "select seen_change_at is distinct from changed_at from ingest.participant join register.participant using (participant_id) where participant_id = @participant"), Is.True, "due at once");
        person.Dispose();
    }

    [Test]
    public async Task What_stays_is_said_of_what_there_is()
    {
        var (person, _) = await SignedInAsync();
        await SeesAsync("/Leave", "stays there.", "stays shared");
        await ChooseAsync(person, openAps: true, nightscout: false);
        await SeesAsync("/Leave", "What you share stays shared.", "is paused");
        await SeesAsync("/Leave", "The copying to your own account goes on.", "is paused");
        await SeesAsync("/Leave/Withdraw", "account goes on; pause it", "stays paused");
        await person.OpenAsync("/Leave/Pause");
        Assert.That(person.Text, Does.Contain("what you share stays shared"));
        await person.SubmitAsync("Pause now");
        await SeesAsync("/Leave", "What you share stays shared.", "goes on");
        await SeesAsync("/Leave/Withdraw", "stays paused", "goes on");
        await SeesAsync("/MyData", "stays there, and what you share stays shared.", "{");
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Stop sharing with everybody");
        Assert.That(person.Text, Does.Contain("stays paused").And.Not.Contain("goes on"));
        await person.SubmitAsync("Yes, stop sharing");
        await SeesAsync("/MyData", "what is in your account stays there. Resume", "stays shared");
        person.Dispose();

        async Task SeesAsync(string page, string words, string others)
        {
            await person.OpenAsync(page);
            Assert.That(person.Text, Does.Contain(words).And.Not.Contain(others), page);
        }
    }

    [Test]
    public async Task Pausing_twice_keeps_the_first_time()
    {
        var (person, member) = await SignedInAsync();
        var leaving = Services.GetRequiredService<Leaving>();
        var participant = await QueryAsync<long>(member, "select @participant");
        await leaving.PauseAsync(participant, default);
        var first = await QueryAsync<DateTime>(member, "select paused_at from register.participant where participant_id = @participant");

        await leaving.PauseAsync(participant, default);

        Assert.That(await QueryAsync<DateTime>(member, "select paused_at from register.participant where participant_id = @participant"), Is.EqualTo(first));
        person.Dispose();
    }

    [Test]
    public async Task Who_stops_sharing_sees_how_far_it_is_until_all_is_removed()
    {
        var (person, member) = await SignedInAsync();
        await ShareAsync(person);
        await QueryAsync<int?>(member, """
            with u as (insert into portal.app_users (email) values ('r@example.org') returning id),
                 g as (insert into portal.access_grant (user_id, openaps, nsf, secret_hash, sealed_secret, expires_at) select id, true, true, 'x', 'x', now() + interval '1 day' from u returning grant_id, user_id),
                 e as (insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, state) select user_id, grant_id, 'all', 'csv', '2026-01-01', '2026-01-02', 'ready' from g returning export_id)
            insert into portal.export_participant (export_id, participant_id) select export_id, @participant from e
            """);
        await person.OpenAsync("/Leave/Withdraw");
        Assert.That(person.Text, Does.Contain("no researcher sees any of your data"));

        await person.SubmitAsync("Stop sharing now");

        Assert.That(person.Text, Does.Contain("Hidden from researchers: done").And.Contain("Removed from the research collection: going on").And.Contain("Removed from researchers’ files with us: going on"));
        Assert.That(person.Response.Headers.GetValues("Refresh").Single(), Is.EqualTo("10"));
        Assert.That(await QueryAsync<bool>(member, "select openaps or nsf from register.current_consent where participant_id = @participant"), Is.False);

        await QueryAsync<int?>(member, """
            insert into openaps.load_state (participant_id, withdrawn_consent_id) select participant_id, consent_id from register.current_consent where participant_id = @participant;
            delete from portal.export_participant where participant_id = @participant
            """);
        await person.OpenAsync("/Leave");

        Assert.That(person.Text, Does.Contain("All that was shared is removed.").And.Contain("Removed from the research collection: done").And.Contain("Removed from researchers’ files with us: done"));
        Assert.That(person.Response.Headers.Contains("Refresh"), Is.False);
        person.Dispose();
    }

    [Test]
    public async Task Sharing_stops_also_while_Open_Humans_does_not_answer()
    {
        var (person, member) = await SignedInAsync();
        await ShareAsync(person);
        await person.OpenAsync("/Leave/Withdraw");
        Sandbox.Faults.Add(Broken(member, "/api/direct-sharing/project/*"));

        await person.SubmitAsync("Stop sharing now");

        Assert.That(person.Text, Does.Contain("You share with nobody").And.Contain("could not be changed"));
        Assert.That(await QueryAsync<bool>(member, "select openaps or nsf from register.current_consent where participant_id = @participant"), Is.False);
        person.Dispose();
    }

    [Test]
    public async Task Erasing_ends_the_session_and_leads_to_a_page_that_says_when_each_part_is_done()
    {
        var (person, member) = await SignedInAsync();
        AddFiles(member);
        await person.OpenAsync("/Leave/Erase");
        Assert.That(person.Text, Does.Contain("Nothing is copied any more").And.Contain("4 files").And.Contain("This cannot be undone"));

        await person.SubmitAsync("Erase everything now");

        var gone = person.Response.RequestMessage!.RequestUri!.AbsolutePath;
        Assert.That(gone, Does.StartWith("/Gone/"));
        Assert.That(person.Text, Does.Contain("nothing is copied any more").And.Contain("not yet"));
        Assert.That(person.Response.Headers.GetValues("Refresh").Single(), Is.EqualTo("10"));
        Assert.That(await Services.GetRequiredService<Erasure>().FindAsync(member.Id, default), Has.Property("AskedBy").EqualTo("participant"));
        Assert.That(member.Files, Has.Count.EqualTo(6), "they did not ask for their files to go");
        Assert.That(person.Text, Does.Contain("Files in your Open Humans accountleft there: they are yours"));
        foreach (var role in new[] { "nightscout_ingester", "open_humans_etl", "data_management_app" })
            await ReportAsync(role, Guid.Parse(gone["/Gone/".Length..]));

        using var anybody = new Testing.WebSession(SiteUrl);
        await anybody.OpenAsync(gone);

        Assert.That(anybody.Text, Does.StartWith("Everything is erased").And.Not.Contain("not yet").And.Not.Contain(member.Id));
        Assert.That(anybody.Response.Headers.Contains("Refresh"), Is.False);
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Sign in with Open Humans"));
        person.Dispose();
    }

    [TestCase("/Gone/00000000-0000-0000-0000-000000000000")]
    [TestCase("/Gone/1")]
    public async Task There_is_no_receipt_of_a_number_that_was_not_given(string address)
    {
        using var anybody = new Testing.WebSession(SiteUrl);

        await anybody.OpenAsync(address);

        Assert.That(anybody.Response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Our_files_are_deleted_first_on_wish_and_no_other()
    {
        var (person, member) = await SignedInAsync();
        AddFiles(member);
        await person.OpenAsync("/Leave/Erase");

        await person.SubmitAsync("Erase everything now", ("DeleteFiles", "true"));

        Assert.That(person.Text, Does.StartWith("Being erased").And.Contain("Files in your Open Humans account4 files deleted a moment ago").And.Not.Contain("left in your Open Humans account"));
        Assert.That(person.Page.QuerySelector("footer"), Is.Null, "nothing is copied any more");
        Assert.That(member.Files.Select(file => file.Name), Is.EquivalentTo(new[] { "notes.txt", "00000001_entries_2026-11-20.ndjson.gz" }));
        person.Dispose();
    }

    [Test]
    public async Task When_Open_Humans_fails_midway_nothing_is_erased_and_trying_again_goes_on()
    {
        var (person, member) = await SignedInAsync();
        for (var day = 1; day <= 28; day++)
            member.AddFile($"{member.Id}_entries_2026-02-{day:00}.ndjson.gz", "x"u8.ToArray());
        await person.OpenAsync("/Leave/Erase");
        Sandbox.Faults.Add(Broken(member, "/api/direct-sharing/project/files/delete/") with { Skip = 10 });

        await person.SubmitAsync("Erase everything now", ("DeleteFiles", "true"));

        Assert.That(person.Text, Does.Contain("Nothing is erased here yet").And.Contain("10 files of your Open Humans account are deleted, not all of them. Open Humans had a problem").And.Contain("The copying is paused"));
        Assert.That(person.Page.QuerySelector("[name=DeleteFiles]")!.HasAttribute("checked"), Is.True, "what was chosen is kept");
        Assert.That((await PausedAsync(member), await QueryAsync<bool>(member, "select exists (select from register.open_humans_token where participant_id = @participant)")), Is.EqualTo((true, true)));

        Sandbox.Faults.Clear();
        await person.SubmitAsync("Erase everything now", ("DeleteFiles", "true"));

        Assert.That(person.Text, Does.StartWith("Being erased").And.Contain("28 files deleted"), "those of before too");
        Assert.That(member.Files, Is.Empty);
        person.Dispose();
    }

    [Test]
    public async Task Nobody_erases_for_another_without_the_form()
    {
        var (person, member) = await SignedInAsync();

        using var answer = await person.SendAsync(new(HttpMethod.Post, new Uri("/Leave/Erase", UriKind.Relative)) { Content = new FormUrlEncodedContent([]) });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await QueryAsync<long>(member, "select @participant"), Is.Positive);
        person.Dispose();
    }

    [Test]
    public async Task Who_comes_back_after_an_erasure_is_asked_for_everything_anew()
    {
        var (person, member) = await SignedInAsync();
        await ShareAsync(person);
        AddFiles(member);
        await person.OpenAsync("/Leave/Erase");
        await person.SubmitAsync("Erase everything now");
        person.Dispose();

        var (again, _) = await SignedInAsync(member);

        Assert.That(again.Response.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/Connect"));
        Assert.That(member.Files.Select(file => file.Name), Does.Not.Contain(ParticipantFiles.Consent(member.Id)).And.Not.Contain(ParticipantFiles.Address(member.Id)), "what was said before says nothing any more");
        Assert.That(member.Files.Select(file => file.Name), Does.Contain($"1571000000000_{member.Id}_entries.json").And.Contain("notes.txt"));

        await ChooseAsync(again, openAps: true, nightscout: false);
        var (third, _) = await SignedInAsync(member);

        Assert.That(member.Files.Select(file => file.Name), Does.Contain(ParticipantFiles.Consent(member.Id)), "what was said since stays");
        again.Dispose();
        third.Dispose();
    }

    static void AddFiles(Member member)
    {
        foreach (var name in new[]
        {
            ParticipantFiles.Address(member.Id), ParticipantFiles.Consent(member.Id), $"{member.Id}_entries_2026-11-20.ndjson.gz", $"1571000000000_{member.Id}_entries.json",
            "notes.txt", "00000001_entries_2026-11-20.ndjson.gz",
        })
            member.AddFile(name, "none"u8.ToArray());
    }

    static async Task ShareAsync(Testing.WebSession person)
    {
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Save my choice", ("OpenAps", "true"), ("Nightscout", "true"));
    }

    [TearDown]
    public void Mend() => Sandbox.Faults.Clear();

    static Fault Broken(Member member, string path) => new() { Kind = FaultKind.Status, Status = 500, Path = path, Member = member.Id, Count = int.MaxValue };

    Task<bool> PausedAsync(Member member) => QueryAsync<bool>(member, "select paused_at is not null from register.participant where participant_id = @participant");

    async Task ReportAsync(string role, Guid receipt)
    {
        await using var db = OpenAs(role);
        await using var connection = await db.OpenConnectionAsync();
        await connection.ExecuteAsync("select register.report_erased(@receipt)", new { receipt });
    }
}
