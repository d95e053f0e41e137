using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

/// <summary>Ends all sessions of the participant, not only this browser's.</summary>
public sealed class SignOutModel(SignIn signIn) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.SignOut");

    public IActionResult OnGet() => RedirectToPage("/Index");

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (User.Identity?.IsAuthenticated == true)
            await signIn.EndSessionsAsync(OwnAccount.IdOf(User), cancellationToken);
        await HttpContext.SignOutAsync();
        TempData["Done"] = T["Done"];
        return RedirectToPage("/Index");
    }
}
