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
public sealed class InstanceBeat(NpgsqlDataSource db) : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                await using var connection = await db.OpenConnectionAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition("""
                    delete from public.service_instance where beat_at < now() - interval '7 days' and service = replace(current_user, '_', '-');
                    insert into public.service_instance (instance, version, started_at) values (@Name, @Version, @StartedAt)
                        on conflict (service, instance) do update set version = excluded.version, started_at = excluded.started_at, beat_at = now()
                    """, new { Instance.Name, Instance.Version, Instance.StartedAt }, cancellationToken: stoppingToken));
            }
            catch (NpgsqlException)
            {
                // the health check says that the database is away
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await using var connection = await db.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition("delete from public.service_instance where instance = @Name and service = replace(current_user, '_', '-')", new { Instance.Name }, cancellationToken: cancellationToken));
        }
        catch (NpgsqlException)
        {
            // it stays, and looks like one that was killed
        }
    }
}
