using DataManagementApp.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[AllowAnonymous]
public sealed class ConditionsModel(AcceptedTerms terms) : PageModel
{
    [BindProperty]
    public bool Accepted { get; set; }

    /// <summary>A grant of theirs that is to last longer.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Renew { get; set; }

    public IActionResult OnPost()
    {
        if (Accepted)
            return RedirectToPage("/Apply", new { accepted = terms.Make(), Renew });
        ModelState.AddModelError(nameof(Accepted), "Nobody gets data without accepting them. Please tick the box if you do.");
        return Page();
    }
}
