using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Who pauses is not copied, from now on and not only from the next run on.</summary>
public sealed class PauseTests : WorldTests
{
    [Test]
    public async Task Who_has_paused_is_not_copied_and_who_resumes_is_at_once()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        await PauseAsync(participant);
        await _world.ExecuteAsync("update ingest.participant set due_at = now()");
        _world.Sandbox.OpenHumans.Requests.Clear();

        await _world.RunJobAsync();

        Assert.That(_world.Sandbox.OpenHumans.Requests.Served, Is.Empty);
        Assert.That(participant.Ids("entries"), Is.EqualTo(new[] { "old" }));

        await _world.ExecuteAsync("update ingest.participant set due_at = now() + interval '1 day'; update register.participant set paused_at = null, changed_at = clock_timestamp()");
        await _world.Get<DueParticipants>().EnrolAsync(default);
        await _world.RunJobAsync();

        Assert.That(participant.Ids("entries"), Is.EquivalentTo(new[] { "old", "new" }));
        Assert.That(await OutcomeAsync(participant), Is.EqualTo("success"));
    }

    [Test]
    public async Task Somebody_else_is_copied_while_one_has_paused()
    {
        var paused = await _world.EnrolAsync(Site("paused"));
        var other = await _world.EnrolAsync(Site("other"));
        await PauseAsync(paused);

        await _world.RunJobAsync();

        Assert.That((paused.Files.Count, other.Files.Count), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task A_run_in_hand_ends_with_the_pause_uploads_nothing_more_and_is_no_failure()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        await participant.ClaimAsync();
        _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(2), Path = "/api/v1/entries.json", Site = site.Name });
        var run = participant.RunClaimedAsync();
        await Task.Delay(500);
        await PauseAsync(participant);

        var outcome = await run;

        Assert.That(outcome.Cause, Is.EqualTo(Cause.LeaseLost));
        Assert.That(participant.Ids("entries"), Is.EqualTo(new[] { "old" }));
        Assert.That(await participant.QueryAsync<bool>("select lease_until is null and failures = 0 and failed_since is null from ingest.participant where participant_id = @Participant"), Is.True);
        Assert.That(await OutcomeAsync(participant), Is.EqualTo("success"));
    }

    [Test]
    public async Task Reconcile_leaves_who_has_paused_alone()
    {
        var (participant, _) = await CopiedAsync();
        await PauseAsync(participant);
        var errors = new StringWriter();

        Assert.That(await _world.Create<Reconcile>().OfMemberAsync(participant.Member.Id, TextWriter.Null, errors, default), Is.EqualTo(1));
        Assert.That(errors.ToString(), Does.Contain("paused"));
    }

    Task PauseAsync(Enrolled participant) => _world.ExecuteAsync($"select register.pause({participant.Participant})");

    static Task<string> OutcomeAsync(Enrolled participant) => participant.QueryAsync<string>("select outcome from ingest.participant where participant_id = @Participant");
}
