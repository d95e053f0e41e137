using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Sandbox;
using Sandbox.Demo;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>The pages as a participant meets them, with the stand-ins behind them.</summary>
public sealed class RegistrationTests : SiteFixture
{
    [Test]
    public async Task A_newcomer_signs_in_gives_a_site_chooses_and_sees_what_is_stored()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var (person, member) = await SignedInAsync();
        Assert.That(person.Page.QuerySelector(".step")?.TextContent, Is.EqualTo("Step 2 of 3"), "the next step comes by itself");
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("tell us where your Nightscout site is"), "also for who goes elsewhere");

        await ConnectAsync(person, $"{Sandbox.Sites.UrlOf(site)}api/v1/");
        Assert.That(person.Page.QuerySelector(".step")?.TextContent, Is.EqualTo("Step 3 of 3"));
        Assert.That(person.Text, Does.Contain("Your data is being copied to your Open Humans account, the older data too. One question is left."));
        await person.SubmitAsync("Save my choice", ("OpenAps", "true"), ("GivenBy", "self"));

        Assert.That(person.Text, Does.Contain("you share with the OpenAPS Data Commons.").And.Contain(Sandbox.Sites.UrlOf(site).AbsoluteUri).And.Contain("Your data is being copied"));
        Assert.That(TextOf(member, "nightscout_url"), Is.EqualTo(Sandbox.Sites.UrlOf(site).AbsoluteUri));
        Assert.That(TextOf(member, "data_sharing_consent"), Is.EqualTo("openaps"));
        Assert.That(await QueryAsync<string>(member, "select openaps || ' ' || nsf || ' ' || page || ' ' || file from register.current_consent where participant_id = @participant"), Is.EqualTo("true false openaps openaps"));
        person.Dispose();
    }

    [Test]
    public async Task Who_gave_an_address_before_is_led_to_their_data_and_goes_through_no_steps()
    {
        var (first, member) = await SignedInAsync();
        await ConnectAsync(first, Sandbox.Sites.UrlOf(Sandbox.Sites.Add($"site-{Guid.NewGuid():N}")).AbsoluteUri);
        await ChooseAsync(first, openAps: false, nightscout: false);

        var (person, _) = await SignedInAsync(member);

        Assert.That(person.Page.Title, Does.StartWith("My data"));
        await person.OpenAsync("/Connect");
        Assert.That(person.Page.QuerySelector(".step"), Is.Null);
        first.Dispose();
        person.Dispose();
    }

    [Test]
    public async Task A_sign_in_that_only_renews_tokens_is_no_change_and_one_that_was_waited_for_is()
    {
        var (first, member) = await SignedInAsync();
        await ConnectAsync(first, Sandbox.Sites.UrlOf(Sandbox.Sites.Add($"site-{Guid.NewGuid():N}")).AbsoluteUri);
        await QueryAsync<int?>(member, "insert into ingest.participant (participant_id, outcome, succeeded_at, seen_change_at) select participant_id, 'success', now(), changed_at from register.participant where participant_id = @participant");

        var (person, _) = await SignedInAsync(member);

        Assert.That(person.Text, Does.Not.Contain("Your change is saved"));
        Assert.That(await ChangedAsync(), Is.False);
        foreach (var cause in new[]
        {
            "update register.open_humans_token set refused_at = now() where participant_id = @participant",
            "update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans' where participant_id = @participant",
            "update ingest.participant set outcome = 'sign in again' where participant_id = @participant",
            "update ingest.participant set outcome = 'no address' where participant_id = @participant",
        })
        {
            await QueryAsync<int?>(member, cause);
            (var again, _) = await SignedInAsync(member);
            Assert.That(await ChangedAsync(), cause);
            await QueryAsync<int?>(member, "update ingest.participant i set outcome = 'success', seen_change_at = changed_at from register.participant p where p.participant_id = i.participant_id and p.participant_id = @participant");
            again.Dispose();
        }
        first.Dispose();
        person.Dispose();

        Task<bool> ChangedAsync() => QueryAsync<bool>(member, "select seen_change_at is distinct from changed_at from ingest.participant join register.participant using (participant_id) where participant_id = @participant");
    }

    [Test]
    public async Task Every_page_leads_to_every_other()
    {
        var (person, _) = await SignedInAsync();
        foreach (var page in new[] { "/MyData", "/Report", "/Connect", "/Consent", "/Survey", "/Messages", "/Leave", "/Leave/Erase" })
        {
            await person.OpenAsync(page);

            Assert.That(person.Page.QuerySelectorAll("header nav a").Select(link => link.GetAttribute("href")), Is.EqualTo(new[] { "/MyData", "/Report", "/Connect", "/Consent", "/Survey", "/Messages", "/Leave" }), page);
        }
        person.Dispose();
    }

    [Test]
    public async Task Why_the_copying_stopped_is_said_until_something_is_changed()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var (person, member) = await SignedInAsync();
        await ConnectAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await QueryAsync<int?>(member, "insert into ingest.participant (participant_id, outcome, seen_change_at) select participant_id, 'site refused', changed_at from register.participant where participant_id = @participant");

        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Your Nightscout wants a token"));
        await ConnectAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("the next copy starts within a minute").And.Not.Contain("wants a token"));
        person.Dispose();
    }

    [TestCase(true, true, "both")]
    [TestCase(true, false, "openaps")]
    [TestCase(false, true, "nsf")]
    [TestCase(false, false, "none")]
    public async Task Each_choice_is_kept_in_the_ledger_and_in_the_account(bool openAps, bool nightscout, string projects)
    {
        var (person, member) = await SignedInAsync();
        await ChooseAsync(person, openAps, nightscout);

        await person.OpenAsync("/Consent");

        Assert.That(person.Page.QuerySelectorAll("input[type=checkbox]").Select(box => box.HasAttribute("checked")), Is.EqualTo(new[] { openAps, nightscout }), "and shown again");
        Assert.That(TextOf(member, "data_sharing_consent"), Is.EqualTo(projects));
        Assert.That(await QueryAsync<string>(member, "select string_agg(source || ' ' || projects, ', ' order by consent_id) from register.consent where participant_id = @participant"), Is.EqualTo($"page {projects}, file {projects}"));
        person.Dispose();
    }

    [Test]
    public async Task A_changed_mind_is_a_new_entry_and_replaces_the_file()
    {
        var (person, member) = await SignedInAsync();
        foreach (var openAps in new[] { true, false })
            await ChooseAsync(person, openAps, nightscout: false);

        Assert.That(TextOf(member, "data_sharing_consent"), Is.EqualTo("none"), "and there is only one file of the name");
        Assert.That(await QueryAsync<long>(member, "select count(*) from register.consent where participant_id = @participant"), Is.EqualTo(4));
        person.Dispose();
    }

    [Test]
    public async Task A_protected_site_is_saved_with_its_token_which_is_nowhere_in_clear()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { DefaultRole = "denied" });
        var token = site.AddToken();
        var (person, member) = await SignedInAsync();

        await ConnectAsync(person, $"{Sandbox.Sites.UrlOf(site)}?token={token}");

        Assert.That(TextOf(member, "nightscout_url"), Is.EqualTo(Sandbox.Sites.UrlOf(site).AbsoluteUri));
        Assert.That(await QueryAsync<string>(member, "select encode(token, 'escape') from register.nightscout_token where participant_id = @participant"), Does.Not.Contain(token));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("(with a token)").And.Not.Contain(token));
        person.Dispose();
    }

    [TestCase("", "Address", "Please give the address of your Nightscout site.")]
    [TestCase("ftp://example.com", "Address", "starts with https://")]
    [TestCase("https://not a site", "Address", "This is not a web address.")]
    [TestCase("https://example.com:25", "Address", "do not run on port 25")]
    [TestCase("http://10.0.0.1:1337", "Address", "private network")]
    [TestCase("http://169.254.169.254/latest/meta-data", "Address", "private network")]
    [TestCase("https://no-such-host.invalid", "Address", "There is no site of this name.")]
    [TestCase("http://127.0.0.1:{closed}", "Address", "does not accept the connection")]
    [TestCase("{openhumans}", "Address", "it is not a Nightscout")]
    [TestCase("{denied}", "Token", "Please give a token that may read it")]
    [TestCase("{denied}?token=reader-0123456789abcdef", "Token", "does not accept this token")]
    [TestCase("{readable}?token=reader-0123456789abcdef", "Token", "does not accept this token")]
    [TestCase("{denied}?token=my-secret-of-12-letters", "Token", "The API secret is no token")]
    [TestCase("{broken}", "Address", "has a problem at the moment")]
    public async Task A_site_that_cannot_be_read_is_answered_next_to_the_field_and_nothing_is_stored(string address, string field, string message)
    {
        var (denied, readable, broken) = (Sandbox.Sites.Add($"d-{Guid.NewGuid():N}", new() { DefaultRole = "denied" }), Sandbox.Sites.Add($"r-{Guid.NewGuid():N}"), Sandbox.Sites.Add($"b-{Guid.NewGuid():N}"));
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Site = broken.Name, Count = 10 });
        var (person, member) = await SignedInAsync();
        await person.OpenAsync("/Connect");
        address = address.Replace("{closed}", $"{FreePort.Next()}").Replace("{openhumans}", Sandbox.OpenHumansUrl.AbsoluteUri).Replace("{denied}", Sandbox.Sites.UrlOf(denied).AbsoluteUri)
            .Replace("{readable}", Sandbox.Sites.UrlOf(readable).AbsoluteUri).Replace("{broken}", Sandbox.Sites.UrlOf(broken).AbsoluteUri);

        await person.SubmitAsync("Look at my site", ("Address", address));

        Assert.That(person.Page.QuerySelector($"#{field.ToLowerInvariant()}-error")?.TextContent, Does.Contain(message));
        Assert.That(person.Page.QuerySelector($"#{field}")?.GetAttribute("aria-invalid"), Is.EqualTo("true"));
        Assert.That(person.Page.QuerySelector("#Address")?.GetAttribute("value") ?? "", Is.EqualTo(address), "what was typed stays");
        Assert.That(member.Files, Is.Empty);
        Assert.That(await QueryAsync<long>(member, "select count(*) from register.nightscout_token where participant_id = @participant"), Is.Zero);
        person.Dispose();
        Sandbox.Faults.Clear();
    }

    [Test]
    public async Task Nothing_is_stored_when_Open_Humans_fails_while_saving()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var token = site.AddToken();
        var (person, member) = await SignedInAsync();
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "*/upload/complete/", Member = member.Id });

        await ConnectAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri, token);

        Assert.That(person.Text, Does.Contain("Open Humans does not answer"));
        Assert.That(await QueryAsync<long>(member, "select count(*) from register.nightscout_token where participant_id = @participant"), Is.Zero);
        person.Dispose();
    }

    [Test]
    public async Task Signing_out_ends_the_session()
    {
        var (person, _) = await SignedInAsync();

        await person.SubmitAsync("Sign out");
        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("Sign in with Open Humans"));
        person.Dispose();
    }

    [Test]
    public async Task Whoever_does_not_allow_the_connection_is_told_and_nothing_is_set_up()
    {
        using var person = new WebSession(SiteUrl);
        var before = await CountAsync();
        await person.OpenAsync("/sign-in");

        await person.SubmitAsync("Cancel");

        Assert.That(person.Text, Does.Contain("You did not allow the connection on Open Humans"));
        Assert.That(await CountAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_callback_that_this_browser_did_not_start_is_refused()
    {
        var member = Sandbox.OpenHumans.AddMember();
        using var attacker = new WebSession(SiteUrl);
        await attacker.OpenAsync("/sign-in");
        var state = attacker.Page.QuerySelector("input[name=state]")!.GetAttribute("value");
        using var victim = new WebSession(SiteUrl);
        var before = await CountAsync();

        foreach (var query in new[] { $"code=abc&state={state}", "code=abc&state=guessed", "code=abc", "state=x" })
        {
            await victim.OpenAsync($"/openhumans/complete?{query}");
            Assert.That(victim.Text, Does.Contain("You are not signed in"), query);
        }
        Assert.That((await CountAsync(), member.Joined), Is.EqualTo((before, false)));
    }

    [Test]
    public async Task A_code_works_once()
    {
        var member = Sandbox.OpenHumans.AddMember();
        using var person = new WebSession(SiteUrl);
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Allow", ("member", member.Id));
        var callback = Sandbox.OpenHumans.Requests.Served.Count; // the exchange happened
        Assert.That(callback, Is.Positive);

        await person.OpenAsync("/openhumans/complete?code=used&state=used");

        Assert.That(person.Text, Does.Contain("You are not signed in"));
    }

    [Test]
    public async Task Signing_in_again_ends_a_suspension_and_keeps_the_participant()
    {
        var (first, member) = await SignedInAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        await member.LeaveAsync(erase: false);
        await first.OpenAsync("/MyData");
        Assert.That(first.Text, Does.Contain("Please sign in with Open Humans again"));
        Assert.That(await QueryAsync<bool>(member, "select suspended_at is not null from register.participant where participant_id = @participant"), Is.True);

        var (second, _) = await SignedInAsync(member);

        Assert.That(await QueryAsync<bool>(member, "select suspended_at is null from register.participant where participant_id = @participant"), Is.True);
        Assert.That(await QueryAsync<long>(member, "select @participant"), Is.EqualTo(participant));
        first.Dispose();
        second.Dispose();
    }

    [Test]
    public async Task Anyone_can_erase_a_member_by_number_D10()
    {
        var (person, member) = await SignedInAsync();

        foreach (var (body, signature) in new[] { ($$"""{"project_member_id": "{{member.Id}}", "erasure_requested": true}""", null), ($$"""{"project_member_id": "{{member.Id}}"}""", "sha1=0000"), ($"\"{{\\\"project_member_id\\\": \\\"{member.Id}\\\"}}\"", null) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/deauth", UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (signature is not null)
                request.Headers.Add("X-OpenHumans-Webhooks-Signature", signature);
            using var answer = await person.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await QueryAsync<bool>(member, "select suspended_at is null from register.participant where participant_id = @participant"), Is.True, "unsigned, it only makes us look");
        person.Dispose();
    }

    [Test]
    public async Task A_signed_webhook_suspends_at_once_and_may_come_twice()
    {
        var (person, member) = await SignedInAsync();

        foreach (var _ in new[] { 1, 2 })
        {
            var body = $$"""{"project_member_id": "{{member.Id}}", "erasure_requested": false}""";
            using var answer = await person.SendAsync(new(HttpMethod.Post, new Uri("/deauth", UriKind.Relative))
            {
                Content = new StringContent(body),
                Headers = { { "X-OpenHumans-Webhooks-Signature", $"sha1={Convert.ToHexStringLower(HMACSHA1.HashData("abcdefghijklmnop"u8, Encoding.UTF8.GetBytes(body)))}" } },
            });
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await QueryAsync<string>(member, "select suspended_because from register.participant where participant_id = @participant"), Is.EqualTo("left the project on open humans"));
        person.Dispose();
    }

    [TestCase("")]
    [TestCase("not json")]
    [TestCase("\"not json inside\"")]
    [TestCase("[]")]
    [TestCase("{\"project_member_id\": 12345678}")]
    public async Task A_webhook_that_makes_no_sense_is_a_bad_request(string body)
    {
        using var anybody = new WebSession(SiteUrl);
        using var answer = await anybody.SendAsync(new(HttpMethod.Post, new Uri("/deauth", UriKind.Relative)) { Content = new StringContent(body) });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Pages_of_a_participant_are_not_for_strangers()
    {
        using var stranger = new WebSession(SiteUrl);
        foreach (var path in new[] { "/MyData", "/Connect", "/Consent" })
        {
            await stranger.OpenAsync(path);
            Assert.That(stranger.Text, Does.Contain("Copy your Nightscout data to your own Open Humans account"), path);
        }
    }

    /// <summary>The one file whose name contains this.</summary>
    static string TextOf(Member member, string name) => Encoding.UTF8.GetString(member.Files.Single(file => file.Completed && file.Name.Contains(name)).Bytes.Span);

    async Task<long> CountAsync()
    {
        await using var connection = await Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("select count(*) from register.participant");
    }
}
