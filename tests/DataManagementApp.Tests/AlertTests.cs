using System.Text.RegularExpressions;
using DataManagementApp.Administration;
using DataManagementApp.Alerts;
using Microsoft.Extensions.DependencyInjection;
using Sandbox;

namespace DataManagementApp.Tests;

/// <summary>What operators are told, from the database to Slack and to their mailbox. Time is moved in the table.</summary>
public sealed partial class AlertTests : PortalFixture
{
    const string Operator = "ops@example.org";

    SlackServer _slack = null!;

    protected override IEnumerable<string> Settings
    {
        get
        {
            _slack = SlackServer.StartAsync().GetAwaiter().GetResult(); // settings are wanted at once
            return ["--Alerts:Beat=01:00:00", $"--Alerts:Mail={Operator}", $"--Alerts:SlackApi={_slack.Api}", $"--Alerts:SlackToken={SlackServer.Token}", $"--Alerts:SlackChannel={SlackServer.Channel}"];
        }
    }

    [OneTimeTearDown]
    public async Task StopSlack() => await _slack.DisposeAsync();

    [SetUp]
    public Task Empty() => OwnerAsync("""
        truncate portal.alert, portal.slack_message, ingest.participant, ingest.run, openaps.load_state cascade;
        delete from portal.mail; delete from portal.export where state in ('queued', 'building');
        delete from register.erasure_receipt; delete from register.participant; delete from public.service_instance where service <> 'data-management-app';
        """);

    [Test]
    public async Task A_cause_is_told_once_with_its_count_and_by_mail_and_on_Slack()
    {
        await FailAsync("site unreachable", 12, "2 days");
        var before = _slack.Messages.Count;

        await BeatAsync();
        Assert.That(_slack.Messages, Has.Count.EqualTo(before), "it may pass within minutes");
        await LaterAsync("6 minutes");
        await BeatAsync();
        await BeatAsync();

        Assert.That(_slack.Messages, Has.Count.EqualTo(before + 1));
        Assert.That(_slack.Messages[^1], Is.EqualTo($"""
            *Diabetes data commons: 1 new*
            • NEW 12 participants are not copied for more than 6 hours: site unreachable. To act: the participant, if it lasts; we try again.
            <{Url}administration/alerts|All alerts>
            """));
        var mail = await Mail.WaitAsync(Operator, "Data commons: 1 new");
        Assert.That(mail.Text, Does.Contain("NEW 12 participants are not copied for more than 6 hours: site unreachable.").And.Contain($"{Url}administration/alerts"));
    }

    [Test]
    public async Task Several_causes_are_one_message_and_none_names_anybody()
    {
        await FailAsync("unexpected", 2, "7 hours");
        await FailAsync("open humans temporary", 3, "7 hours");
        await OwnerAsync("""
            insert into register.erasure_receipt (participant_id, member_hash, asked_by, asked_at) values (4242424242, '\x00', 'operator', now() - interval '2 hours');
            insert into portal.mail (kind, recipient, subject, state, problem) values ('approval', 'somebody.secret@example.org', 'Secret', 'failed', 'no');
            """);

        await BeatAsync();
        await LaterAsync("6 minutes");
        await BeatAsync();

        var lines = _slack.Messages[^1].Split('\n');
        Assert.That(lines[0], Is.EqualTo("*Diabetes data commons: 4 new*"));
        Assert.That(lines, Has.Some.StartsWith("• NEW 2 participants are not copied for more than 6 hours: unexpected.").And.Some.StartsWith("• NEW 3 participants").And.Some.StartsWith("• NEW 1 erasure is not complete, the first for 2 hours")
            .And.Some.StartsWith("• NEW 1 mail was given up in the last 3 days"));
        Assert.That(_slack.Messages[^1], Does.Not.Contain("example.org").And.Not.Contain("4242424242").And.Not.Contain("Secret"));
    }

