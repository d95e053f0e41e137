using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;

namespace RegistrationSite.Pages;

/// <summary>Where Open Humans sends the browser back to; the address is registered there.</summary>
public sealed class CompleteModel(SignIn signIn) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Complete");

    public string Problem { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(string? code, string? state, string? error)
    {
        if (error is not null || code is null || state is null)
        {
            Problem = error == "access_denied" ? T["NotAllowed"] : T["NotCompleted"];
            return Page();
        }
        try
        {
            return RedirectToPage(await signIn.CompleteAsync(HttpContext, code, state) ? "/MyData" : "/Connect");
        }
        catch (SignInStaleException)
        {
            Problem = T["Stale"];
        }
        catch (OpenHumansException problem)
        {
            Problem = problem is OpenHumansRefusedException
                ? T["Refused"]
                : T["NoAnswer"];
        }
        return Page();
    }
}
