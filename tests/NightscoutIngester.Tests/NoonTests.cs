namespace NightscoutIngester.Tests;

/// <summary>Tests that each have a world of their own, in which it is noon: days and nights are where they are expected.</summary>
public abstract class NoonTests
{
    private protected World _world = null!;

    [SetUp]
    public async Task StartAtNoon()
    {
        _world = await World.CreateAsync();
        _world.ToNoon();
    }

    [TearDown]
    public async Task Stop() => await _world.DisposeAsync();
}
