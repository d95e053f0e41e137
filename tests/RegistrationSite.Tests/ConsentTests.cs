using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RegistrationSite.Tests;

/// <summary>Consent as it is asked for, shown and kept.</summary>
public sealed class ConsentTests : SiteFixture
{
    [Test]
    public async Task Who_shares_says_whether_for_themselves_or_for_a_child()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Save my choice", ("OpenAps", "true"));

        Assert.That(person.Page.QuerySelector("#given-by-error")?.TextContent, Does.Contain("Please say who you are"));
        Assert.That(person.Page.QuerySelector("#OpenAps")!.HasAttribute("checked"), "what was ticked stays");
        Assert.That(await QueryAsync<long>(member, "select count(*) from register.consent where participant_id = @participant"), Is.Zero);

        await person.SubmitAsync("Save my choice", ("GivenBy", "guardian"));
        Assert.That(await QueryAsync<string>(member, "select string_agg(source || ' ' || projects || ' ' || coalesce(given_by, '-') || ' ' || text_version, ', ' order by consent_id) from register.consent where participant_id = @participant"),
            Is.EqualTo($"page openaps guardian {ConsentText.Version}, file openaps - file"));
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector("#given-by-guardian")!.HasAttribute("checked"));
        person.Dispose();
    }

    [TestCase("guardian", "My child's data", "My child's report", "About your child", "child")]
    [TestCase("self", "My data", "My report", "About you", "self")]
    public async Task Who_said_that_the_data_is_a_childs_reads_of_a_child(string givenBy, string data, string report, string about, string user)
    {
        var (first, member) = await SignedInAsync();
        await ConnectAsync(first, Sandbox.Sites.UrlOf(Sandbox.Sites.Add($"site-{Guid.NewGuid():N}")).AbsoluteUri);
        await ChooseAsync(first, openAps: true, nightscout: false, givenBy);
        first.Dispose();

        var (person, _) = await SignedInAsync(member);

        Assert.That(person.Page.Title, Does.StartWith(data));
        Assert.That(person.Page.QuerySelector("#copying h2")!.TextContent, Is.EqualTo(givenBy == "guardian" ? "Your child's data is being copied" : "Your data is being copied"));
        Assert.That(person.Page.QuerySelectorAll("nav a").Select(link => link.TextContent), Is.SupersetOf(new[] { data, about }));
        await person.OpenAsync("/Report");
        Assert.That(person.Page.Title, Does.StartWith(report));
        await person.OpenAsync("/Survey");
        Assert.That(person.Page.Title, Does.StartWith(about));
        Assert.That(person.Page.QuerySelector("#LoopUser option[selected]")?.GetAttribute("value"), Is.EqualTo(user), "asked once is enough");
        person.Dispose();
    }

    [Test]
    public async Task Another_giver_is_another_entry_and_the_same_again_is_none()
    {
        var (person, member) = await SignedInAsync();
        foreach (var giver in new[] { "guardian", "guardian", "self" })
            await ChooseAsync(person, openAps: true, nightscout: false, giver);

        Assert.That(await QueryAsync<string>(member, "select string_agg(given_by, ' ' order by consent_id) from register.consent where participant_id = @participant and source = 'page'"), Is.EqualTo("guardian self"));
        person.Dispose();
    }

    [Test]
    public async Task Who_shares_nothing_need_not_say_who_they_are()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Consent");
        await person.SubmitAsync("Save my choice");

        Assert.That(person.Page.Title, Does.StartWith("My data"));
        Assert.That(await QueryAsync<string>(member, "select page from register.current_consent where participant_id = @participant"), Is.EqualTo("none"));
        person.Dispose();
    }

    [TestCase("Save my choice")]
    [TestCase("Stop sharing with everybody")]
    public async Task Stopping_to_share_with_everybody_says_what_it_does_before_it_is_done(string button)
    {
        var (person, member) = await SignedInAsync();
        await ChooseAsync(person, openAps: true, nightscout: true);
        await person.OpenAsync("/Consent");
        await person.SubmitAsync(button, button == "Save my choice" ? [("OpenAps", "false"), ("Nightscout", "false")] : []);

        Assert.That(person.Text, Does.Contain("Stop sharing with everybody?").And.Contain("At once").And.Contain("Within minutes").And.Contain("cannot be taken back"));
        Assert.That(await QueryAsync<bool>(member, "select openaps and nsf from register.current_consent where participant_id = @participant"), "nothing is done yet");

        await person.SubmitAsync("Yes, stop sharing");
        Assert.That(person.Text, Does.Match(@"Saved on \d+ \w+ \d{4} at \d\d:\d\d \(UTC\): you share with nobody"));
        Assert.That(await QueryAsync<bool>(member, "select openaps or nsf from register.current_consent where participant_id = @participant"), Is.False);
        person.Dispose();
    }

    [Test]
    public async Task Leaving_one_of_two_says_who_does_not_see_the_data_any_more()
    {
        var (person, _) = await SignedInAsync();
        await ChooseAsync(person, openAps: true, nightscout: true);

        await ChooseAsync(person, openAps: false, nightscout: true);

        Assert.That(person.Text, Does.Contain("you share with the Nightscout Data Commons. Researchers of the OpenAPS Data Commons do not see the data any more."));
        person.Dispose();
    }

    [Test]
    public async Task Who_never_shared_reads_nothing_of_what_was_shared_before()
    {
        var (person, _) = await SignedInAsync();
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector("#choice")!.TextContent, Does.Contain("Without a tick, nobody gets anything:"));
        await ChooseAsync(person, openAps: false, nightscout: false);
        Assert.That(person.Text, Does.Contain("nothing is shared. You can change this at any time.").And.Not.Contain("was shared before"));

        foreach (var openAps in new[] { true, false })
            await ChooseAsync(person, openAps, nightscout: false);
        Assert.That(person.Text, Does.Contain("What was shared before is hidden from researchers now"));
        person.Dispose();
    }

    [Test]
    public async Task The_page_shows_what_was_chosen_so_far()
    {
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector("#history"), Is.Null);
        await QueryAsync<object?>(member, "select register.record_consent(project_member_id, 'file', 'none', 'file missing') from register.participant where participant_id = @participant");
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector("#history"), Is.Null, "that they have not chosen is no choice");
        await ChooseAsync(person, openAps: true, nightscout: true, "guardian");
        await QueryAsync<object?>(member, "select register.record_consent(project_member_id, 'file', 'nsf', 'file') from register.participant where participant_id = @participant");
        await ChooseAsync(person, openAps: false, nightscout: false);

        await person.OpenAsync("/Consent");

        Assert.That(person.Page.QuerySelectorAll("#history tbody tr").Select(row => string.Join(" | ", row.QuerySelectorAll("td").Select(cell => cell.TextContent.Trim()))), Is.EqualTo(new[]
        {
            $"nobody | the person with diabetes | chosen here; text of {ConsentText.Version}",
            "the Nightscout Data Commons | not asked | read from the small file in your Open Humans account",
            $"the OpenAPS Data Commons and the Nightscout Data Commons | a parent or guardian | chosen here; text of {ConsentText.Version}",
        }));
        await QueryAsync<object?>(member, "select register.record_consent(project_member_id, 'file', 'both', 'file') from register.participant where participant_id = @participant");
        await QueryAsync<object?>(member, "select register.record_consent(project_member_id, 'file', 'none', 'file missing') from register.participant where participant_id = @participant");
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector("#history tbody tr")!.TextContent, Does.Contain("there was no file with a choice in your Open Humans account"), "a file that vanished is news");
        person.Dispose();
    }

    [Test]
    public async Task Both_may_be_ticked_and_what_cannot_be_taken_back_is_said_in_the_same_sentence_everywhere()
    {
        var (person, _) = await SignedInAsync();
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelectorAll("legend").Select(legend => legend.TextContent), Has.Some.Contains("Tick both"));
        Assert.That(person.Page.QuerySelector(".step")?.TextContent, Is.EqualTo("Step 3 of 3"));
        Assert.That(person.Text, Does.Contain(ConsentText.Lasting));

        await ChooseAsync(person, openAps: true, nightscout: true);
        await person.OpenAsync("/Consent");
        Assert.That(person.Page.QuerySelector(".step"), Is.Null, "they have chosen");
        await person.SubmitAsync("Stop sharing with everybody");
        Assert.That(person.Text, Does.Contain(ConsentText.Lasting));
        foreach (var page in new[] { "/Leave", "/Leave/Withdraw", "/Leave/Erase" })
        {
            await person.OpenAsync(page);
            Assert.That(person.Text, Does.Contain(ConsentText.Lasting), page);
        }
        using var stranger = new Testing.WebSession(SiteUrl);
        await stranger.OpenAsync("/");
        Assert.That(stranger.Text, Does.Contain(ConsentText.Lasting));
        await person.SubmitAsync("Erase everything now");
        Assert.That(person.Text, Does.Contain(ConsentText.Lasting));
        person.Dispose();
    }

    [Test]
    public void The_version_of_the_text_changes_with_the_text()
    {
        var text = JsonSerializer.Serialize(new { ConsentText.All, ConsentText.Intro, ConsentText.NeverShared, ConsentText.OnSharing, ConsentText.OnWithdrawal, ConsentText.Lasting });

        Assert.That((ConsentText.Version, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]), Is.EqualTo(("2026-11-22.3", "512b3cbe1523ca58")),
            "a sentence was changed: give the text a new version, and write both here");
    }
}
