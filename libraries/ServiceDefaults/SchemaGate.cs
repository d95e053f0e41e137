using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults;

/// <summary>The database's schema and this build do not fit.</summary>
public sealed class SchemaMismatchException(string message) : Exception(message);

/// <summary>Before anything else starts: waits for a database that is starting, refuses one that was never migrated or has outgrown this build.</summary>
public sealed class SchemaGate(NpgsqlDataSource db, ILogger<SchemaGate> log) : IHostedLifecycleService
{
    /// <summary>To reach the database, a second apart. Default: 30.</summary>
    public int Attempts { get; init; } = 30;

    static readonly int Build = int.Parse(
        typeof(SchemaGate).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SchemaBuild").Value!, CultureInfo.InvariantCulture);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = db.CreateCommand("select max(oldest_build) from public.schema_journal");
                if (await command.ExecuteScalarAsync(cancellationToken) is int oldest && oldest > Build)
                    throw new SchemaMismatchException($"The database needs build {oldest} or later, this is build {Build}: start the newer release.");
                return;
            }
            catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
            {
                throw new SchemaMismatchException("The database has no schema yet: run the migrator first (dotnet run --project db -- migrate).");
            }
            catch (NpgsqlException unreachable) when (unreachable.IsTransient && attempt < Attempts)
            {
                log.LogWarning("The database does not answer yet (attempt {Attempt} of {Attempts}).", attempt, Attempts);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
