using System.Reflection;
using Dapper;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults;

/// <summary>What this process is called where several of one service run.</summary>
public static class Instance
{
    /// <summary>In containers the machine is the container.</summary>
    public static string Name { get; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>The build, as its image was tagged; outside of containers the commit that was built.</summary>
    public static string Version { get; } = Environment.GetEnvironmentVariable("SERVICE_VERSION") is { Length: > 0 } version ? version
        : typeof(Instance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+') is [_, { Length: > 7 } commit] ? commit[..7] : "local";

    public static DateTimeOffset StartedAt { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
}

/// <summary>Says in <c>public.service_instance</c> that this process runs; one that stops in order takes that back.</summary>
public sealed class InstanceBeat(NpgsqlDataSource db) : BackgroundService, IHostedLifecycleService
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    /// <summary>Who missed three beats was killed, is cut off from the database, or stuck.</summary>
    public static readonly TimeSpan SilentAfter = 3 * Every;

    /// <summary>Of a process that was killed, its last beat is known for so long.</summary>
    public static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(7);

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                await using var connection = await db.OpenConnectionAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition("""
                    delete from public.service_instance where beat_at < now() - @ForgottenAfter and service = replace(current_user, '_', '-');
                    insert into public.service_instance (instance, version, started_at) values (@Name, @Version, @StartedAt)
                        on conflict (service, instance) do update set version = excluded.version, started_at = excluded.started_at, beat_at = now()
                    """, new { Instance.Name, Instance.Version, Instance.StartedAt, ForgottenAfter }, cancellationToken: stoppingToken));
            }
            catch (NpgsqlException)
            {
                // the health check says that the database is away
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Before jobs in hand are waited for: who is killed because they took too long was stopped in order all the same.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken); // no beat after this
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            await using var connection = await db.OpenConnectionAsync(late.Token);
            await connection.ExecuteAsync(new CommandDefinition("delete from public.service_instance where instance = @Name and service = replace(current_user, '_', '-')", new { Instance.Name }, cancellationToken: late.Token));
        }
        catch (Exception problem) when (problem is NpgsqlException or OperationCanceledException)
        {
            // it stays, and looks like one that was killed
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
