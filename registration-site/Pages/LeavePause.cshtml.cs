using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class LeavePauseModel(Leaving leaving, ConsentLedger ledger) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.LeavePause");

    public bool SharesNothing { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken) => SharesNothing = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).SharesNothing;

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await leaving.PauseAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = T["Done"];
        return RedirectToPage("/Leave");
    }
}
