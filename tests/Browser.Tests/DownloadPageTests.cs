using DataManagementApp.Tests;
using Microsoft.Playwright;

namespace Browser.Tests;

/// <summary>How a researcher gets data, in a real browser: exports, releases, tokens and the documentation of the API.</summary>
public sealed class DownloadPageTests : BrowserTests
{
    sealed class PortalWorld : PortalFixture
    {
        protected override IEnumerable<string> Settings => ["--Portal:WithdrawalBeat=00:00:01"];
    }

    static readonly DateOnly Day = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-3);

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
    public async Task A_researcher_looks_at_a_sample_builds_a_file_and_downloads_it_and_hears_of_a_withdrawal()
    {
        var leaves = await _world.ParticipantAsync("both", Day, 288);
        await _world.ParticipantAsync("both", Day, 200);
        var page = await SignedInAsync("researcher");
        await LookAsync(page, "portal-exports-empty");

        await page.GetByLabel("Data", new() { Exact = true }).SelectOptionAsync("entries");
        await page.GetByLabel("Format").SelectOptionAsync("parquet");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show a sample and an estimate" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("about", new() { IgnoreCase = true });
        await LookAsync(page, "portal-exports-sample");
        await page.GetByRole(AriaRole.Button, new() { Name = "Build the file" }).ClickAsync();
        await page.Locator("a[download]").First.WaitForAsync();
        await LookAsync(page, "portal-exports-ready");
        var file = await page.RunAndWaitForDownloadAsync(() => page.Locator("a[download]").First.ClickAsync());
        Assert.That(file.SuggestedFilename, Does.StartWith("entries_").And.EndsWith(".zip"));

        await _world.WithdrawAsync(leaves);
        await _world.Mail.WaitAsync(await _world.QueryAsync<string>("select email from portal.app_users order by id desc limit 1"), "somebody withdrew");
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Withdrawn");
        await LookAsync(page, "portal-exports-withdrawn");
    }

    [Test]
    public async Task An_administrator_freezes_a_release_and_a_researcher_finds_it()
    {
        var leaves = await _world.ParticipantAsync("both", Day, 100);
        await _world.ParticipantAsync("both", Day, 50);
        var desk = await SignedInAsync("administrator");
        await OpenAtAsync(desk, "/releases");
        if (await desk.GetByText("There is none yet").IsVisibleAsync())
            await LookAsync(desk, "portal-releases-empty");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Make a release" }).ClickAsync();
        await desk.GetByRole(AriaRole.Button, new() { Name = "Freeze it" }).ClickAsync();
        await LookAsync(desk, "portal-new-release-missing");
        await desk.GetByLabel("Title").FillAsync("First release");
        await desk.GetByLabel("What is new").FillAsync("Everything, <b>for the first time</b>.");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Freeze it" }).ClickAsync();
        await LookAsync(desk, "portal-releases-building");
        await desk.GetByRole(AriaRole.Link, new() { Name = "1.0" }).WaitForAsync();

        var page = await SignedInAsync("researcher");
        await OpenAtAsync(page, "/releases");
        await LookAsync(page, "portal-releases");
        await page.GetByRole(AriaRole.Link, new() { Name = "1.0" }).ClickAsync();
        await page.Locator("details summary").ClickAsync();
        await LookAsync(page, "portal-release");
        Assert.That(await page.Locator("main b").CountAsync(), Is.Zero, "what was typed stays text");
        await page.RunAndWaitForDownloadAsync(() => page.Locator("details a[download]").First.ClickAsync());

        await _world.WithdrawAsync(leaves);
        for (var until = DateTime.UtcNow.AddSeconds(30); !await _world.QueryAsync<bool>("select exists (select from portal.release where minor = 1)"); await Task.Delay(100))
            Assert.That(DateTime.UtcNow, Is.LessThan(until));
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("reissued");
        await LookAsync(page, "portal-release-reissued");
    }

    [Test]
    public async Task A_researcher_makes_a_token_and_reads_the_documentation_of_the_API()
    {
        var page = await SignedInAsync("researcher");
        await OpenAtAsync(page, "/tokens");
        await LookAsync(page, "portal-tokens-empty");
        await page.GetByLabel("Name").FillAsync("laptop");
        await page.GetByLabel("Your password").FillAsync(PortalFixture.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        await LookAsync(page, "portal-tokens-made");
        await OpenAtAsync(page, "/tokens");
        await LookAsync(page, "portal-tokens");
        await OpenAtAsync(page, "/api/index.html");
        await page.GetByText("/api/v1/participants").First.WaitForAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, "portal-api.png") }); // Swagger UI is not ours to judge by axe
    }

    async Task<IPage> SignedInAsync(string role)
    {
        var email = PortalFixture.NewEmail();
        await _world.AddUserAsync(email, role, access: true);
        var page = await OpenAsync(new Uri(_world.Url, "/sign-in").AbsoluteUri);
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(PortalFixture.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        return page;
    }

    Task<IResponse?> OpenAtAsync(IPage page, string path) => page.GotoAsync(new Uri(_world.Url, path).AbsoluteUri);
}
