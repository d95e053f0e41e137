using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>The promise of <see cref="Tiers"/>: which run finds what is late, edited, moved or deleted, and which does not look so far back.</summary>
public sealed class TierTests : NoonTests
{
    const int Anchor = 1, Oldest = 2, Edited = 3, Late = 4, Deleted = 5;

    NightscoutSite _site = null!;
    Enrolled _participant = null!;

    [SetUp]
    public void NewSite() => _site = new("tiers");

    /// <param name="age">Hours, when the change is made.</param>
    [TestCase("entries", 2.5, "next")]
    [TestCase("entries", 47.9, "day")]
    [TestCase("entries", 24 * 59, "week")]
    [TestCase("entries", 24 * 100, "quarter")]
    [TestCase("treatments", 2.5, "next")]
    [TestCase("treatments", 24 * 6.9, "day")]
    [TestCase("treatments", 24 * 59, "week")]
    [TestCase("treatments", 24 * 100, "quarter")]
    [TestCase("devicestatus", 1.5, "next")]
    [TestCase("devicestatus", 23.9, "day")]
    [TestCase("devicestatus", 24 * 13.9, "week")]
    [TestCase("devicestatus", 24 * 20, "quarter")]
    [TestCase("profile", 24 * 300, "next")]
    public async Task What_is_late_or_edited_is_found_as_soon_as_promised(string collection, double age, string promised)
    {
        var at = _world.Clock.GetUtcNow().AddMinutes(30).AddHours(-age);
        var records = _site.OfSite(collection);
        records.Insert(Records.Of(collection, Edited, at));
        await EnrolAsync(collection);
        _world.Clock.Advance(TimeSpan.FromMinutes(30));
        records.Replace(Records.Id(Edited), Records.Of(collection, Edited, at, "second"));
        records.Insert(Records.Of(collection, Late, at.AddSeconds(1)));

        foreach (var (name, run) in Runs())
        {
            await run();
            Assert.That((_participant.ValueOf(collection, Edited), _participant.ValueOf(collection, Late)), Is.EqualTo(name == promised ? ("second", "first") : ("first", null as string)), name);
            if (name == promised)
                return;
        }
    }

    [Test]
    public async Task An_edit_that_is_undone_is_noticed_though_its_month_is_as_it_was_at_the_last_read_of_everything()
    {
        await EnrolAsync("treatments");
        _world.Clock.Advance(TimeSpan.FromDays(70));
        var at = _world.Clock.GetUtcNow().AddDays(-40);
        _site.Treatments.Insert(Records.Of("treatments", Edited, at));
        await _participant.RunThroughANightAsync(1); // reads everything
        await EditAsync("second");
        Assert.That(_participant.ValueOf("treatments", Edited), Is.EqualTo("second"), "found by the week's read");
        for (var week = 0; week < 3; week++)
            await _participant.RunAfterAsync(TimeSpan.FromDays(7));
        await EditAsync("first");
        Assert.That(_participant.ValueOf("treatments", Edited), Is.EqualTo("second"), "too old for it by now");

        await _participant.RunThroughANightAsync(60);

        Assert.That(_participant.ValueOf("treatments", Edited), Is.EqualTo("first"));

        async Task EditAsync(string value)
        {
            _site.Treatments.Replace(Records.Id(Edited), Records.Of("treatments", Edited, at, value));
            await _participant.RunAfterAsync(TimeSpan.FromDays(8));
        }
    }

    [TestCase("entries", 2, "day after")]
    [TestCase("entries", 40, "day after")]
    [TestCase("entries", 24 * 50, "week after")]
    [TestCase("entries", 24 * 100, "quarter after")]
    [TestCase("treatments", 2, "day after")]
    [TestCase("treatments", 24 * 6, "day after")]
    [TestCase("treatments", 24 * 50, "week after")]
    [TestCase("treatments", 24 * 100, "quarter after")]
    [TestCase("profile", 24 * 300, "day after")]
    public async Task What_is_deleted_is_marked_a_day_after_it_was_missed(string collection, double age, string marked)
    {
        _site.OfSite(collection).Insert(Records.Of(collection, Deleted, _world.Clock.GetUtcNow().AddHours(-age)));
        await EnrolAsync(collection);
        _site.OfSite(collection).Delete(Records.Id(Deleted));

        foreach (var (name, run) in Runs())
        {
            await run();
            Assert.That(_participant.IsMarkedDeleted(collection, Deleted), Is.EqualTo(name == marked), name);
            if (name == marked)
                return;
        }
    }