    [Test]
    public async Task What_lasts_is_told_again_after_a_day_and_what_is_over_once()
    {
        await FailAsync("unexpected", 1, "7 hours");
        await BeatAsync();
        await LaterAsync("6 minutes");
        await BeatAsync();
        var told = _slack.Messages.Count;

        await LaterAsync("23 hours");
        await BeatAsync();
        Assert.That(_slack.Messages, Has.Count.EqualTo(told));
        await LaterAsync("2 hours");
        await BeatAsync();
        Assert.That(_slack.Messages[told], Does.StartWith("*Diabetes data commons: 1 lasts*\n• LASTS since ").And.Contain("1 participant is not copied"));

        await OwnerAsync("update ingest.participant set failed_since = null");
        await BeatAsync();
        Assert.That(_slack.Messages, Has.Count.EqualTo(told + 1), "it may come back within minutes");
        await LaterAsync("11 minutes");
        await BeatAsync();
        await LaterAsync("11 minutes");
        await BeatAsync();
        Assert.That(_slack.Messages.Skip(told + 1).Select(text => Since().Replace(text, "since …")), Is.EqualTo(new[]
            { $"*Diabetes data commons: 1 over*\n• OVER since …: copying: unexpected\n<{Url}administration/alerts|All alerts>" }));
    }

    [Test]
    public async Task What_participants_alone_can_mend_is_not_told_again()
    {
        await FailAsync("site refused", 3, "8 days");
        await BeatAsync();
        await LaterAsync("6 minutes");
        await BeatAsync();
        var told = _slack.Messages.Count;

        await LaterAsync("25 hours");
        await BeatAsync();

        Assert.That(_slack.Messages, Has.Count.EqualTo(told));
    }

    [Test]
    public async Task Who_paused_or_left_is_not_told_of_but_who_has_to_sign_in_again_is()
    {
        await FailAsync("unexpected", 3, "7 hours");
        await FailAsync("sign in again", 1, "7 hours");
        await OwnerAsync("""
            insert into register.participant (participant_id, project_member_id, salt, paused_at, suspended_at, suspended_because) values
                (1, '1', '\x00', now() - interval '1 hour', null, null), (2, '2', '\x00', null, now(), 'left the project on open humans'), (3, '3', '\x00', null, null, null),
                (4, '4', '\x00', null, now(), 'open humans refused the tokens');
            """);

        Assert.That((await Service<Watch>().LookAsync(default)).Select(finding => (finding.Cause, finding.Count)), Is.EquivalentTo(new[] { ("copying: unexpected", 1), ("copying: sign in again", 1) }));
        await OwnerAsync("update register.participant set paused_at = now()");
        Assert.That(await Service<Watch>().LookAsync(default), Is.Empty);
        await OwnerAsync("update register.participant set paused_at = null, suspended_at = null, suspended_because = null");
        Assert.That((await Service<Watch>().LookAsync(default)).Select(finding => (finding.Cause, finding.Count)), Is.EquivalentTo(new[] { ("copying: unexpected", 3), ("copying: sign in again", 1) }), "it goes on");
    }

