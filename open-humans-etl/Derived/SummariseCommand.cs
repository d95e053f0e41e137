using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace OpenHumansEtl.Derived;

/// <summary>The operator command <c>summarise</c>: makes local time and summaries now, without waiting for the service.</summary>
public static class SummariseCommand
{
    const string MarkEverything = """
        insert into openaps.dirty_day (participant_id, collection, day)
        select distinct participant_id, 'entries', coalesce((date at time zone 'UTC')::date, '-infinity') from openaps.entries
        union all
        select distinct participant_id, 'treatments', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.treatments
        union all
        select distinct participant_id, 'devicestatus', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.device_status
        union all
        select distinct participant_id, 'profile', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.profile
            on conflict do nothing
        """;

    /// <param name="anew">Everything, and not only what changed.</param>
    /// <returns>0, or 1 when a participant's summaries could not be made, or 2 when the command cannot start.</returns>
    public static async Task<int> RunAsync(bool anew, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Etl.Build([]);
            await app.Services.GetServices<IHostedService>().OfType<SchemaGate>().Single().StartingAsync(cancellationToken);
            var watch = Stopwatch.StartNew();
            if (anew)
            {
                await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
                await connection.ExecuteAsync(new CommandDefinition(MarkEverything, commandTimeout: 0, cancellationToken: cancellationToken));
            }
            var counts = await app.Services.GetRequiredService<Summaries>().WorkOffAsync(new Progress(), cancellationToken);
            Console.WriteLine(new JsonObject { ["made"] = counts.Made, ["left"] = counts.Left, ["failed"] = counts.Failed, ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 3) }.ToJsonString());
            return counts.Failed == 0 ? 0 : 1;
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            Console.Error.WriteLine(text);
            return 2;
        }
        catch (NpgsqlException problem)
        {
            Console.Error.WriteLine($"The database: {problem.Message}");
            return 2;
        }
    }

    /// <summary>On a terminal: participants so far.</summary>
    internal sealed class Progress : IProgress<long>
    {
        long _participants;

        public void Report(long value)
        {
            var participants = Interlocked.Add(ref _participants, value);
            if (!Console.IsOutputRedirected)
                Console.Write($"\r{participants:N0} participants summarised   ");
        }
    }
}
