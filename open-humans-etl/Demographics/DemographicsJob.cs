using Quartz;

namespace OpenHumansEtl.Demographics;

/// <summary>Reads the surveys that are due; one that cannot be read is due again at the next beat and delays no other.</summary>
[DisallowConcurrentExecution]
public sealed class DemographicsJob(DemographicsLoad load, DemographicsOptions options, ILogger<DemographicsJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        foreach (var survey in await load.DueAsync(options.Every, cancellationToken))
        {
            try
            {
                var result = await load.RunAsync(survey, cancellationToken);
                log.Log(result.Missing.Count > 0 ? LogLevel.Warning : LogLevel.Information,
                    "Survey {Survey}: {Read} rows read, {Matched} participants, {New} new, {Updated} updated, {Unchanged} unchanged, {Removed} removed, {Dropped} rows or values dropped, {Missing} headings missing",
                    result.Survey, result.Read, result.Matched, result.New, result.Updated, result.Unchanged, result.Removed, result.Dropped.Values.Sum(), result.Missing.Count);
            }
            catch (SurveyUnreadableException problem)
            {
                log.LogError("Survey {Survey} could not be read, nothing was changed: {Problem}", survey.Name, problem.Message);
            }
        }
    }
}