    [TestCase("entries", -3 * 24)]
    [TestCase("entries", -100 * 24)]
    [TestCase("treatments", -3 * 24)]
    [TestCase("treatments", -20 * 24)]
    [TestCase("treatments", -100 * 24)]
    public async Task What_moved_stands_once_under_its_new_day(string collection, double by)
    {
        var at = _world.Clock.GetUtcNow().AddHours(-1);
        _site.OfSite(collection).Insert(Records.Of(collection, Edited, at));
        await EnrolAsync(collection);
        _site.OfSite(collection).Replace(Records.Id(Edited), Records.Of(collection, Edited, at.AddHours(by), "moved"));

        await _participant.RunAfterAsync(TimeSpan.FromHours(1)); // misses it
        await _participant.RunAfterAsync(TimeSpan.FromHours(24)); // finds it, by its day or by its id

        Assert.That(_participant.ValueOf(collection, Edited), Is.EqualTo("moved")); // standing twice fails
        Assert.That(_participant.IsMarkedDeleted(collection, Edited), Is.False);
    }

    [Test]
    public async Task Device_status_that_disappears_stays_ours()
    {
        for (var number = 10; number < 20; number++)
            _site.DeviceStatus.Insert(Records.Of("devicestatus", number, _world.Clock.GetUtcNow().AddHours(-number)));
        await EnrolAsync("devicestatus");
        _site.DeviceStatus.Delete(Records.Id(12));
        _site.DeviceStatus.DeleteBefore(_world.Clock.GetUtcNow().AddHours(-15));

        foreach (var (_, run) in Runs())
            await run();

        Assert.That(_participant.Records("devicestatus").Values.ToList(), Has.Count.EqualTo(12).And.None.Contains("isValid"));
    }

    [Test]
    public async Task A_pruned_history_stays_ours([Values("entries", "treatments")] string collection)
    {
        for (var number = 10; number < 400; number++)
            _site.OfSite(collection).Insert(Records.Of(collection, number, _world.Clock.GetUtcNow().AddHours(-4 * number)));
        await EnrolAsync(collection);
        _site.OfSite(collection).DeleteBefore(_world.Clock.GetUtcNow().AddHours(-500));

        foreach (var (_, run) in Runs())
            await run();

        Assert.That(_participant.Records(collection).Values.ToList(), Has.Count.EqualTo(392).And.None.Contains("isValid"));
    }

    async Task EnrolAsync(string collection)
    {
        _site.OfSite(collection).Insert(Records.Of(collection, Anchor, _world.Clock.GetUtcNow()));
        _site.OfSite(collection).Insert(Records.Of(collection, Oldest, _world.Clock.GetUtcNow().AddDays(-400)));
        _participant = await _world.EnrolAsync(_site);
        await _participant.RunAfterAsync(TimeSpan.Zero);
    }

    /// <summary>One after the other, after an import at noon.</summary>
    IEnumerable<(string Name, Func<Task> Run)> Runs()
    {
        yield return ("next", () => _participant.RunAfterAsync(TimeSpan.FromHours(13) - _world.Clock.GetUtcNow().TimeOfDay));
        yield return ("day", () => _participant.RunAfterAsync(TimeSpan.FromHours(23.5)));
        yield return ("day after", () => _participant.RunAfterAsync(TimeSpan.FromHours(24.5)));
        yield return ("week", () => _participant.RunAfterAsync(TimeSpan.FromDays(4)));
        yield return ("week after", () => _participant.RunAfterAsync(TimeSpan.FromDays(1)));
        yield return ("quarter", () => _participant.RunThroughANightAsync(days: 81));
        yield return ("quarter after", () => _participant.RunThroughANightAsync(days: 1));
    }
}