    [Test]
    public async Task A_process_that_is_silent_beside_one_that_lives_is_told_until_it_beats_again_or_is_forgotten()
    {
        await OwnerAsync("""
            insert into public.service_instance (service, instance, version, started_at, beat_at) values
                ('nightscout-ingester', 'lives/1', 'b1', now() - interval '9 days', now() - interval '20 seconds'), ('nightscout-ingester', 'killed/1', 'b1', now() - interval '9 days', now() - interval '7 minutes'),
                ('nightscout-ingester', 'hangs/1', 'b1', now() - interval '9 days', now() - interval '2 hours'), ('open-humans-etl', 'restarts/1', 'b1', now() - interval '9 days', now() - interval '50 seconds'),
                ('registration-site', 'forgotten/1', 'b1', now() - interval '9 days', now() - interval '8 days');
            """);

        Assert.That((await Service<Watch>().LookAsync(default)).Select(finding => (finding.Cause, finding.Text, finding.Count)), Is.EqualTo(new[]
            { ("silent: nightscout-ingester", "2 processes of nightscout-ingester are silent, the first for 2 hours: killed, stuck, or cut off from the database. Which: page Services; it forgets them after 7 days.", 2) }));
        await OwnerAsync("update public.service_instance set beat_at = now() where instance = 'hangs/1'");
        Assert.That((await Service<Watch>().LookAsync(default)).Single().Text, Does.StartWith("1 process of nightscout-ingester is silent, the first for 7 minutes: "));
        await OwnerAsync("delete from public.service_instance where instance = 'killed/1'");
        Assert.That(await Service<Watch>().LookAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_message_that_waited_for_a_day_while_Slack_was_off_is_not_sent_when_it_is_set_again()
    {
        var before = _slack.Messages.Count;
        await OwnerAsync("insert into portal.slack_message (text, queued_at, due_at) values ('stale', now() - interval '25 hours', now() - interval '25 hours'), ('fresh', now() - interval '23 hours', now() - interval '23 hours')");

        await BeatAsync();

        Assert.That(_slack.Messages.Skip(before), Is.EqualTo(new[] { "fresh" }));
        Assert.That(await QueryAsync<string>("select string_agg(text || ' ' || state, ', ' order by text) from portal.slack_message"), Is.EqualTo("fresh sent, stale failed"));
    }

    [Test]
    public async Task Two_replicas_that_look_at_the_same_time_tell_it_once()
    {
        await FailAsync("unexpected", 1, "7 hours");
        await BeatAsync();
        await LaterAsync("6 minutes");
        var before = _slack.Messages.Count;

        var found = await Service<Watch>().LookAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Service<AlertBook>().DigestAsync(found, default)));
        await BeatAsync();

        Assert.That(_slack.Messages, Has.Count.EqualTo(before + 1));
    }

    [Test]
    public async Task Slack_is_asked_again_when_it_says_and_the_message_survives()
    {
        await FailAsync("unexpected", 1, "7 hours");
        await BeatAsync();
        await LaterAsync("6 minutes");
        var before = _slack.Messages.Count;
        _slack.RefuseNext(status: 429, retryAfter: 90);
        await BeatAsync();

        Assert.That(await QueryAsync<string>("select state || ', ' || attempts || ', ' || problem || ', ' || round(extract(epoch from due_at - now()) / 10) * 10 from portal.slack_message"),
            Is.EqualTo("waiting, 1, Slack wants fewer messages; it is tried again when it says, 90"));
        await OwnerAsync("update portal.slack_message set due_at = now()");
        await BeatAsync();
        Assert.That(_slack.Messages, Has.Count.EqualTo(before + 1));
        Assert.That(await QueryAsync<string>("select state from portal.slack_message"), Is.EqualTo("sent"));
    }

    [TestCase("not_in_channel", "the bot is not in the channel (not_in_channel); invite it there: /invite")]
    [TestCase("invalid_auth", "Slack does not accept Alerts__SlackToken (invalid_auth); make a new one")]
    [TestCase("some_new_word", "Slack refused it (some_new_word)")]
    [TestCase("<b>xoxb-sandbox-token</b>", "Slack refused it (200)")]
    public void A_refusal_comes_with_200_and_is_told_in_words_of_ours(string error, string told)
    {
        _slack.RefuseNext(error);

        Assert.That(() => Service<Slack>().PostAsync("text", default), Throws.TypeOf<SlackException>().With.Message.EqualTo(told));
    }

    [Test]
    public async Task A_webhook_is_enough_and_one_that_is_gone_says_so()
    {
        using var http = new HttpClient();
        await new Slack(http, new() { SlackWebhook = _slack.Webhook }).PostAsync("by webhook", default);
        Assert.That(_slack.Messages[^1], Is.EqualTo("by webhook"));

        Assert.That(() => new Slack(http, new() { SlackWebhook = new(_slack.Webhook, "/services/T000/B000/other") }).PostAsync("text", default),
            Throws.TypeOf<SlackException>().With.Message.EqualTo("the webhook of Alerts__SlackWebhook is not in use any more (no_service); make a new one"));
        Assert.That(() => new Slack(http, new() { SlackWebhook = new("http://127.0.0.1:9/services") }).PostAsync("text", default), Throws.TypeOf<SlackException>().With.Message.EqualTo("no connection to Slack, or it broke off"));
    }

