using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenHumans;
using Register;
using Sandbox;

namespace RegistrationSite.Tests;

/// <summary>What participants are told through Open Humans, and how often.</summary>
public sealed class MessageTests : SiteFixture
{
    [Test]
    public async Task Who_is_refused_for_three_days_is_told_once_with_the_page_that_helps()
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 2);
        await SendAsync();
        Assert.That(To(member), Is.Empty, "two days are not three");

        await RefusedAsync(member, days: 4);
        await SendAsync();
        await SendAsync();

        var message = To(member).Single();
        Assert.That(message.Subject, Does.EndWith("Your Nightscout does not let us in"));
        Assert.That(message.Text, Does.Contain(new Uri(SiteUrl, "/Connect").AbsoluteUri).And.Contain(new Uri(SiteUrl, "/Messages").AbsoluteUri).And.Not.Contain("{"));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Our last message: Your Nightscout does not let us in, a moment ago."));
        await person.OpenAsync("/Messages");
        Assert.That(person.Page.QuerySelector("tbody")!.TextContent, Does.Contain("Your Nightscout does not let us in").And.Contain("yes"));
        await AgeAsync(member, days: 8);
        await SendAsync();
        Assert.That(To(member), Has.Count.EqualTo(1), "told is told, while it is the same refusal");
        person.Dispose();
    }

    [TestCase("update register.participant set paused_at = now() where participant_id = @participant")]
    [TestCase("update register.participant set changed_at = now() where participant_id = @participant")]
    [TestCase("update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans' where participant_id = @participant")]
    [TestCase("update ingest.participant set outcome = 'site unreachable' where participant_id = @participant")]
    public async Task Who_paused_changed_something_left_or_cannot_help_gets_no_message(string change)
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 4);
        await QueryAsync<int?>(member, change);

        await SendAsync();

        Assert.That(To(member), Is.Empty);
        person.Dispose();
    }

    [Test]
    public async Task A_second_cause_waits_until_the_week_is_over()
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 9);
        await SendAsync();
        await RefusedAsync(member, days: 4);
        await AgeAsync(member, days: 6);
        await SendAsync();
        Assert.That(To(member), Has.Count.EqualTo(1));

        await AgeAsync(member, days: 8);
        await SendAsync();

        Assert.That(To(member), Has.Count.EqualTo(2));
        person.Dispose();
    }

    [Test]
    public async Task Messages_are_switched_off_and_on()
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 4);
        await person.OpenAsync("/Messages");
        await person.SubmitAsync("Send me no messages");
        Assert.That(person.Text, Does.Contain("You get no messages any more.").And.Contain("since a moment ago"));
        await SendAsync();
        Assert.That(To(member), Is.Empty);

        await person.SubmitAsync("Send me messages");
        await SendAsync();

        Assert.That(To(member), Has.Count.EqualTo(1));
        person.Dispose();
    }

    [Test]
    public async Task Replicas_that_look_at_the_same_time_send_one_message_to_each()
    {
        var people = new List<Member>();
        for (var i = 0; i < 5; i++)
        {
            var (person, member) = await SignedInAsync();
            person.Dispose();
            await RefusedAsync(member, days: 4);
            people.Add(member);
        }
        await using var one = OpenAs("registration_site");
        await using var two = OpenAs("registration_site");

        await Task.WhenAll(Replica(one).SendDueAsync(default), Replica(two).SendDueAsync(default), Replica(one).SendDueAsync(default), Replica(two).SendDueAsync(default));

        Assert.That(people.Select(member => To(member).Count), Is.All.EqualTo(1));
    }

    [Test]
    public async Task A_message_whose_sender_stopped_is_left_alone_for_a_week()
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 4);
        await QueryAsync<int?>(member, "insert into register.message (participant_id, cause, since) select participant_id, 'site refused', failed_since from ingest.participant where participant_id = @participant");
        await SendAsync();
        Assert.That(To(member), Is.Empty);

        await AgeAsync(member, days: 8);
        await SendAsync();

        Assert.That(To(member), Has.Count.EqualTo(1));
        person.Dispose();
    }

    [Test]
    public async Task What_Open_Humans_did_not_answer_is_not_sent_again_at_once()
    {
        var (person, member) = await SignedInAsync();
        await RefusedAsync(member, days: 4);
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "*/message/", Member = member.Id });

        await SendAsync();
        await SendAsync();

        Assert.That(To(member), Is.Empty);
        await person.OpenAsync("/Messages");
        Assert.That(person.Text, Does.Contain("not known; Open Humans did not answer"));
        person.Dispose();
    }

    [Test]
    public async Task Whose_permission_ended_is_told_with_the_project_s_token_and_not_without_it()
    {
        var (person, member) = await SignedInAsync();
        await QueryAsync<int?>(member, "update register.participant set suspended_at = now(), suspended_because = 'open humans refused the tokens' where participant_id = @participant");
        await SendAsync();
        Assert.That(To(member), Is.Empty);

        await using var db = OpenAs("registration_site");
        await Replica(db, Sandbox.OpenHumans.MasterToken).SendDueAsync(default);
        await Replica(db, Sandbox.OpenHumans.MasterToken).SendDueAsync(default);

        Assert.That(To(member).Single().Text, Does.Contain(new Uri(SiteUrl, "/sign-in").AbsoluteUri).And.Contain("sign in again"));
        person.Dispose();
    }

    [Test]
    public async Task Who_is_no_member_any_more_is_not_written_to()
    {
        var (person, member) = await SignedInAsync();
        await QueryAsync<int?>(member, "update register.participant set suspended_at = now(), suspended_because = 'open humans refused the tokens' where participant_id = @participant");
        var (options, before) = (Sandbox.OpenHumans.Options, Sandbox.OpenHumans.Messages.Count);
        Sandbox.OpenHumans.Options = options with { WebhookUrl = null };
        await member.LeaveAsync(erase: false);
        Sandbox.OpenHumans.Options = options;

        await using var db = OpenAs("registration_site");
        await Replica(db, Sandbox.OpenHumans.MasterToken).SendDueAsync(default);

        Assert.That(To(member), Is.Empty);
        Assert.That(await QueryAsync<string>(member, "select outcome from register.message where participant_id = @participant"), Is.EqualTo("declined"));
        person.Dispose();
    }

    [Test]
    public async Task Who_erases_everything_gets_the_receipt_and_nothing_of_it_is_kept()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Leave/Erase");

        await person.SubmitAsync("Erase everything now");

        Assert.That(To(member).Single().Text, Does.Contain(person.Response.RequestMessage!.RequestUri!.AbsoluteUri).And.Contain(ConsentText.Lasting), "the page of the receipt");
        await using var connection = await Owner.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from register.message m where not exists (select from register.participant p where p.participant_id = m.participant_id)"), Is.Zero);
        person.Dispose();
    }

    [Test]
    public async Task Who_is_erased_leaves_no_row_of_the_messages_they_got_and_others_keep_theirs()
    {
        var (person, member) = await SignedInAsync();
        var (other, somebody) = await SignedInAsync();
        foreach (var refused in new[] { member, somebody })
            await RefusedAsync(refused, days: 4);
        await SendAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        const string Rows = "select count(*) from register.message where participant_id = @participant";
        Assert.That(await QueryAsync<long>(member, Rows), Is.EqualTo(1));

        await person.OpenAsync("/Leave/Erase");
        await person.SubmitAsync("Erase everything now");

        await using var connection = await Owner.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>(Rows, new { participant }), Is.Zero);
        Assert.That(await QueryAsync<long>(somebody, Rows), Is.EqualTo(1));
        person.Dispose();
        other.Dispose();
    }

    [Test]
    public async Task An_erasure_needs_no_answer_of_Open_Humans()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Leave/Erase");
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "*/message/", Member = member.Id });

        await person.SubmitAsync("Erase everything now");

        Assert.That(person.Page.Title, Does.StartWith("Being erased"));
        Assert.That(To(member), Is.Empty);
        person.Dispose();
    }

    [Test]
    public async Task Who_wants_no_messages_is_erased_without_one()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Messages");
        await person.SubmitAsync("Send me no messages");
        await person.OpenAsync("/Leave/Erase");

        await person.SubmitAsync("Erase everything now");

        Assert.That(person.Page.Title, Does.StartWith("Being erased"));
        Assert.That(To(member), Is.Empty);
        person.Dispose();
    }

    Task<int> SendAsync() => Services.GetRequiredService<Messages>().SendDueAsync(default);

    IReadOnlyList<Sandbox.SentMessage> To(Member member) => [.. Sandbox.OpenHumans.Messages.Where(message => message.MemberId == member.Id)];

    Messages Replica(NpgsqlDataSource db, string masterToken = "") => new(db, Services.GetRequiredService<OpenHumansAccounts>(), Services.GetRequiredService<OpenHumansTokens>(),
        Services.GetRequiredService<OpenHumansClient>(), Services.GetRequiredService<OpenHumansProject>(), Services.GetRequiredService<RegistrationOptions>() with { MasterToken = masterToken }, NullLogger<Messages>.Instance);

    Task<int?> RefusedAsync(Member member, int days) => QueryAsync<int?>(member, $"""
        insert into ingest.participant (participant_id, outcome, failed_since, seen_change_at)
        select participant_id, 'site refused', now() - interval '{days} days', changed_at from register.participant where participant_id = @participant
            on conflict (participant_id) do update set failed_since = excluded.failed_since
        """);

    Task<int?> AgeAsync(Member member, int days) => QueryAsync<int?>(member, $"update register.message set claimed_at = now() - interval '{days} days' where participant_id = @participant");
}
