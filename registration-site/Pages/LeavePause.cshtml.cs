using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class LeavePauseModel(Leaving leaving) : PageModel
{
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await leaving.PauseAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = "Copying is paused. Nothing is read from your Nightscout any more.";
        return RedirectToPage("/Leave");
    }
}
