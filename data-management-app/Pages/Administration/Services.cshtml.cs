using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>Whether the other services are ready, and what runs of each, asked as the page is opened.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class ServicesModel(ServicesHealth health, ServiceInstances instances, TimeProvider clock) : PageModel
{
    public IReadOnlyList<ServiceHealth> Services { get; private set; } = [];

    public IReadOnlyList<ServiceInstance> Instances { get; private set; } = [];

    public DateTime Now { get; } = clock.GetUtcNow().UtcDateTime;

    public Look.When When => new(Now);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var found = instances.FindAsync(cancellationToken);
        Services = await health.AskAsync(cancellationToken);
        Instances = await found;
    }
}
