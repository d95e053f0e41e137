using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults;

/// <summary>
/// Whether all services run with the same <c>Secrets__Key</c>: what one seals under another, the others cannot open. Each notes the id of its key
/// (four bytes of a hash of it, which every sealed value carries anyway) in <c>public.deployment_key</c> when it starts.
/// </summary>
public sealed class DeploymentKey(NpgsqlDataSource db, SecretBox secrets, ILogger<DeploymentKey> log) : IHostedService, IHealthCheck
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (var connection = await db.OpenConnectionAsync(cancellationToken))
                await connection.ExecuteAsync(new CommandDefinition("select public.note_deployment_key(@Id)", new { Id = (long)secrets.CurrentKeyId }, cancellationToken: cancellationToken));
            if (await ProblemAsync(cancellationToken) is { } problem)
                log.LogError("{Problem:l}", problem);
        }
        catch (NpgsqlException problem)
        {
            log.LogWarning("The id of the deployment key could not be noted ({Problem}).", problem.GetType().Name);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <returns>Who runs with another key, and what to do; null: nobody, or the database does not answer.</returns>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await db.OpenConnectionAsync(cancellationToken);
            var others = (await connection.QueryAsync<string>(new CommandDefinition("select replace(service, '_', '-') from public.deployment_key where key_id <> @Id and service <> current_user order by service",
                new { Id = (long)secrets.CurrentKeyId }, cancellationToken: cancellationToken))).ToList();
            return others.Count == 0 ? null : $"Secrets__Key is not the one with which {string.Join(", ", others)} started last: set the same key for all services, then start them anew.";
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await ProblemAsync(cancellationToken) is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();
}
