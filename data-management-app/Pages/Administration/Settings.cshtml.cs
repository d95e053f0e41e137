using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>The configuration as it runs, without secrets.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class SettingsModel(IServiceProvider services) : PageModel
{
    public IReadOnlyList<Setting> Settings { get; private set; } = [];

    public void OnGet() => Settings = RunningConfiguration.Of(services);
}
