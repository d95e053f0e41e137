using System.Globalization;
using DataManagementApp.Accounts;
using DataManagementApp.Tests;
using Microsoft.Playwright;

namespace Browser.Tests;

/// <summary>The way of a researcher through the portal, in a real browser, with the mails caught.</summary>
public sealed class ResearcherTests : BrowserTests
{
    sealed class PortalWorld : PortalFixture
    {
        protected override IEnumerable<string> Settings => ["--Portal:AdministratorsNeedSecondFactor=true", "--Portal:Services:nightscout-ingester=http://127.0.0.1:9/", $"--Portal:Services:data-management-app-2={Url}"];
    }

    PortalWorld _world = null!;

    protected override IEnumerable<string> MoreHosts => [_world.Url.Authority];

    [OneTimeSetUp]
    public Task StartPortal() => (_world = new()).Start();

    [OneTimeTearDown]
    public async Task StopPortal()
    {
        if (_world is not null)
            await _world.Stop();
    }

    [Test]
    public async Task The_whole_life_of_an_application()
    {
        var (email, admin) = (PortalFixture.NewEmail(), PortalFixture.NewEmail());
        await _world.AddUserAsync(admin, "administrator");

        // The administrator sets the second factor up.
        var desk = await AtAsync("/sign-in");
        await LookAsync(desk, "portal-sign-in");
        await SignInAsync(desk, admin, PortalFixture.Password);
        await LookAsync(desk, "portal-second-factor-set-up");
        await desk.GetByLabel("Code that the app shows now").FillAsync(Code(await desk.Locator("code.key").InnerTextAsync()));
        await PressAsync(desk, "Go on");
        await LookAsync(desk, "portal-recovery-codes");
        var recovery = await desk.Locator(".codes code").First.InnerTextAsync();
        await desk.GetByRole(AriaRole.Link, new() { Name = "I have written them down" }).ClickAsync();
        await LookAsync(desk, "portal-account");

        // Somebody applies, is told what is missing, and confirms with the code on a phone.
        var page = await AtAsync("/conditions");
        await LookAsync(page, "portal-conditions");
        await page.GetByLabel("I have read the conditions").CheckAsync();
        await PressAsync(page, "Go on to the application");
        await PressAsync(page, "Send the application");
        await LookAsync(page, "portal-apply-missing");
        await FillInAsync(page, email);
        await PressAsync(page, "Send the application");
        await LookAsync(page, "portal-code");
        var confirm = await _world.Mail.WaitAsync(email, "Please confirm your e-mail address");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Code").FillAsync(confirm.Code!);
        await PressAsync(page, "Go on");
        await LookAsync(page, "portal-confirm");
        await PressAsync(page, "Yes, this is my address");
        await LookAsync(page, "portal-application");

        // The administrator asks, the applicant answers, the administrator approves less than was asked for.
        await desk.GotoAsync((await _world.Mail.WaitAsync(admin, "An application waits for review")).Links[0].AbsoluteUri);
        await desk.GetByLabel("Ask or tell the applicant").FillAsync("Where will it be published?");
        await PressAsync(desk, "Send the message");
        await page.GotoAsync((await _world.Mail.WaitAsync(email, "The reviewers of your application wrote")).Links[0].AbsoluteUri);
        await page.GetByLabel("Write to the reviewers").FillAsync("In an open journal.");
        await PressAsync(page, "Send the message");
        await desk.GotoAsync((await _world.Mail.WaitAsync(admin, "An applicant wrote")).Links[0].AbsoluteUri);
        await LookAsync(desk, "portal-review-application");
        await desk.GetByLabel("the Nightscout Data Commons").UncheckAsync();
        await desk.GetByLabel("For", new() { Exact = true }).SelectOptionAsync("3");
        await PressAsync(desk, "Approve");
        await LookAsync(desk, "portal-review");

        // The researcher chooses a password and is in.
        var approval = await _world.Mail.WaitAsync(email, "You have access to the data");
        Assert.That(approval.Text, Does.Contain("the OpenAPS Data Commons, for this study"));
        await page.GotoAsync(approval.Links[0].AbsoluteUri);
        await LookAsync(page, "portal-choose-password");
        await ChoosePasswordAsync(page);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Download data");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("the OpenAPS Data Commons, until");

        // The access nearly ends and is renewed.
        await _world.OwnerAsync("update portal.access_grant set expires_at = now() + interval '10 days' where user_id = (select id from portal.app_users where email = @email)", new { email });
        await OpenPathAsync(page, "/studies");
        await LookAsync(page, "portal-studies");
        await page.GetByRole(AriaRole.Link, new() { Name = "Ask for a renewal" }).ClickAsync();
        await page.GetByLabel("I have read the conditions").CheckAsync();
        await PressAsync(page, "Go on to the application");
        await LookAsync(page, "portal-renew");
        Assert.That(await page.GetByLabel("Purpose of the study").InputValueAsync(), Is.EqualTo("How nights change with a new controller"));
        await PressAsync(page, "Send the application");
        await OpenPathAsync(desk, "/review");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Ada Example" }).First.ClickAsync();
        await PressAsync(desk, "Approve");
        await OpenPathAsync(page, "/studies");
        await Assertions.Expect(page.GetByText("You work in this one")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Ask for a renewal" })).ToBeHiddenAsync();

        // Then it ends for good.
        await OpenPathAsync(desk, "/administration/users");
        await LookAsync(desk, "portal-users");
        await desk.GetByRole(AriaRole.Link, new() { Name = email }).ClickAsync();
        await LookAsync(desk, "portal-user");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Revoke" }).First.ClickAsync();
        await LookAsync(desk, "portal-user-revoke");
        await desk.GetByRole(AriaRole.Link, new() { Name = "No, go back" }).ClickAsync();
        await desk.GetByRole(AriaRole.Link, new() { Name = "Deactivate", Exact = true }).ClickAsync();
        await LookAsync(desk, "portal-user-deactivate");
        await PressAsync(desk, "Yes, deactivate");
        await LookAsync(desk, "portal-user-deactivated");
        await OpenPathAsync(page, "/exports");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");

        // They apply again, and are refused with a reason.
        await OpenPathAsync(page, "/conditions");
        await page.GetByLabel("I have read the conditions").CheckAsync();
        await PressAsync(page, "Go on to the application");
        await FillInAsync(page, email);
        await PressAsync(page, "Send the application");
        var again = await _world.Mail.WaitAsync(email, "Please confirm your e-mail address", after: approval.Number);
        await page.GotoAsync(again.Links[0].AbsoluteUri);
        await PressAsync(page, "Yes, this is my address");
        await OpenPathAsync(desk, "/review");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Ada Example" }).First.ClickAsync();
        await Assertions.Expect(desk.Locator("main")).ToContainTextAsync("was deactivated by an administrator");
        await PressAsync(desk, "Refuse");
        await LookAsync(desk, "portal-review-problem");
        await desk.GetByLabel("Reason, as the applicant reads it").FillAsync("Please say what became of the first study.");
        await PressAsync(desk, "Refuse");
        Assert.That((await _world.Mail.WaitAsync(email, "Your application was not approved")).Text, Does.Contain("what became of the first study"));
        await page.ReloadAsync();
        await LookAsync(page, "portal-application-refused");

        // The administrator signs in again, with a recovery code.
        await PressAsync(desk, "Sign out");
        await SignInAsync(desk, admin, PortalFixture.Password);
        await LookAsync(desk, "portal-second-factor");
        await desk.GetByLabel("Code of your app").FillAsync(recovery);
        await PressAsync(desk, "Sign in");
        foreach (var (path, name) in new[] { ("/administration", "administration"), ("/administration/loading", "loading"), ("/administration/mails", "mails"), ("/administration/services", "services"),
            ("/administration/settings", "settings"), ("/administration/audit", "audit"), ("/administration/alerts", "alerts"), ("/copying", "copying") })
        {
            await OpenPathAsync(desk, path);
            await LookAsync(desk, $"portal-{name}");
        }
    }

    [Test]
    public async Task Pages_that_say_what_did_not_work()
    {
        var page = await AtAsync("/forgot");
        await LookAsync(page, "portal-forgot");
        foreach (var (path, name) in new[] { ("/confirm?token=x", "confirm-old"), ("/application?token=x", "application-unknown"), ("/invitation?token=x", "invitation-old"), ("/code", "code-empty"), ("/no-such-page", "not-found") })
        {
            await OpenPathAsync(page, path);
            await LookAsync(page, $"portal-{name}");
        }
        await _world.OwnerAsync("""
            insert into openaps.load_state (participant_id, outcome, due_at, failed_since) values (71, 'FileDamaged', now() + interval '5 hours', now() - interval '3 days'), (72, 'Loaded', now() + interval '1 hour', null);
            insert into openaps.load_run (participant_id, outcome, started_at, files, lines_read, rows_loaded, rows_unchanged, rows_quarantined) values (72, 'Loaded', now() - interval '5 seconds', 3, 1234000, 1200, 2790, 10);
            insert into ingest.participant (participant_id, outcome, due_at, failed_since, failures, clock_skew_seconds, clock_seen_at) values (71, 'site refused', now() + interval '9 years', now() - interval '3 days', 2, 720, now());
            insert into portal.alert (cause, text, count, began_at, seen_at, told_at, ended_at) values
                ('copying: unexpected', '2 participants are not copied for more than 6 hours: unexpected. To act: you: see the log of nightscout-ingester.', 2, now() - interval '3 hours', now(), now() - interval '2 hours', null),
                ('health: clock', 'nightscout-ingester, open-humans-etl: this machine''s clock is 45 s behind, by what Open Humans and participants'' sites answered; set it by NTP (timedatectl).', 2, now() - interval '2 minutes', now(), null, null),
                ('mails wait', '3 mails wait for more than 3 hours. Why: page Mails.', 3, now() - interval '2 days', now() - interval '40 hours', now() - interval '2 days', now() - interval '40 hours');
            insert into portal.mail (kind, recipient, subject, state, attempts, problem) values ('receipt', 'somebody.with.a.long.name@institute.example.org', 'x', 'failed', 14, 'no connection to the mail server, or it broke off');
            """);
        var admin = PortalFixture.NewEmail();
        var id = await _world.AddUserAsync(admin, "administrator");
        var secret = (await _world.Service<SecondFactor>().BeginAsync(id, default))!;
        var codes = await _world.Service<SecondFactor>().ConfirmAsync(id, Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow)), default);
        await OpenPathAsync(page, "/sign-in");
        await SignInAsync(page, admin, PortalFixture.Password);
        await page.GetByLabel("Code of your app").FillAsync(codes![0]);
        await PressAsync(page, "Sign in");
        foreach (var (path, name) in new[] { ("/administration/alerts", "alerts-open"), ("/administration/loading", "loading-failing"), ("/copying", "copying-failing"), ("/administration/mails?state=failed", "mails-failed"), ("/administration/audit?who=nobody", "audit-nothing") })
        {
            await OpenPathAsync(page, path);
            await LookAsync(page, $"portal-{name}");
        }
        await OpenPathAsync(page, "/administration/loading");
        await page.Locator("details summary").ClickAsync();
        await LookAsync(page, "portal-loading-runs");
    }

    Task<IPage> AtAsync(string path) => OpenAsync(new Uri(_world.Url, path).AbsoluteUri);

    Task<IResponse?> OpenPathAsync(IPage page, string path) => page.GotoAsync(new Uri(_world.Url, path).AbsoluteUri);

    static Task PressAsync(IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    static async Task SignInAsync(IPage page, string email, string password)
    {
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await PressAsync(page, "Sign in");
    }

    static async Task ChoosePasswordAsync(IPage page)
    {
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(PortalFixture.Password);
        await page.GetByLabel("The same again").FillAsync(PortalFixture.Password);
        await PressAsync(page, "Save and sign in");
    }

    static async Task FillInAsync(IPage page, string email)
    {
        await page.GetByLabel("Your name").FillAsync("Ada Example");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Phone").FillAsync("+1 555 0100");
        await page.GetByLabel("Organisation").FillAsync("Institute of Examples");
        await page.GetByLabel("Yes", new() { Exact = true }).CheckAsync();
        await page.GetByLabel("the OpenAPS Data Commons").CheckAsync();
        await page.GetByLabel("the Nightscout Data Commons").CheckAsync();
        await page.GetByLabel("Purpose of the study").FillAsync("How nights change with a new controller");
        await page.GetByLabel("Description").FillAsync("We compare four weeks before and after the change.\nTwo of us work on it; it will be published openly.");
    }

    /// <summary>As an app makes it of the key on the page.</summary>
    static string Code(string key)
    {
        const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(key.Where(char.IsLetterOrDigit).Select(letter => Convert.ToString(Base32.IndexOf(letter), 2).PadLeft(5, '0')));
        var secret = bits.Chunk(8).Where(part => part.Length == 8).Select(part => byte.Parse(new string(part), NumberStyles.BinaryNumber, CultureInfo.InvariantCulture)).ToArray();
        return Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow));
    }
}
