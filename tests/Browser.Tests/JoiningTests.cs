using Dapper;
using Microsoft.Playwright;
using Sandbox;

namespace Browser.Tests;

/// <summary>What somebody reads and presses from the first page until their data is being copied.</summary>
public sealed class JoiningTests : BrowserTests
{
    [Test]
    public async Task A_newcomer_reads_and_presses_little_until_the_data_is_being_copied()
    {
        var site = Sandbox.Sites.Add(Synthetic.Site(Uploader.Loop, seed: 6, days: 3, DateTimeOffset.UtcNow));
        var member = Sandbox.OpenHumans.AddMember();
        var (read, clicks) = (new List<(string Page, int Words)>(), 0);
        var page = await OpenAsync("/");

        await ReadAsync("welcome");
        await ClickAsync(page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Open Humans" }).First);
        await page.Locator($"[name=member][value=\"{member.Id}\"]").CheckAsync(); // who is signed in there already does not choose
        await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Allow" }));
        await ReadAsync("connect");
        await ClickAsync(page.Locator("#Address"));
        await page.Locator("#Address").FillAsync(Sandbox.Sites.UrlOf(site).AbsoluteUri);
        await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Look at my site" }));
        await ReadAsync("found");
        await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Yes, copy this site" }));
        await ArriveAsync(page, "/Consent");
        await using (var connection = await Owner.OpenConnectionAsync()) // as the loader does within minutes, and somebody may read for longer
            await connection.ExecuteAsync("select register.record_consent(@Id, 'file', 'none', 'file missing')", new { member.Id });
        await page.ReloadAsync();
        await ReadAsync("consent");
        await ClickAsync(page.Locator("#given-by-self"));
        await ClickAsync(page.Locator("#OpenAps"));
        await ClickAsync(page.GetByRole(AriaRole.Button, new() { Name = "Save my choice" }));
        await ReadAsync("my-data");
        await Assertions.Expect(page.Locator("#copying")).ToContainTextAsync("Your data is being copied");
        TestContext.Out.WriteLine($"{string.Join(", ", read)}; {read.Sum(page => page.Words)} words, {clicks} clicks");
        Assert.Multiple(() =>
        {
            Assert.That(read[0].Words, Is.LessThan(250), "the first page");
            Assert.That(read.Max(page => page.Words), Is.EqualTo(read[0].Words), "no later page is longer");
            Assert.That(read.Sum(page => page.Words), Is.LessThan(600), string.Join(", ", read));
            Assert.That(clicks, Is.LessThan(9));
        });

        async Task ReadAsync(string name) => read.Add((name, (await page.Locator("main").InnerTextAsync()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length));

        async Task ClickAsync(ILocator what)
        {
            clicks++;
            await what.ClickAsync();
        }
    }
}
