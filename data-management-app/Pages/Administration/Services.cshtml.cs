using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>Whether the other services are ready, asked as the page is opened.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class ServicesModel(ServicesHealth health) : PageModel
{
    public IReadOnlyList<ServiceHealth> Services { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken cancellationToken) => Services = await health.AskAsync(cancellationToken);
}
