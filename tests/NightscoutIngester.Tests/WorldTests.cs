using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Tests that each have a world of their own, and what most of them begin with.</summary>
public abstract class WorldTests
{
    private protected World _world = null!;

    [SetUp]
    public async Task Start() => _world = await World.CreateAsync();

    [TearDown]
    public async Task Stop() => await _world.DisposeAsync();

    private protected async Task<(Enrolled, NightscoutSite)> CopiedAsync()
    {
        var site = Site($"site-{Guid.NewGuid():N}");
        var participant = await _world.EnrolAsync(site);
        Assert.That((await participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
        return (participant, site);
    }

    private protected NightscoutSite Site(string name, SiteOptions? options = null)
    {
        var site = new NightscoutSite(name, options);
        site.Entries.Insert(Entry("old"));
        return site;
    }

    int _entries;

    private protected string Entry(string id) => $$"""{"_id":"{{id}}","type":"sgv","sgv":{{100 + _entries++}},"date":{{_world.Clock.GetUtcNow().ToUnixTimeMilliseconds()}}}""";
}
