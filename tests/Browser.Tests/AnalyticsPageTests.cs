using DataManagementApp.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Playwright;
using Sandbox;
using Testing;

namespace Browser.Tests;

/// <summary>The charts in a real browser.</summary>
public sealed class AnalyticsPageTests : BrowserTests
{
    ChartWorld _world = null!;
    string[] _more = [];

    protected override IEnumerable<string> MoreHosts => [_world.Url.Authority, .. _more];

    [OneTimeSetUp]
    public async Task StartPortal() => _world = await ChartWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopPortal()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [TestCase("cohort", 6)]
    [TestCase("entries", 5)]
    [TestCase("treatments", 6)]
    [TestCase("demographics", 5)]
    public async Task Charts_are_drawn_on_every_screen_and_the_page_is_sound(string topic, int charts)
    {
        var page = await ReadAsync($"/analytics/{topic}");
        await page.Locator($"[data-drawn='{charts}']").WaitForAsync();

        await LookAsync(page, $"analytics-{topic}");
        foreach (var plot in await page.Locator(".plot").AllAsync())
        {
            var colours = await plot.EvaluateAsync<int>("""
                plot => new Set([...plot.querySelectorAll("canvas")].flatMap(canvas =>
                  [...new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer))])).size
                """);
            Assert.That(colours, Is.GreaterThan(20), $"{await plot.GetAttributeAsync("data-chart")} is more than a blank sheet");
            Assert.That(await plot.GetAttributeAsync("aria-label"), Does.Contain("table below"));
        }
    }

    [Test]
    public async Task Numbers_and_how_they_are_computed_unfold_by_keyboard()
    {
        var page = await ReadAsync("/analytics/cohort");
        await page.Locator("[data-drawn]").WaitForAsync();
        foreach (var summary in await page.Locator("#ranges summary").AllAsync())
        {
            await summary.FocusAsync();
            await page.Keyboard.PressAsync("Enter");
        }
        await page.Locator("details.filters summary").ClickAsync();

        await Assertions.Expect(page.Locator("#ranges")).ToContainTextAsync("mean over participants of 100 × band / n");
        await Assertions.Expect(page.Locator("#ranges th[scope=row]").First).ToBeVisibleAsync();
        await LookAsync(page, "analytics-unfolded");
    }

    [Test]
    public async Task A_chart_is_downloaded_as_PNG_and_as_CSV()
    {
        var page = await ReadAsync("/analytics/entries");
        await page.Locator("[data-drawn]").WaitForAsync();

        var picture = await page.RunAndWaitForDownloadAsync(() => page.Locator("#profile").GetByRole(AriaRole.Button, new() { Name = "PNG of Daily glucose pattern" }).ClickAsync());
        var bytes = await File.ReadAllBytesAsync((await picture.PathAsync())!);
        Assert.That((picture.SuggestedFilename, bytes[1..4]), Is.EqualTo(("profile.png", "PNG"u8.ToArray())));
        Assert.That(bytes, Has.Length.GreaterThan(10_000));

        var table = await page.RunAndWaitForDownloadAsync(() => page.Locator("#profile").GetByRole(AriaRole.Link, new() { Name = "CSV of Daily glucose pattern" }).ClickAsync());
        Assert.That(table.SuggestedFilename, Is.EqualTo("entries-profile.csv"));
        Assert.That(await File.ReadAllLinesAsync((await table.PathAsync())!), Has.Length.EqualTo(49));
    }

    [Test]
    public async Task A_filter_stands_in_the_address_and_too_few_show_nothing()
    {
        var page = await ReadAsync("/analytics/cohort");
        await page.Locator("details.filters summary").ClickAsync();
        await page.Locator("#by-loop").SelectOptionAsync("closed");
        await page.Locator("#unit").SelectOptionAsync("mmol");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await page.Locator("[data-drawn]").WaitForAsync();
        Assert.That(page.Url, Does.Contain("loop=closed").And.Contain("unit=mmol"));
        await LookAsync(page, "analytics-filtered");

        await page.GotoAsync(new Uri(_world.Url, "/analytics/cohort?age=0-5").AbsoluteUri);
        await Assertions.Expect(page.Locator("[role=status]")).ToContainTextAsync("fewer than 5 participants");
        await LookAsync(page, "analytics-too-few");
    }

