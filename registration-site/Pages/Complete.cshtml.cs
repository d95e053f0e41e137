using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;

namespace RegistrationSite.Pages;

/// <summary>Where Open Humans sends the browser back to; the address is registered there.</summary>
public sealed class CompleteModel(SignIn signIn) : PageModel
{
    public string Problem { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(string? code, string? state, string? error)
    {
        if (error is not null || code is null || state is null)
        {
            Problem = error == "access_denied" ? "You did not allow the connection on Open Humans, so nothing was set up." : "Open Humans did not complete the sign-in.";
            return Page();
        }
        try
        {
            await signIn.CompleteAsync(HttpContext, code, state);
            return RedirectToPage("/MyData");
        }
        catch (SignInStaleException)
        {
            Problem = "This sign-in was started in another browser window, or too long ago. Please start again here.";
        }
        catch (OpenHumansException problem)
        {
            Problem = problem is OpenHumansRefusedException
                ? "Open Humans did not accept the sign-in; it may have taken too long. Please start again."
                : "Open Humans does not answer at the moment. Please try again in a few minutes.";
        }
        return Page();
    }
}
