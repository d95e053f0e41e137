using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NightscoutIngester;
using RegistrationSite.Tests;
using Sandbox;

namespace Browser.Tests;

/// <summary>The site in a real browser.</summary>
public abstract class BrowserTests : SiteFixture
{
    /// <summary>A small phone and a desktop, CSS pixels.</summary>
    static readonly (int Width, int Height)[] Screens = [(320, 640), (1280, 900)];

    static readonly AxeRunOptions Rules = new() { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } };

    /// <summary>Where screenshots go: a file per page, state, width and colours.</summary>
    protected static string Screenshots { get; } = Environment.GetEnvironmentVariable("SCREENSHOTS") ?? Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots");

    readonly List<string> _complaints = [];
    IPlaywright? _playwright;
    IBrowser? _browser;

    /// <summary>Of other sites of ours that a page may be of.</summary>
    protected virtual IEnumerable<string> MoreHosts => [];

    [OneTimeSetUp]
    public async Task Launch()
    {
        var path = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";
        if (!File.Exists(path))
        {
            const string Reason = "there is no Chromium: apt-get install chromium, or name one in CHROMIUM";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(Reason);
            Assert.Ignore(Reason);
        }
        Directory.CreateDirectory(Screenshots);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = Environment.UserName == "root" ? ["--no-sandbox"] : [] });
    }

    [OneTimeTearDown]
    public async Task Close()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    [SetUp]
    public void Forget() => _complaints.Clear();

    /// <summary>A browser of somebody who was never here.</summary>
    protected async Task<IPage> OpenAsync(string path, bool javaScript = true)
    {
        var page = await (await _browser!.NewContextAsync(new() { JavaScriptEnabled = javaScript })).NewPageAsync();
        page.SetDefaultTimeout(60_000);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) // the status of the page itself
                _complaints.Add(message.Text);
        };
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: not ("data" or "blob") } url && url.Authority != SiteUrl.Authority && url.Authority != Sandbox.OpenHumansUrl.Authority && !MoreHosts.Contains(url.Authority))
                _complaints.Add($"a request to another host: {url.Authority}");
        };
        await page.GotoAsync(new Uri(SiteUrl, path).AbsoluteUri);
        return page;
    }

    /// <summary>The browser of a member who signed in.</summary>
    protected async Task<(IPage, Member)> SignInAsync(bool javaScript = true)
    {
        var member = Sandbox.OpenHumans.AddMember();
        var page = await OpenAsync("/", javaScript);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Open Humans" }).First.ClickAsync();
        await page.Locator($"[name=member][value=\"{member.Id}\"]").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        await ArriveAsync(page, "/Connect");
        return (page, member);
    }

    /// <summary>Copies whoever is due, as the ingester does.</summary>
    protected async Task CopyAsync()
    {
        await using var ingester = Ingester.Build([$"--Postgres:Connection={ConnectionOf("nightscout_ingester")}", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}", $"--OpenHumans:BaseUrl={Sandbox.OpenHumansUrl}",
            "--OpenHumans:ClientId=sandbox-client", "--OpenHumans:ClientSecret=sandbox-client-secret", "--environment=Testing", "--Nightscout:AllowLoopback=true", "--Ingest:Pause=00:00:00", "--Ingest:RetryPause=00:00:00", "--Ingest:WakePause=00:00:00",
            "--Serilog:MinimumLevel:Default=Fatal"]);
        await ActivatorUtilities.CreateInstance<IngestJob>(ingester.Services).Execute(null!);
    }

    /// <summary>Waits for a page that a button or link leads to. Not for its event "load", which now and then is over before it is waited for: for the end of its content.</summary>
    protected async Task ArriveAsync(IPage page, string path)
    {
        await page.WaitForURLAsync(new Uri(SiteUrl, path).AbsoluteUri, new() { WaitUntil = WaitUntilState.Commit });
        await page.Locator("footer").WaitForAsync();
    }

    protected Task GoAsync(IPage page, string path) => page.GotoAsync(new Uri(SiteUrl, path).AbsoluteUri);

    /// <summary>Looks at the page on a phone and a desktop, light and dark: nothing sticks out, axe finds nothing, the browser complains of nothing; and takes a picture of each.</summary>
    protected async Task LookAsync(IPage page, string name)
    {
        var findings = new List<string>();
        foreach (var (width, height) in Screens)
            foreach (var colours in new[] { ColorScheme.Light, ColorScheme.Dark })
                try
                {
                    findings.AddRange(await FindAsync(page, name, width, height, colours));
                }
                catch (PlaywrightException) // some pages look again by themselves after ten seconds, perhaps just then
                {
                    findings.AddRange(await FindAsync(page, name, width, height, colours));
                }
        findings.AddRange(_complaints);
        Assert.That(findings, Is.Empty, name);
    }

    static async Task<List<string>> FindAsync(IPage page, string name, int width, int height, ColorScheme colours)
    {
        var look = $"{name}-{width}-{colours.ToString().ToLowerInvariant()}";
        await page.SetViewportSizeAsync(width, height);
        await page.EmulateMediaAsync(new() { ColorScheme = colours });
        await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, $"{look}.png"), FullPage = true });
        var findings = (await page.RunAxe(Rules)).Violations.Select(violation => $"{look}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(node => node.Html))}").ToList();
        if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth") is var wide && wide > width)
            findings.Add($"{look}: {wide} pixels wide");
        return findings;
    }
}