    [Test]
    public async Task Without_JavaScript_the_tables_are_there_and_no_empty_frame()
    {
        var page = await ReadAsync("/analytics/cohort", javaScript: false);

        await page.Locator("#ranges summary").First.ClickAsync();
        await Assertions.Expect(page.Locator("#ranges td").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#ranges .plot")).ToBeHiddenAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, "analytics-without-javascript.png"), FullPage = true });
    }

    /// <summary>The provisioner makes the dashboards and writes their numbers, the portal reads these, and Metabase's page in the frame gets the database's numbers by the portal's token.</summary>
    [Test]
    public async Task The_dashboards_that_the_provisioner_made_are_framed_by_the_portal_for_one_commons_each()
    {
        const string Key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        await using var server = await new MetabaseServer(Key, TimeProvider.System).StartAsync();
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"dashboards-{Guid.NewGuid():N}.json");
        await using var world = await ChartWorld.StartAsync($"--Metabase:SiteUrl={server.Url}", $"--Metabase:EmbeddingSecretKey={Key}", $"--Metabase:DashboardsFile={file}");
        _more = [world.Url.Authority, server.Url.Authority];
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Metabase:InternalUrl"] = $"{server.Url}",
            ["Metabase:AdminEmail"] = "metabase@example.org",
            ["Metabase:AdminPassword"] = "correct-horse-7",
            ["Metabase:Database"] = world.As("metabase_reader"),
            ["Metabase:EmbeddingSecretKey"] = Key,
            ["Metabase:DashboardsFile"] = file,
            ["Metabase:Poll"] = "00:00:00.1",
        }).Build();
        Assert.That(await MetabaseProvisioner.Run.Async(settings, Repository.PathOf("infrastructure/metabase/content"), check: false, TestContext.Out, TestContext.Out, default), Is.Zero);
        server.Shown.Clear();

        foreach (var (topic, title, tile) in new[] { ("cohort", "Cohort metrics", "Time in ranges"), ("treatments", "Treatments", "Systems in use"), ("demographics", "Demographics", "Country"), ("entries", "Entries", "Daily glucose pattern, mg/dL") })
        {
            var page = await ReadAsync($"/analytics/{topic}", world: world);
            var frame = page.FrameLocator("iframe");
            await frame.Locator("main[data-loaded]").WaitForAsync();
            await Assertions.Expect(frame.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(title);
            await Assertions.Expect(frame.GetByRole(AriaRole.Region, new() { Name = tile, Exact = true }).Locator("td").First).ToBeVisibleAsync();
            Assert.That(await frame.Locator("main").InnerTextAsync(), Does.Not.Contain("An error occurred"));
            await LookAsync(page, $"analytics-metabase-{topic}");
            await page.SetViewportSizeAsync(320, 640);
            await page.Locator("iframe").ScrollIntoViewIfNeededAsync();
            await page.WaitForTimeoutAsync(1000);
            await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, $"analytics-metabase-{topic}-320-frame.png") }); // Chromium draws no frame that is below the screen, not even for a picture of the whole page
            if (topic != "cohort")
                continue;
            await Assertions.Expect(frame.GetByRole(AriaRole.Region, new() { Name = "Participants", Exact = true }).Locator("td")).ToHaveTextAsync("28");
            await page.GetByRole(AriaRole.Link, new() { Name = "Nightscout Data Commons" }).ClickAsync();
            await Assertions.Expect(frame.GetByRole(AriaRole.Region, new() { Name = "Participants", Exact = true }).Locator("td")).ToHaveTextAsync("16");
        }

        Assert.That(server.Shown.Select(shown => shown.Project).Distinct(), Is.EquivalentTo(new[] { "all", "nsf" }));
        File.Delete(file);
    }

    /// <summary>The page as a researcher of both commons sees it.</summary>
    async Task<IPage> ReadAsync(string path, bool javaScript = true, ChartWorld? world = null)
    {
        world ??= _world;
        var page = await OpenAsync(new Uri(world.Url, "/sign-in").AbsoluteUri, javaScript);
        var (name, value) = await world.SignInAsync(openAps: true, nsf: true);
        await page.Context.AddCookiesAsync([new() { Name = name, Value = value, Url = world.Url.AbsoluteUri }]);
        await page.GotoAsync(new Uri(world.Url, path).AbsoluteUri);
        return page;
    }
}
