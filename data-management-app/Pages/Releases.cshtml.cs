using DataManagementApp.Accounts;
using DataManagementApp.Api;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>Frozen versions of the data; administrators also see those that are being built.</summary>
[Authorize]
public sealed class ReleasesModel(Releases releases, Grants grants, Audit audit) : PageModel
{
    public Grant? Grant { get; private set; }

    public IReadOnlyList<Release> Releases { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Grant = await grants.InUseAsync(User, cancellationToken);
        Releases = [.. (await releases.AllAsync(cancellationToken)).Where(release => release.IsReady || User.IsInRole(Session.Administrator))];
        if (Releases.Any(release => release.State is "queued" or "building"))
            Response.Headers["Refresh"] = "5"; // there is something to see soon
    }

    /// <summary>Administrators ask again for one that could not be built.</summary>
    public async Task<IActionResult> OnPostRetryAsync(int number, CancellationToken cancellationToken)
    {
        if (!User.IsInRole(Session.Administrator))
            return NotFound();
        try
        {
            if (await releases.RetryAsync(number, cancellationToken))
            {
                await audit.NoteAsync(Session.UserId(User), "release again", $"release {number}", cancellationToken);
                TempData["Done"] = $"Release {number} is being built again.";
            }
            else
                TempData["NotDone"] = $"Release {number} did not fail, or the access it is made with has ended: renew that first.";
        }
        catch (TooManyExportsException problem)
        {
            TempData["NotDone"] = problem.Message;
        }
        return RedirectToPage();
    }

    public static string Commons(Release release) => release.Commons switch { "openaps" => "OpenAPS Data Commons", "nsf" => "Nightscout Data Commons", _ => "both commons" };

    /// <summary>Releases begin with the first day there is.</summary>
    public static string Days(Release release) => release.ToDay is null ? "all days" : $"up to {release.ToDay:d MMM yyyy}";
}
