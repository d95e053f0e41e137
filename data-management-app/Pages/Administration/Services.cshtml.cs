using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServiceDefaults;

namespace DataManagementApp.Pages.Administration;

/// <summary>Whether the other services are ready, and what runs of each, asked as the page is opened.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class ServicesModel(ServicesHealth health, ServiceInstances instances, HealthCheckService own, IHostEnvironment host, TimeProvider clock) : PageModel
{
    /// <summary>What the portal says of itself.</summary>
    public ServiceHealth Own { get; private set; } = null!;

    public IReadOnlyList<ServiceHealth> Services { get; private set; } = [];

    public IReadOnlyList<ServiceInstance> Instances { get; private set; } = [];

    public DateTime Now { get; } = clock.GetUtcNow().UtcDateTime;

    public Look.When When => new(Now);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var found = instances.FindAsync(cancellationToken);
        Services = await health.AskAsync(cancellationToken);
        Instances = await found;
        var report = await own.CheckHealthAsync(cancellationToken);
        var parts = PartHealth.Failing(report);
        Own = new(ServiceHost.NameOf(host), report.Status != HealthStatus.Unhealthy, (report.Status, parts.Count) switch
        {
            (HealthStatus.Unhealthy, _) => "runs, but is not ready",
            (_, 0) => "ready: you see this page",
            _ => "ready, but not all is well",
        }, report.TotalDuration, parts);
    }
}
