using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NightscoutIngester;
using RegistrationSite;
using Sandbox;

namespace Browser.Tests;

/// <summary>Each page of the registration site in each of its states.</summary>
public sealed class RegistrationPageTests : BrowserTests
{
    [TearDown]
    public void Heal() => Sandbox.Faults.Clear();

    [Test]
    public async Task Welcome() => await LookAsync(await OpenAsync("/"), "welcome");

    [Test]
    public async Task No_such_page() => await LookAsync(await OpenAsync("/nowhere"), "not-found");

    [Test]
    public async Task A_form_that_is_too_old()
    {
        var (page, _) = await SignInAsync();
        await GoAsync(page, "/Leave/Pause");
        await page.Context.ClearCookiesAsync(new() { NameRegex = new("[Aa]ntiforgery|forgery|csrf") });
        await page.Locator("[name=__RequestVerificationToken]").Last.EvaluateAsync("field => field.value = 'forged'");
        await PressAsync(page, "Pause now");
        await LookAsync(page, "form-too-old", "This form is too old");
    }

    [Test]
    public async Task Too_many_downloads()
    {
        var (page, _) = await SignInAsync();
        for (var download = 0; download < 5; download++)
            await page.EvaluateAsync("async () => (await (await fetch('/my-data.zip')).arrayBuffer()).byteLength");
        await GoAsync(page, "/my-data.zip");
        await LookAsync(page, "too-many", "Too many tries");
    }

