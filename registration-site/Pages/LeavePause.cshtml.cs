using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class LeavePauseModel(Leaving leaving) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.LeavePause");

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await leaving.PauseAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = T["Done"];
        return RedirectToPage("/Leave");
    }
}
