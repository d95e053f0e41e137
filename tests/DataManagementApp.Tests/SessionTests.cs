using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>How long a session lasts, with a clock that is moved.</summary>
public sealed class SessionTests : PortalFixture
{
    readonly ManualClock _clock = new(DateTimeOffset.UtcNow);

    protected override void Register(IServiceCollection services) => services.AddSingleton<TimeProvider>(_clock);

    [Test]
    public async Task A_session_ends_a_day_after_it_began_however_often_it_is_used()
    {
        var (person, _, _) = await NewAsync("researcher");
        using var _ = person;
        for (var hour = 7; hour < 24; hour += 7)
        {
            _clock.Advance(TimeSpan.FromHours(7));
            await person.OpenAsync("/account");
            Assert.That(person.Page.Title, Does.StartWith("Your account"), $"after {hour} hours");
        }
        _clock.Advance(TimeSpan.FromHours(4));

        await person.OpenAsync("/account");

        Assert.That(person.Page.Title, Does.StartWith("Sign in"));
    }
}
