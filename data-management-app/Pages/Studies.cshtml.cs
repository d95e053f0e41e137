using System.Security.Claims;
using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>A user's grants, which of them they work in, and their applications.</summary>
[Authorize]
public sealed class StudiesModel(Studies studies, Applications applications, TimeProvider clock) : PageModel
{
    public IReadOnlyList<Study> Studies { get; private set; } = [];

    public IReadOnlyList<Application> Applications { get; private set; } = [];

    public DateTime Now { get; } = clock.GetUtcNow().UtcDateTime;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Studies = await studies.OfAsync(Session.UserId(User), cancellationToken);
        Applications = [.. (await applications.OfAsync(User.FindFirstValue(ClaimTypes.Email)!, cancellationToken)).Where(application => !applications.IsClosed(application))];
    }

    public async Task<IActionResult> OnPostAsync(long grantId, CancellationToken cancellationToken)
    {
        if (!await studies.ChooseAsync(Session.UserId(User), grantId, cancellationToken))
            return NotFound();
        TempData["Done"] = "From now on you work in this study.";
        return RedirectToPage();
    }

    public static string State(Study study, DateTime now) =>
        study.RevokedAt is { } revoked ? $"revoked on {revoked:d MMM yyyy}" : study.ExpiresAt <= now ? $"ended on {study.ExpiresAt:d MMM yyyy}" : $"until {study.ExpiresAt:d MMM yyyy}";
}
