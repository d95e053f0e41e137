using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

public sealed class SignOutModel : PageModel
{
    static readonly Texts T = Texts.Of("Pages.SignOut");

    public IActionResult OnGet() => RedirectToPage("/Index");

    public async Task<IActionResult> OnPostAsync()
    {
        await HttpContext.SignOutAsync();
        TempData["Done"] = T["Done"];
        return RedirectToPage("/Index");
    }
}
