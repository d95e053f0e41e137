using System.Diagnostics;
using Dapper;
using Sandbox;

namespace EndToEnd;

/// <summary>Processes of the ingester die in the middle of their work, by SIGKILL, while the sites change; in the end nothing is lost and nothing is there twice.</summary>
[NonParallelizable]
public sealed class KillTests
{
    /// <summary>What a run may end with in these tests: nothing but their own faults goes wrong.</summary>
    static readonly string[] Outcomes = ["success", "open humans temporary", "lease lost", "site busy"];

    readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("KILLS_SEED"), out var given) ? given : Random.Shared.Next();

    [Test]
    public async Task Two_replicas_that_are_killed_in_turns_for_a_minute_upload_nothing_twice_and_lose_nothing()
    {
        var dice = new Random(_seed);
        await using var replicas = await StartAsync(dice, participants: 12, days: 2);
        Replica[] both = [replicas.Add("first"), replicas.Add("second")];
        await Task.WhenAll(both.Select(replica => replica.StartAsync()));

        var watch = Stopwatch.StartNew();
        await using (var changes = Changes.Start(replicas.Sites, dice.Next(), TimeSpan.FromMilliseconds(60)))
            for (var turn = 0; watch.Elapsed < TimeSpan.FromMinutes(1); turn++)
            {
                foreach (var site in replicas.Sites)
                    site.Member.ExpireAccessTokens();
                await Task.Delay(TimeSpan.FromSeconds(1 + 2 * dice.NextDouble()));
                var (killed, other) = (both[turn % 2], both[(turn + 1) % 2]);
                await replicas.KillBetweenRefreshesAsync(killed);
                if (turn < 2)
                    await replicas.CopiedByAsync(other); // alone: it takes over what the other one had in hand
                else
                    await Task.Delay(TimeSpan.FromSeconds(dice.NextDouble()));
                await killed.StartAsync();
            }

        await AssertCopiedAsync(replicas, both);
        Assert.That(both.Select(replica => replica.Successes(replicas.Folder)), Has.All.AtLeast(replicas.Sites.Count), "both did their part");
        Assert.That(replicas.Refreshes, Is.GreaterThan(2 * replicas.Sites.Count));
        Assert.That(await replicas.QueryAsync<long>("select count(*) from register.open_humans_token where refused_at is not null"), Is.Zero);
    }

    [Test]
    public async Task Twenty_kills_at_random_moments_lose_nothing()
    {
        var dice = new Random(_seed);
        await using var replicas = await StartAsync(dice, participants: 6, days: 45, ("Ingest__Concurrency", "2"));
        var replica = replicas.Add("ingester");

        await using (var changes = Changes.Start(replicas.Sites, dice.Next(), TimeSpan.FromMilliseconds(100)))
            while (replica.Kills < 20)
            {
                replicas.Sandbox.OpenHumans.Requests.Clear();
                replica.Start();
                await replicas.UntilAsync("there is work", () => Task.FromResult(replicas.Sandbox.OpenHumans.Requests.Served.Count > 0));
                var (requests, watch) = (dice.Next(80), Stopwatch.StartNew());
                while (replicas.Sandbox.OpenHumans.Requests.Served.Count < requests && watch.Elapsed < TimeSpan.FromSeconds(1.5)) // when there is less to do, at some moment of waiting
                    await Task.Delay(dice.Next(5));
                await replica.KillAsync();
            }

        await replica.StartAsync();
        await AssertCopiedAsync(replicas, [replica]);
    }

    [Test]
    public async Task Replicas_that_freeze_past_their_leases_upload_nothing_twice_and_lose_nothing()
    {
        var dice = new Random(_seed);
        await using var replicas = await StartAsync(dice, participants: 12, days: 2);
        Replica[] both = [replicas.Add("first"), replicas.Add("second")];
        await Task.WhenAll(both.Select(replica => replica.StartAsync()));

        await using (var changes = Changes.Start(replicas.Sites, dice.Next(), TimeSpan.FromMilliseconds(60)))
            for (var turn = 0; turn < 4; turn++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1 + 2 * dice.NextDouble()));
                var (one, other) = (both[turn % 2], both[(turn + 1) % 2]);
                await Task.WhenAll(one.FreezeAsync(TimeSpan.FromSeconds(6)), turn < 2 ? Task.CompletedTask : other.FreezeAsync(TimeSpan.FromSeconds(6))); // alone, then as a machine does
            }

        await AssertCopiedAsync(replicas, both);
    }

    async Task<Replicas> StartAsync(Random dice, int participants, int days, params (string, string)[] settings)
    {
        TestContext.Out.WriteLine($"KILLS_SEED={_seed}");
        var replicas = await Replicas.StartAsync(settings);
        for (var i = 0; i < participants; i++)
            await replicas.EnrolAsync(Synthetic.Site(Uploader.Share2, seed: i + 1, days, DateTimeOffset.UtcNow, $"site-{i}"), new(dice.Next()));
        return replicas;
    }

    static async Task AssertCopiedAsync(Replicas replicas, IReadOnlyList<Replica> killed)
    {
        await replicas.CopiedAsync();
        await replicas.QueryAsync<int>("update ingest.absent set since = since - interval '25 hours'"); // what is absent for a day was deleted
        await replicas.CopiedAsync();

        var differences = await new AccountComparison(replicas).RunAsync();
        await using var connection = await replicas.Db.OpenConnectionAsync();
        var outcomes = (await connection.QueryAsync<(string Outcome, long Runs)>("select outcome, count(*) from ingest.run group by 1 order by 2 desc")).ToList();
        TestContext.Out.WriteLine($"{killed.Sum(replica => replica.Kills)} kills; runs: {string.Join(", ", outcomes)}; {replicas.Sandbox.OpenHumans.Uploaded.Count} uploads, {replicas.Refreshes} refreshes, "
            + $"{replicas.Sites.Sum(site => site.Changes)} changes; successes by replica: {string.Join(", ", killed.Select(replica => replica.Successes(replicas.Folder)))}");
        Assert.That(differences, Is.Empty, $"logs: {replicas.Folder}");
        Assert.That(outcomes.Select(row => row.Outcome), Is.SubsetOf(Outcomes), $"logs: {replicas.Folder}; {string.Join('\n', Replica.Errors(replicas.Folder).Take(3))}");
        Assert.That(await connection.QueryAsync<string>("select distinct outcome from ingest.participant"), Is.EqualTo(new[] { "success" }));
    }
}

/// <summary>Changes sites, one after the other, until it is disposed of.</summary>
sealed class Changes : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly Task _changing;

    Changes(IReadOnlyList<ChangingSite> sites, int seed, TimeSpan every) => _changing = Task.Run(async () =>
    {
        var dice = new Random(seed);
        using var timer = new PeriodicTimer(every);
        while (!_stop.IsCancellationRequested && await timer.WaitForNextTickAsync())
            sites[dice.Next(sites.Count)].Change();
    });

    public static Changes Start(IReadOnlyList<ChangingSite> sites, int seed, TimeSpan every) => new(sites, seed, every);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _changing;
        _stop.Dispose();
    }
}
