using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class LeaveWithdrawModel(OwnAccount own, CopyStatus status) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.LeaveWithdraw");

    public bool IsPaused { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken) => IsPaused = (await status.StateAsync(OwnAccount.IdOf(User), cancellationToken)).PausedAt is not null;

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        TempData["Done"] = T["Done"];
        try
        {
            await own.SetConsentAsync(OwnAccount.IdOf(User), SharedProjects.None, null, cancellationToken);
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            // the ledger has it, and that counts; only the small file in their account still says the old
            TempData["Done"] = T["Done.NoFile"];
        }
        return RedirectToPage("/Leave", null, "sharing");
    }
}