    [Test]
    public async Task Test_alert_says_which_way_took_it_and_why_another_did_not()
    {
        _slack.RefuseNext("channel_not_found");
        var said = new StringWriter();

        var code = await Service<TestAlert>().RunAsync(said, default);

        Assert.That((code, said.ToString().Split(Environment.NewLine)[..2]), Is.EqualTo((2, new[]
            { "mail: taken.", "Slack: not taken, Slack knows no channel of the name in Alerts__SlackChannel (channel_not_found); a private one only when the bot is a member." })));
        await Mail.WaitAsync(Operator, "Data commons: a test");
        Assert.That(await Service<TestAlert>().RunAsync(TextWriter.Null, default), Is.Zero);
    }

    [Test]
    public async Task Every_state_that_is_looked_for_is_found()
    {
        await OwnerAsync("""
            insert into ingest.participant (participant_id, due_at) values (1, now() - interval '5 hours');
            insert into openaps.load_state (participant_id, due_at) values (1, now() - interval '4 hours');
            insert into openaps.load_run (participant_id, outcome, started_at, ended_at, files, lines_read, rows_loaded, rows_unchanged, rows_quarantined) values
                (1, 'Loaded', now(), now(), 1, 1000, 500, 0, 500), (1, 'Loaded', now(), now() - interval '3 days', 1, 1000, 930, 0, 70);
            insert into portal.mail (kind, recipient, subject, attempts, due_at, queued_at) values ('approval', 'x@example.org', 'x', 3, now() + interval '1 day', now() - interval '5 hours');
            """);
        var (user, grant) = (await Service<Accounts.Users>().AddAdminAsync(NewEmail(), default), 0L);
        await Service<Accounts.Grants>().AddAsync(user, true, true, default);
        grant = await QueryAsync<long>("select max(grant_id) from portal.access_grant");
        await OwnerAsync("insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, state, due_at, requested_at) values (@user, @grant, 'all', 'csv', '2020-01-01', '2020-01-01', 'queued', now() + interval '1 day', now() - interval '4 hours')", new { user, grant });

        var found = await Service<Watch>().LookAsync(default);

        Assert.That(found.Select(finding => finding.Text), Is.EquivalentTo(new[]
        {
            "1 participant is due and not copied, the first for 5 hours. See whether nightscout-ingester runs, and its log.",
            "1 participant is due and not loaded, the first for 4 hours. See whether open-humans-etl runs, and its log.",
            "500 of 1,000 lines could not be read in the last 24 hours; usual are 10 a day. Their reasons: table openaps.quarantine.",
            "1 export waits, the first for 4 hours. See the log of data-management-app.",
            "1 mail waits for more than 3 hours. Why: page Mails.",
        }));
    }

    [Test]
    public async Task Services_that_do_not_answer_or_are_not_well_are_found_and_one_cause_in_several_is_one_line()
    {
        await using var well = await HealthStub.StartAsync("""{"database":{"status":"Healthy"}}""");
        await using var first = await HealthStub.StartAsync("""{"clock":{"status":"Degraded","cause":"this machine's clock is 45 s behind"},"database":{"status":"Healthy"}}""");
        await using var second = await HealthStub.StartAsync("""{"clock":{"status":"Degraded","cause":"this machine's clock is 46 s behind"},"certificates":{"status":"Degraded","cause":"certificates: that of data.example.org ends in 9 days"}}""");
        var options = Service<PortalOptions>() with { Services = new Dictionary<string, Uri> { ["a"] = first.Url, ["b"] = second.Url, ["c"] = well.Url, ["gone"] = new("http://127.0.0.1:9") } };
        using var http = new HttpClient();
        var watch = ActivatorUtilities.CreateInstance<Watch>(Services, new ServicesHealth(http, options));

        var found = await watch.LookAsync(default);

        Assert.That(found.Select(finding => (finding.Cause, finding.Text, finding.Count)), Is.EquivalentTo(new[]
        {
            ("service: gone", "gone does not answer. See whether it runs, and its log.", 1),
            ("health: clock: this machine's clock is … s behind", "a, b: this machine's clock is 45 s behind.", 2),
            ("health: certificates: certificates: that of data.example.org ends in … days", "b: certificates: that of data.example.org ends in 9 days.", 1),
        }));
    }

