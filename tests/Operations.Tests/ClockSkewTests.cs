using System.Net;
using ServiceDefaults;
using Testing;

namespace Operations.Tests;

/// <summary>Whose clock is wrong.</summary>
public sealed class ClockSkewTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    static HttpResponseMessage Answer(DateTimeOffset date, TimeSpan? age = null) => new(HttpStatusCode.OK) { Headers = { Date = date, Age = age } };

    [Test]
    public void An_answer_tells_the_time_of_its_middle()
    {
        Assert.That(ClockSkew.Of(Answer(Now.AddSeconds(61)), Now, Now.AddSeconds(2)), Is.EqualTo(TimeSpan.FromSeconds(60.5)));
        Assert.That(ClockSkew.Of(Answer(Now, TimeSpan.FromHours(1)), Now, Now), Is.Null, "from a cache");
        Assert.That(ClockSkew.Of(Answer(Now), Now, Now.AddMinutes(1)), Is.Null, "from a host that slept");
        Assert.That(ClockSkew.Of(new(HttpStatusCode.OK), Now, Now), Is.Null);
    }

    [TestCase(45, null, 45)]
    [TestCase(20, null, null)]
    [TestCase(-45, -50, -45)]
    [TestCase(45, 2, null, Description = "the sites agree with us: Open Humans is wrong")]
    [TestCase(45, -45, null)]
    [TestCase(1, 90, null)]
    [TestCase(null, 90, 90)]
    public void Our_clock_is_wrong_when_nobody_agrees_with_it(int? openHumans, int? sites, int? own)
    {
        using var skew = new ClockSkew(new ManualClock(Now));
        if (openHumans is { } one)
            skew.NoteOpenHumans(TimeSpan.FromSeconds(one));
        for (var site = 0; sites is { } other && site < 3; site++)
            skew.NoteSite(site, TimeSpan.FromSeconds(other));

        Assert.That(skew.Own?.TotalSeconds, Is.EqualTo((double?)own));
    }

    [Test]
    public void One_site_or_one_answer_proves_nothing()
    {
        using var skew = new ClockSkew(new ManualClock(Now));
        skew.NoteSite(1, TimeSpan.FromHours(2));
        skew.NoteSite(2, TimeSpan.Zero);
        Assert.That(skew.Own, Is.Null);

        foreach (var seconds in new[] { 0, 1, 300, 0, 1 })
            skew.NoteOpenHumans(TimeSpan.FromSeconds(seconds));
        Assert.That((skew.OpenHumans, skew.Own), Is.EqualTo(((TimeSpan?)TimeSpan.FromSeconds(1), (TimeSpan?)null)));
    }
}
