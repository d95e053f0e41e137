using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults;

/// <summary>
/// Empties the pool when the database goes away: a connection of its own waits for nothing but its end. Without it the first request after a
/// restart takes a dead connection from the pool and fails.
/// </summary>
public sealed class ConnectionWatch(PostgresOptions options, NpgsqlDataSource db) : BackgroundService
{
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    readonly string _connection = new NpgsqlConnectionStringBuilder(options.Connection) { Pooling = false, KeepAlive = 30, GssEncryptionMode = GssEncryptionMode.Disable, ApplicationName = "watch" }.ConnectionString;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                await using var connection = new NpgsqlConnection(_connection);
                await connection.OpenAsync(stoppingToken);
                db.Clear(); // what was opened before this one was may have ended unnoticed
                while (true)
                    await connection.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException) // also for a name that is not known, as of a container that is stopped
            {
                db.Clear();
                await Task.Delay(RetryPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }
}
