using RegistrationSite.Pages;
using Testing;

namespace RegistrationSite.Tests;

public sealed class WelcomeTests : SiteFixture
{
    [Test]
    public async Task A_stranger_learns_what_this_is_and_how_to_leave_before_signing_in()
    {
        using var stranger = new WebSession(SiteUrl);
        await stranger.OpenAsync("/");

        Assert.That(stranger.Page.QuerySelectorAll("h2, summary").Select(heading => heading.TextContent), Is.EqualTo(new[] { "How it works", "What we keep", "What others see", "How to leave", "Who runs this" }));
        Assert.That(stranger.Text, Does.Contain("A project on Open Humans").And.Contain("who leads it"), "nobody has given a name here");
        Assert.That(stranger.Page.QuerySelectorAll("main a.button").Select(link => link.TextContent), Is.EqualTo(new[] { "Sign in with Open Humans" }), "one thing to do");
        Assert.That(stranger.Page.QuerySelector("svg[role=img]")?.GetAttribute("aria-label"), Does.Contain("only if you say so"));
    }

    [TestCase("https://example.org/us", "https://example.org/us")]
    [TestCase("us@example.org", "mailto:us@example.org")]
    [TestCase("javascript:alert(1)", null)]
    [TestCase("", null)]
    public void The_operators_contact_is_a_link_where_it_can_be_one(string contact, string? link) =>
        Assert.That(new IndexModel(new() { Contact = contact }).Contact, Is.EqualTo(link));
}

/// <summary>The first page where no operator has given a name, but there is a project.</summary>
public sealed class WelcomeOfProjectTests : SiteFixture
{
    protected override IEnumerable<string> Settings => ["--Registration:ActivityUrl=https://www.openhumans.org/activity/a-project/"];

    [Test]
    public async Task Who_runs_it_is_read_on_the_projects_page()
    {
        using var stranger = new WebSession(SiteUrl);
        await stranger.OpenAsync("/");

        Assert.That(stranger.Text, Does.Contain("names the people behind it"));
        Assert.That(stranger.Page.QuerySelector("main p a[href='https://www.openhumans.org/activity/a-project/']"), Is.Not.Null);
    }
}