    [Test]
    public async Task Of_one_part_with_two_causes_both_are_told()
    {
        await using var first = await HealthStub.StartAsync("""{"disk":{"status":"Degraded","cause":"1,200 MB are free where Portal__ExportFolder leads, 2,000 MB are wanted; make room there"}}""");
        await using var second = await HealthStub.StartAsync("""{"disk":{"status":"Unhealthy","cause":"the folder of Ingest__WorkFolder cannot be written to; see its rights"}}""");
        await using var third = await HealthStub.StartAsync("""{"disk":{"status":"Degraded","cause":"12 MB are free where Portal__ExportFolder leads, 2,000 MB are wanted; make room there"},"odd":{"status":"Degraded"}}""");
        var options = Service<PortalOptions>() with { Services = new Dictionary<string, Uri> { ["a"] = first.Url, ["b"] = second.Url, ["c"] = third.Url } };
        using var http = new HttpClient();
        var watch = ActivatorUtilities.CreateInstance<Watch>(Services, new ServicesHealth(http, options));

        var found = await watch.LookAsync(default);

        Assert.That(found.Select(finding => (finding.Cause, finding.Text, finding.Count)), Is.EquivalentTo(new[]
        {
            ("health: disk: … MB are free where Portal__ExportFolder leads, … MB are wanted", "a, c: 1,200 MB are free where Portal__ExportFolder leads, 2,000 MB are wanted; make room there.", 2),
            ("health: disk: the folder of Ingest__WorkFolder cannot be written to", "b: the folder of Ingest__WorkFolder cannot be written to; see its rights.", 1),
            ("health: odd", "c: odd is not well.", 1),
        }));
        await Service<AlertBook>().DigestAsync(found, default); // a cause is one open row
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.alert where ended_at is null"), Is.EqualTo(3));
    }

    [Test]
    public async Task Administrators_see_what_lasts_what_is_over_and_what_Slack_says()
    {
        await OwnerAsync("""
            insert into portal.alert (cause, text, count, began_at, seen_at, told_at, ended_at) values
                ('copying: unexpected', '2 participants are not copied.', 2, now() - interval '3 hours', now(), now() - interval '2 hours', null), ('health: disk', 'data-management-app: 12 MB are free.', 1, now() - interval '2 minutes', now(), null, null),
                ('mails wait', '1 mail waits.', 1, now() - interval '2 days', now() - interval '40 hours', now() - interval '2 days', now() - interval '40 hours');
            insert into portal.slack_message (text, problem, due_at) values ('x', 'the bot is not in the channel (not_in_channel); invite it there: /invite', now() + interval '1 hour');
            """);
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;

        await admin.OpenAsync("/administration/alerts");

        Assert.That(admin.Page.QuerySelectorAll("tbody tr").Select(row => Blanks().Replace(row.TextContent, " ").Trim()), Is.EqualTo(new[]
        {
            "health: disk data-management-app: 12 MB are free. 2 minutes ago not yet", "copying: unexpected 2 participants are not copied. 3 hours ago 2 hours ago", "mails wait 1 mail waits. 2 days ago 8 hours",
        }));
        Assert.That(admin.Text, Does.Contain("Told by mail to 1 address and Slack").And.Contain("Slack did not take the last message: the bot is not in the channel"));
    }

    Task FailAsync(string outcome, int participants, string since) => OwnerAsync("""
        insert into ingest.participant (participant_id, outcome, due_at, failed_since, failures)
        select coalesce((select max(participant_id) from ingest.participant), 0) + i, @outcome, now() + interval '1 hour', now() - @since::interval, 5 from generate_series(1, @participants) i
        """, new { outcome, participants, since });

    /// <summary>Everything that was written down was so much earlier.</summary>
    Task LaterAsync(string time) => OwnerAsync("update portal.alert set began_at = began_at - @time::interval, seen_at = seen_at - @time::interval, told_at = told_at - @time::interval, ended_at = ended_at - @time::interval", new { time });

    async Task BeatAsync() => await ActivatorUtilities.CreateInstance<AlertJob>(Services).Execute(null!);

    [GeneratedRegex(@"since \d+ \w+ \d\d:\d\d UTC")]
    private static partial Regex Since();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
