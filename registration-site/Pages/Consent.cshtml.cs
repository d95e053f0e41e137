using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class ConsentModel(OwnAccount own, ConsentLedger ledger) : PageModel
{
    [BindProperty]
    public bool OpenAps { get; set; }

    [BindProperty]
    public bool Nightscout { get; set; }

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var consent = await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken);
        (OpenAps, Nightscout) = (consent.OpenAps, consent.Nsf);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await own.SetConsentAsync(OwnAccount.IdOf(User), SharedProjects.From(OpenAps, Nightscout), cancellationToken);
        TempData["Done"] = (OpenAps, Nightscout) switch
        {
            (true, true) => "Saved: you share with the OpenAPS Data Commons and the Nightscout Data Commons.",
            (true, false) => "Saved: you share with the OpenAPS Data Commons.",
            (false, true) => "Saved: you share with the Nightscout Data Commons.",
            (false, false) => "Saved: your data is copied to your own account only. What was shared before is hidden from researchers now.",
        };
        return RedirectToPage("/MyData");
    }
}
