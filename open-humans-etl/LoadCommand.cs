using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenHumansEtl.Derived;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Something that a command needs is missing; the message says what to do.</summary>
public sealed class CannotStartException(string message) : Exception(message);

/// <summary>What the long commands have in common: how they start, go through the members, and end.</summary>
public static class LoadCommand
{
    /// <summary>A service waits for its database; somebody at a terminal wants to know.</summary>
    const int DatabaseAttempts = 2;

    /// <returns>0; 1 when something is not loaded that could be; 2 when the command cannot start.</returns>
    public static async Task<int> RunAsync(Func<IServiceProvider, LoadReport, CancellationToken, Task<int>> load, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Etl.Build(["--Serilog:MinimumLevel:Default=Fatal"]); // what there is to say, the report says
            var gate = new SchemaGate(app.Services.GetRequiredService<NpgsqlDataSource>(), NullLogger<SchemaGate>.Instance) { Attempts = DatabaseAttempts };
            await gate.StartingAsync(cancellationToken);
            return await load(app.Services, LoadReport.OfConsole(app.Services.GetRequiredService<TimeProvider>()), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Say("Stopped before anything was loaded.", 1);
        }
        catch (CannotStartException problem)
        {
            return Say($"Not started: {problem.Message}", 2);
        }
        catch (NpgsqlException problem)
        {
            return Say($"Not started: the database: {problem.Message.TrimEnd('.')}. See to it, or to the setting Postgres__Connection.", 2);
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            return Say($"Not started: {text}", 2);
        }
    }

    /// <summary>Loads members in parallel and makes their summaries; what one of them fails of never stops the others, unless going on is pointless.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> LoadAllAsync<T>(IReadOnlyList<T> members, int atOnce, LoadReport report, Summaries summaries, Func<T, CancellationToken, Task> load, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Cause? why = null;
        await report.WhileAsync(async () =>
        {
            try
            {
                await Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stop.Token }, async (member, token) =>
                {
                    try
                    {
                        await load(member, token);
                    }
                    catch (Exception problem) when (!stop.IsCancellationRequested && Cause.Of(problem) is { Ends: true } cause)
                    {
                        why = cause;
                        await stop.CancelAsync();
                    }
                });
                report.Loaded();
                report.Summarised(await summaries.WorkOffAsync(null, stop.Token));
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                // told so below
            }
        });
        return report.End(why ?? (cancellationToken.IsCancellationRequested ? Cause.Interrupted : null));
    }

    static int Say(string line, int exitCode)
    {
        Console.Error.WriteLine(line);
        return exitCode;
    }
}
