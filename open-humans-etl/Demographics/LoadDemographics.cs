using Npgsql;
using ServiceDefaults;

namespace OpenHumansEtl.Demographics;

/// <summary>The operator command <c>load-demographics</c>: reads the surveys now, and says what became of their rows.</summary>
public static class LoadDemographics
{
    /// <returns>0, or 1 when a survey could not be read, or 2 when the command cannot start.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Etl.Build(args);
            await app.Services.GetServices<IHostedService>().OfType<SchemaGate>().Single().StartingAsync(cancellationToken);
            var load = app.Services.GetRequiredService<DemographicsLoad>();
            if (load.Configured.Count == 0)
            {
                await errors.WriteLineAsync("No survey is set: Demographics__OpenApsCsv or Demographics__OpenApsSheet, Demographics__NightscoutCsv or Demographics__NightscoutSheet (.env.example).");
                return 2;
            }
            var failed = 0;
            foreach (var survey in load.Configured)
            {
                try
                {
                    await SayAsync(await load.RunAsync(survey, cancellationToken), output);
                }
                catch (SurveyUnreadableException problem)
                {
                    failed = 1;
                    await errors.WriteLineAsync($"{survey.Name}: not loaded, nothing was changed. {problem.Message}");
                }
            }
            return failed;
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            await errors.WriteLineAsync(text);
            return 2;
        }
        catch (NpgsqlException problem)
        {
            await errors.WriteLineAsync($"The database: {problem.Message}");
            return 2;
        }
    }

    static async Task SayAsync(SurveyResult result, TextWriter output)
    {
        await output.WriteLineAsync($"{result.Survey}: {result.Read} rows read, {result.Matched} participants matched, {result.New} new, {result.Updated} updated, {result.Unchanged} unchanged, {result.Removed} removed");
        foreach (var (reason, count) in result.Dropped)
            await output.WriteLineAsync($"  dropped {count,6}  {reason}");
        foreach (var heading in result.Missing)
            await output.WriteLineAsync($"  no column: {heading}");
    }
}
