using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Sandbox;
using ServiceDefaults;

namespace NightscoutIngester.Tests;

/// <summary>The queue that replicas share: each participant in one hand at a time, and nobody waits for another's long run.</summary>
public sealed class QueueTests : WorldTests
{
    [Test]
    public async Task A_run_that_has_ended_holds_no_site()
    {
        var (participant, _) = await CopiedAsync();

        Assert.That(await participant.QueryAsync<bool>("select site_key is null and lease_until is null from ingest.participant where participant_id = @Participant"), Is.True, "the next run may be another replica's");
    }

    [Test]
    public async Task Two_replicas_never_claim_one_participant()
    {
        for (var i = 0; i < 20; i++)
            await _world.EnrolAsync(new NightscoutSite($"s{i}"));
        var due = _world.Get<DueParticipants>();
        await due.EnrolAsync(default);

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => due.Leases.ClaimAsync(4, default)));

        var keys = claims.SelectMany(claim => claim).Select(lease => lease.Key).ToList();
        Assert.That(keys, Is.Unique.And.Count.EqualTo(20));
    }

    [Test]
    public async Task A_claim_takes_no_more_than_it_asked_for_whatever_the_planner_chooses()
    {
        var due = _world.Get<DueParticipants>();
        await _world.EnrolAsync(new NightscoutSite("first"));
        await due.EnrolAsync(default);
        await _world.ExecuteAsync("analyze ingest.participant"); // one row, as autovacuum may find it: joins with it are planned as loops
        for (var i = 0; i < 6; i++)
            await _world.EnrolAsync(new NightscoutSite($"s{i}"));
        await due.EnrolAsync(default);

        Assert.That(await due.Leases.ClaimAsync(1, default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Whoever_is_due_during_a_long_run_is_copied_beside_it()
    {
        await using var world = await World.CreateAsync("--Ingest:Beat=00:00:01");
        var slow = await world.EnrolAsync(Site("slow"));
        world.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(6), Path = "/api/v1/entries.json", Site = "slow" });
        var job = world.RunJobAsync();
        var late = await world.EnrolAsync(Site("late"));

        for (var waited = 0; waited < 50 && late.Files.Count == 0; waited++)
            await Task.Delay(100);

        Assert.That((late.Files.Count > 0, job.IsCompleted), Is.EqualTo((true, false)));
        await job;
        Assert.That(slow.Records("entries"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_lease_lasts_as_long_as_the_work()
    {
        await _world.EnrolAsync(Site("any"));
        await _world.Get<DueParticipants>().EnrolAsync(default);
        var leases = new Leases(_world.Owner, "ingest.participant", "participant_id", "true", TimeSpan.FromSeconds(1));
        var renewed = false;

        await leases.WorkOffAsync(leases.ClaimAsync, async (lease, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2.5), token);
            await leases.RenewAsync(lease, token);
            renewed = true;
            await leases.ReleaseAsync(lease, DateTimeOffset.UtcNow.AddHours(1), token);
        }, concurrency: 2, look: TimeSpan.FromSeconds(0.1), NullLogger.Instance, default);

        Assert.That(renewed, Is.True);
    }

    [Test]
    public async Task Work_whose_lease_is_lost_is_cancelled()
    {
        await _world.EnrolAsync(Site("any"));
        await _world.Get<DueParticipants>().EnrolAsync(default);
        var leases = new Leases(_world.Owner, "ingest.participant", "participant_id", "true", TimeSpan.FromSeconds(1));
        var cancelled = false;

        await leases.WorkOffAsync(leases.ClaimAsync, async (lease, token) =>
        {
            await _world.ExecuteAsync("update ingest.participant set fence = fence + 1, due_at = now() + interval '1 day'"); // somebody else has it
            await Task.Delay(TimeSpan.FromSeconds(20), token).ContinueWith(ended => cancelled = ended.IsCanceled, TaskScheduler.Default);
        }, concurrency: 1, look: TimeSpan.FromSeconds(0.1), NullLogger.Instance, default);

        Assert.That(cancelled, Is.True);
    }

    [Test]
    public async Task A_replica_that_lost_its_lease_writes_nothing_more()
    {
        var (participant, site) = await CopiedAsync();
        site.Entries.Insert(Entry("new"));
        var due = _world.Get<DueParticipants>();
        await using var connection = await _world.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("update ingest.participant set due_at = now()");
        var lease = (await due.Leases.ClaimAsync(1, default)).Single();
        await connection.ExecuteAsync("update ingest.participant set fence = fence + 1"); // another replica has claimed it meanwhile
        _world.Sandbox.OpenHumans.Requests.Clear();

        var outcome = await _world.Get<ParticipantIngest>().RunAsync(lease, default);

        Assert.That(outcome.Cause, Is.EqualTo(Cause.LeaseLost));
        Assert.That(_world.Sandbox.OpenHumans.Requests.Served.Where(request => request.Method is "POST" or "PUT"), Is.Empty);
        Assert.That(await participant.QueryAsync<string>("select outcome from ingest.participant where participant_id = @Participant"), Is.EqualTo("success"), "the new holder's row is not touched");
    }
}
