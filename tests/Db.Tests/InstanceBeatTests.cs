using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using ServiceDefaults;
using Testing;

namespace Db.Tests;

public sealed class InstanceBeatTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _etl = null!, _portal = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        (_etl, _portal) = (_database.OpenAs("open_humans_etl"), _database.OpenAs("data_management_app"));
    }

    [TearDown]
    public async Task Stop() => await _database.DisposeAsync();

    [Test]
    public async Task A_process_says_that_it_runs_and_takes_it_back_when_it_stops_in_order()
    {
        using var beat = new InstanceBeat(_etl);
        await beat.StartAsync(default);
        Assert.That(SeenAsync, Is.EqualTo($"open-humans-etl {Instance.Name} {Instance.Version} True").After(10).Seconds.PollEvery(50));

        await beat.StoppingAsync(default);

        Assert.That(await SeenAsync(), Is.Null);
    }

    [Test]
    public async Task It_is_taken_back_before_jobs_are_waited_for_since_who_waits_too_long_is_killed()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(_etl).AddHostedService<InstanceBeat>().AddHostedService<StuckJob>();
        using var host = builder.Build();
        await host.StartAsync();
        Assert.That(SeenAsync, Is.Not.Null.After(10).Seconds.PollEvery(50));

        var stopped = host.StopAsync();

        Assert.That(SeenAsync, Is.Null.After(10).Seconds.PollEvery(50));
        Assert.That(stopped.IsCompleted, Is.False);
        host.Services.GetServices<IHostedService>().OfType<StuckJob>().Single().End();
        await stopped;
    }

    sealed class StuckJob : IHostedService
    {
        readonly TaskCompletionSource _ended = new();

        public void End() => _ended.SetResult();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => _ended.Task;
    }

    [Test]
    public async Task Of_a_process_that_was_killed_the_last_beat_is_known_for_a_week()
    {
        await OwnerAsync("insert into public.service_instance (service, instance, version, started_at, beat_at) values ('open-humans-etl', 'gone/1', 'x', now() - interval '9 days', now() - interval '8 days')");
        await OwnerAsync("insert into public.service_instance (service, instance, version, started_at, beat_at) values ('open-humans-etl', 'gone/2', 'x', now() - interval '9 days', now() - interval '6 days')");
        using var beat = new InstanceBeat(_etl);

        await beat.StartAsync(default);

        Assert.That(InstancesAsync, Is.EquivalentTo(["gone/2", Instance.Name]).After(10).Seconds.PollEvery(50));
        await beat.StopAsync(default);
    }

    [Test]
    public async Task Nobody_speaks_for_another_service()
    {
        using var beat = new InstanceBeat(_etl);
        await beat.StartAsync(default);
        Assert.That(SeenAsync, Is.Not.Null.After(10).Seconds.PollEvery(50));

        await using var connection = await _portal.OpenConnectionAsync();
        Assert.That(() => connection.ExecuteAsync("insert into public.service_instance (service, instance, version, started_at) values ('open-humans-etl', 'x', 'x', now())"), Throws.InstanceOf<PostgresException>());
        Assert.That(await connection.ExecuteAsync("update public.service_instance set beat_at = '2000-01-01'"), Is.Zero);
        Assert.That(await connection.ExecuteAsync("delete from public.service_instance"), Is.Zero);
        await beat.StopAsync(default);
    }

    /// <summary>As the portal sees it.</summary>
    async Task<string?> SeenAsync()
    {
        await using var connection = await _portal.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<string?>("select concat_ws(' ', service, instance, version, case when beat_at between started_at and now() then 'True' end) from public.service_instance");
    }

    async Task<string[]> InstancesAsync()
    {
        await using var connection = await _portal.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>("select instance from public.service_instance")];
    }

    async Task OwnerAsync(string sql)
    {
        await using var connection = await _database.OpenAsOwner().OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