    [Test]
    public async Task Signing_in_is_refused()
    {
        var page = await OpenAsync("/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await LookAsync(page, "sign-in-refused", "You are not signed in");
        await GoAsync(page, "/openhumans/complete?code=old&state=old");
        await LookAsync(page, "sign-in-stale", "too long ago");
    }

    [Test]
    public async Task Open_Humans_is_away()
    {
        var (page, member) = await SignInAsync();
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Member = member.Id, Path = "/api/*", Count = 100 });
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-open-humans-away", "Open Humans does not answer");
        await GoAsync(page, "/Connect");
        await LookAsync(page, "open-humans-away", "Open Humans does not answer");
    }

    [Test]
    public async Task Connect_before_and_after_looking()
    {
        var (page, _) = await SignInAsync();
        await GoAsync(page, "/Connect");
        await LookAsync(page, "connect");
        await page.Locator("#token-guide summary").ClickAsync();
        await LookAsync(page, "connect-token-steps");

        var open = Sandbox.Sites.Add(Synthetic.Site(Uploader.Loop, seed: 5, days: 20, DateTimeOffset.UtcNow));
        await GlanceAsync(page, Sandbox.Sites.UrlOf(open).AbsoluteUri);
        await LookAsync(page, "connect-found-public", "Anybody who knows this address can read the site");
        await page.GetByText("How to protect it").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "make a token" }).ClickAsync();
        await Assertions.Expect(page.Locator("#token-steps")).ToBeVisibleAsync(); // it was folded
        await GlanceAsync(page, Sandbox.Sites.UrlOf(open).AbsoluteUri, open.AddToken());
        await page.GetByText("How to protect it").ClickAsync();
        await page.GetByText("What else we found").ClickAsync();
        await LookAsync(page, "connect-found-public-with-token", "readable with the token that you gave");

        var closed = NewSite(new() { DefaultRole = "denied", Units = "mmol" });
        await GlanceAsync(page, Sandbox.Sites.UrlOf(closed).AbsoluteUri, closed.AddToken());
        await LookAsync(page, "connect-found-empty", "who has a token");
        await PressAsync(page, "Yes, copy this site");
        await GoAsync(page, "/Connect");
        await LookAsync(page, "connect-again", "At present we copy from");
    }

    [Test]
    public async Task The_way_back_leads_through_all_that_was_seen()
    {
        var (page, member) = await SignInAsync();
        await GlanceAsync(page, "my site");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("This is not a web address");
        await page.Locator("#Address").FillAsync(Sandbox.Sites.UrlOf(NewSite()).AbsoluteUri);
        await PressAsync(page, "Look at my site");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Is this your site?");
        await page.GoBackAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("This is not a web address");
        await page.GoForwardAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Is this your site?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, copy this site" }).DblClickAsync();
        await ArriveAsync(page, "/Consent");
        await page.GoBackAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("At present we copy from");
        Assert.That(member.Files.Count(file => file.Completed), Is.EqualTo(1));
    }

    [TestCase("nothing", "", "Please give the address")]
    [TestCase("malformed", "my site", "This is not a web address")]
    [TestCase("long", "https://a-very-long-name-of-a-site-that-somebody-made-for-a-child.no-such-site.invalid/a/path/without/any/place/to/break/it", "There is no site of this name")]
    [TestCase("port", "https://my-site.example.com:6379", "do not run on port 6379")]
    [TestCase("private", "http://192.168.1.7", "private network")]
    [TestCase("unknown", "https://no-such-site.invalid", "There is no site of this name")]
    [TestCase("unreachable", "http://127.0.0.1:1337", "no site answers")]
    public async Task An_address_that_cannot_be_used(string name, string address, string message)
    {
        var (page, _) = await SignInAsync();
        await GlanceAsync(page, address);
        await LookAsync(page, $"connect-{name}", message);
    }

    [TestCase("asleep", FaultKind.Status, 503, "asleep")]
    [TestCase("failing", FaultKind.Status, 500, "has a problem at the moment")]
    [TestCase("moved", FaultKind.Status, 301, "sends us on to another one")]
    [TestCase("lying", FaultKind.HtmlPage, 200, "it is not a Nightscout")]
    [TestCase("slow", FaultKind.Delay, 200, "did not answer in time")]
    public async Task A_site_that_does_not_do_as_it_should(string name, FaultKind kind, int status, string message)
    {
        var site = NewSite();
        Sandbox.Faults.Add(new() { Kind = kind, Status = status, Site = site.Name, Delay = TimeSpan.FromSeconds(40), Count = 100 });
        var (page, _) = await SignInAsync();
        page.SetDefaultTimeout(120_000);
        await GlanceAsync(page, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await LookAsync(page, $"connect-{name}", message);
    }

    [Test]
    public async Task A_site_whose_certificate_is_not_valid()
    {
        using var site = new TlsServer();
        var (page, _) = await SignInAsync();
        await GlanceAsync(page, site.Url.AbsoluteUri);
        await LookAsync(page, "connect-certificate", "its certificate is not valid");
    }

    [Test]
    public async Task Too_many_addresses()
    {
        var (page, member) = await SignInAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        for (var attempt = 0; attempt < AddressTries.PerMember; attempt++)
            Services.GetRequiredService<AddressTries>().Take(participant, null, $"10.0.0.{attempt}");
        await GlanceAsync(page, "https://my-site.example.com");
        await LookAsync(page, "connect-too-many", "wait ten minutes");
    }

    [Test]
    public async Task A_site_that_wants_a_token()
    {
        var site = NewSite(new() { DefaultRole = "denied" });
        var (page, _) = await SignInAsync();
        await GlanceAsync(page, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await LookAsync(page, "connect-wants-token", "Your Nightscout is protected");
        await GlanceAsync(page, Sandbox.Sites.UrlOf(site).AbsoluteUri, "wrong-0123456789abcdef");
        await LookAsync(page, "connect-wrong-token", "does not accept this token");
        await GlanceAsync(page, Sandbox.Sites.UrlOf(site).AbsoluteUri, "my-secret-of-12-letters");
        await LookAsync(page, "connect-secret", "The API secret is no token");
    }

    [Test]
    public async Task Consent()
    {
        var (page, _) = await SignInAsync();
        await GoAsync(page, "/Consent");
        await LookAsync(page, "consent");
        await page.Locator("#OpenAps").CheckAsync();
        await PressAsync(page, "Save my choice");
        await LookAsync(page, "consent-who", "Please say who you are");
        await page.Locator("#given-by-guardian").CheckAsync();
        await LookAsync(page, "consent-guardian");
        await PressAsync(page, "Save my choice");
        await LookAsync(page, "my-data-consent-saved", "you share with the OpenAPS Data Commons");
        await GoAsync(page, "/Consent");
        await LookAsync(page, "consent-history", "What you chose so far");
        await PressAsync(page, "Stop sharing with everybody");
        await LookAsync(page, "consent-stop", "Stop sharing with everybody?");
    }

    [Test]
    public async Task Nothing_given_yet()
    {
        var (page, _) = await SignInAsync();
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-new");
        await GoAsync(page, "/Report");
        await LookAsync(page, "report-empty");
        await page.Locator("nav summary").ClickAsync();
        await LookAsync(page, "menu", "No readings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await LookAsync(page, "signed-out", "You are signed out");
    }

    [Test]
    public async Task Half_a_year_is_copied()
    {
        var site = Sandbox.Sites.Add(Synthetic.Site(Uploader.Aaps, seed: 3, days: 180, DateTimeOffset.UtcNow));
        var (page, member) = await SignInAsync();
        await ConnectAsync(page, site);
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-waiting");

        await CopyAsync();
        await DeliverAsync(member);
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-copied", "Who received your data");
        await page.GetByText("Every day as a table").ClickAsync();
        await LookAsync(page, "my-data-coverage-table");
        await GoAsync(page, "/Report");
        await LookAsync(page, "report");
        await page.GetByText("The pattern as a table").ClickAsync();
        await LookAsync(page, "report-pattern-table");
        await GoAsync(page, "/Report?days=90&unit=mmol");
        await LookAsync(page, "report-mmol");
    }

    [Test]
    public async Task A_report_on_little_data()
    {
        var site = Sandbox.Sites.Add(Synthetic.Site(Uploader.XDrip, seed: 4, days: 3, DateTimeOffset.UtcNow));
        var (page, _) = await SignInAsync();
        await ConnectAsync(page, site);
        await CopyAsync();
        await GoAsync(page, "/Report");
        await page.GetByText("What GMI, variation and a day are").ClickAsync();
        await LookAsync(page, "report-little", "Your data begins on");
    }

    [Test]
    public async Task Each_way_a_copy_can_end()
    {
        var (page, member) = await SignInAsync();
        await ConnectAsync(page, NewSite());
        foreach (var cause in Enum.GetValues<Cause>().Where(cause => cause is not Cause.Success))
        {
            await EndedAsync(member, cause.Name());
            await GoAsync(page, "/MyData");
            await LookAsync(page, $"my-data-{cause.Name().Replace(' ', '-')}");
        }
    }

    [Test]
    public async Task Open_Humans_does_not_know_our_permission()
    {
        var (page, member) = await SignInAsync();
        await member.LeaveAsync(erase: false);
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-sign-in-again", "Sign in with Open Humans");
        await GoAsync(page, "/Connect");
        await LookAsync(page, "sign-in-again", "Please sign in with Open Humans again");
    }

    [Test]
    public async Task Leaving()
    {
        var (page, member) = await SignInAsync();
        await ConnectAsync(page, NewSite());
        await page.Locator("#OpenAps").CheckAsync();
        await page.Locator("#given-by-self").CheckAsync();
        await PressAsync(page, "Save my choice");

        await GoAsync(page, "/Leave");
        await LookAsync(page, "leave");
        await GoAsync(page, "/Leave/Pause");
        await LookAsync(page, "leave-pause");
        await PressAsync(page, "Pause now");
        await LookAsync(page, "leave-paused", "Copying is paused");
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-paused", "Copying is paused");
        await GoAsync(page, "/Leave/Withdraw");
        await LookAsync(page, "leave-withdraw");
        await PressAsync(page, "Stop sharing now");
        await LookAsync(page, "leave-withdrawn", "You share with nobody");
        await GoAsync(page, "/Leave/Erase");
        await LookAsync(page, "leave-erase");

        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Member = member.Id, Path = "*/files/delete/", Count = 100 });
        await page.Locator("[name=DeleteFiles][type=checkbox]").CheckAsync();
        await PressAsync(page, "Erase everything now");
        await LookAsync(page, "leave-erase-failed", "No file of your Open Humans account is deleted yet");
        Sandbox.Faults.Clear();
        await PressAsync(page, "Erase everything now");
        await LookAsync(page, "gone-going", "Being erased");
        foreach (var role in new[] { "nightscout_ingester", "data_management_app", "open_humans_etl" })
            await ReportErasedAsync(role, Guid.Parse(new Uri(page.Url).Segments[^1]));
        await page.ReloadAsync();
        await LookAsync(page, "gone", "Everything is erased");
    }

    [Test]
    public async Task Joining_needs_no_JavaScript()
    {
        var (page, member) = await SignInAsync(javaScript: false);
        await ConnectAsync(page, NewSite());
        await page.Locator("#OpenAps").CheckAsync();
        await page.Locator("#given-by-self").CheckAsync();
        await PressAsync(page, "Save my choice");

        Assert.That(await page.Locator("main").InnerTextAsync(), Does.Contain("you share with the OpenAPS Data Commons").And.Contain("The first copy starts within a minute"));
        Assert.That(member.Files.Count(file => file.Completed), Is.EqualTo(2), "address and choice");
    }

    NightscoutSite NewSite(SiteOptions? options = null) => Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", options);

    /// <summary>And it says what is expected there, so that no picture is of another state.</summary>
    async Task LookAsync(IPage page, string name, string words)
    {
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(words, new() { Timeout = 60_000 });
        await LookAsync(page, name);
    }

    static Task PressAsync(IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    async Task GlanceAsync(IPage page, string address, string token = "")
    {
        await GoAsync(page, "/Connect");
        await page.Locator("#Address").FillAsync(address);
        await page.Locator("#Token").FillAsync(token);
        await PressAsync(page, "Look at my site");
    }

    async Task ConnectAsync(IPage page, NightscoutSite site)
    {
        await GlanceAsync(page, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await PressAsync(page, "Yes, copy this site");
        await ArriveAsync(page, "/Consent");
    }

    async Task EndedAsync(Member member, string outcome)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into ingest.participant (participant_id, outcome, seen_change_at, failed_since, succeeded_at, due_at, zone)
            select participant_id, @outcome, changed_at, now() - interval '3 hours', now() - interval '1 day', now() + interval '20 hours', 'Europe/Berlin' from register.participant where project_member_id = @Id
                on conflict (participant_id) do update set outcome = excluded.outcome, seen_change_at = excluded.seen_change_at, failed_since = excluded.failed_since, due_at = excluded.due_at
            """, new { member.Id, outcome });
    }

    async Task DeliverAsync(Member member)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            with u as (insert into portal.app_users (email) values ('researcher@example.org') returning id),
                 g as (insert into portal.access_grant (user_id, openaps, nsf, secret_hash, sealed_secret, expires_at, study)
                       select id, true, true, 'x', 'x', now() + interval '1 day', 'Nights and mornings with closed loops of all kinds, by age' from u returning grant_id)
            insert into portal.delivery (participant_id, grant_id, downloads) select participant_id, grant_id, 1234 from register.participant, g where project_member_id = @Id
            """, new { member.Id });
    }

    async Task ReportErasedAsync(string role, Guid receipt)
    {
        await using var db = OpenAs(role);
        await using var connection = await db.OpenConnectionAsync();
        await connection.ExecuteAsync("select register.report_erased(@receipt)", new { receipt });
    }

    [Test]
    public async Task Messages_and_survey()
    {
        var (page, _) = await SignInAsync();
        await GoAsync(page, "/Messages");
        await LookAsync(page, "messages");
        await GoAsync(page, "/Survey");
        await LookAsync(page, "survey-not-shared");
        await GoAsync(page, "/Consent");
        await page.Locator("#given-by-self").CheckAsync();
        await page.Locator("#OpenAps").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save my choice" }).ClickAsync();
        await GoAsync(page, "/Survey");
        await page.Locator("#Height").FillAsync("9");
        await page.GetByLabel("Trio").CheckAsync();
        await page.GetByLabel("None", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save my answers" }).ClickAsync();
        await LookAsync(page, "survey-wrong");
        await page.GetByLabel("None", new() { Exact = true }).UncheckAsync();
        await page.Locator("#Height").FillAsync("");
        await page.Locator("#HeightFeet").FillAsync("5");
        await page.Locator("#HeightInches").FillAsync("11");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save my answers" }).ClickAsync();
        await LookAsync(page, "survey");
    }

    /// <summary>The data dictionary is a page of the other site; the style is the same.</summary>
    [Test]
    public async Task Long_names_in_the_data_dictionary_are_no_wider_than_a_phone()
    {
        var page = await OpenAsync("/");
        await page.SetViewportSizeAsync(320, 640);
        await page.EvaluateAsync("""
            document.querySelector('main').innerHTML = ['of-columns', 'of-fields'].map(kind => `<table class="dictionary ${kind}"><thead><tr><th scope="col">Name</th></tr></thead><tbody><tr>
                <th scope="row">openaps_suggested_predicted_glucose_of_unannounced_meals_and_more</th>${'<td>double_precision_or_whatever_it_is_called_there</td>'.repeat(5)}</tr></tbody></table>`).join('')
            """);
        Assert.That(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.EqualTo(320));
    }

    [Test]
    public async Task Membership_ended()
    {
        var (page, member) = await SignInAsync();
        await member.LeaveAsync(erase: false);
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-membership-ended");
    }
}
