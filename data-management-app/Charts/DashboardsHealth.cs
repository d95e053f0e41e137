using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DataManagementApp.Charts;

/// <summary>Degraded while readers see the built-in charts although Metabase is configured; never unhealthy, since nothing depends on it.</summary>
public sealed class DashboardsHealth(Metabase metabase) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await metabase.ProblemAsync(cancellationToken) is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();
}
