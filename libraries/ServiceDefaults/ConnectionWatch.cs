using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults;

/// <summary>
/// Notices at once when the database goes away, and when it is back: a connection of its own waits for nothing but its end. Then the pool is emptied, else the first request after a
/// restart takes a dead connection from it and fails; and requests of sites wait while it lasts.
/// </summary>
public sealed class ConnectionWatch(PostgresOptions options, NpgsqlDataSource db) : BackgroundService
{
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(0.25);

    /// <summary>A restart takes seconds; what takes longer is none, and is told.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly string _connection = new NpgsqlConnectionStringBuilder(options.Connection) { Pooling = false, KeepAlive = 30, GssEncryptionMode = GssEncryptionMode.Disable, ApplicationName = "watch" }.ConnectionString;

    volatile Absence? _absence;

    sealed record Absence(long Began)
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Ends as soon as the database is there, or has been away for 15 seconds.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_absence is { } absence && Patience - Stopwatch.GetElapsedTime(absence.Began) is { Ticks: > 0 } left)
            await Task.WhenAny(absence.Over.Task, Task.Delay(left, cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                await using var connection = new NpgsqlConnection(_connection);
                await connection.OpenAsync(stoppingToken);
                db.Clear(); // what was opened before this one was may have ended unnoticed
                _absence?.Over.TrySetResult();
                _absence = null;
                while (true)
                    await connection.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException) // also for a name that is not known, as of a container that is stopped
            {
                _absence ??= new(Stopwatch.GetTimestamp());
                db.Clear();
                await Task.Delay(RetryPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }
}

static class DatabaseRestarts
{
    /// <summary>Requests that come while the database is started anew are answered after it. Health is asked at once.</summary>
    public static void UseDatabaseRestarts(this WebApplication app)
    {
        var watch = app.Services.GetRequiredService<ConnectionWatch>();
        app.Use(async (context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments("/health"))
                await watch.WaitAsync(context.RequestAborted);
            await next(context);
        });
    }
}
