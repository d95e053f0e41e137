using Microsoft.Playwright;
using Sandbox;

namespace Browser.Tests;

/// <summary>Each page of the registration site in each of its states.</summary>
public sealed class RegistrationPageTests : BrowserTests
{
    [Test]
    public async Task Welcome() => await LookAsync(await OpenAsync("/"), "welcome");

    [Test]
    public async Task No_such_page() => await LookAsync(await OpenAsync("/nowhere"), "not-found");

    [Test]
    public async Task Half_a_year_is_copied()
    {
        var site = Sandbox.Sites.Add(Synthetic.Site(Uploader.Aaps, seed: 3, days: 180, DateTimeOffset.UtcNow));
        var (page, _) = await SignInAsync();
        await ConnectAsync(page, site);
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-waiting");

        await CopyAsync();
        await GoAsync(page, "/MyData");
        await LookAsync(page, "my-data-copied");
        await GoAsync(page, "/Report");
        await LookAsync(page, "report");
        await GoAsync(page, "/Report?days=90&unit=mmol");
        await LookAsync(page, "report-mmol");
    }

    async Task ConnectAsync(IPage page, NightscoutSite site)
    {
        await GoAsync(page, "/Connect");
        await page.Locator("#Address").FillAsync(Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await page.GetByRole(AriaRole.Button, new() { Name = "Look at my site" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, copy this site" }).ClickAsync();
        await page.WaitForURLAsync(new Uri(SiteUrl, "/Consent").AbsoluteUri);
    }

    [Test]
    public async Task Nothing_given_yet()
    {
        var (page, _) = await SignInAsync();
        await LookAsync(page, "my-data-new");
        await GoAsync(page, "/Report");
        await LookAsync(page, "report-empty");
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
        await page.GetByRole(AriaRole.Button, new() { Name = "Save my answers" }).ClickAsync();
        await LookAsync(page, "survey-wrong");
        await page.Locator("#Height").FillAsync("180");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save my answers" }).ClickAsync();
        await LookAsync(page, "survey");
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
