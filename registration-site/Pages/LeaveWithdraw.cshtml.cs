using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class LeaveWithdrawModel(OwnAccount own) : PageModel
{
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        TempData["Done"] = "You share with nobody. Your data is hidden from researchers now.";
        try
        {
            await own.SetConsentAsync(OwnAccount.IdOf(User), SharedProjects.None, null, cancellationToken);
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            // the ledger has it, and that counts; only the small file in their account still says the old
            TempData["Done"] = "You share with nobody. Your data is hidden from researchers now. The small file about it in your Open Humans account could not be changed; that does not matter here.";
        }
        return RedirectToPage("/Leave", null, "sharing");
    }
}
