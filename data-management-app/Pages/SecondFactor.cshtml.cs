using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

/// <summary>After the right password: the code of the second factor.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class SecondFactorModel(SecondFactor secondFactor) : PageModel
{
    public const string Wrong = "The code is wrong, used or too old, or the account is locked for a quarter of an hour after several wrong ones.";

    [BindProperty, Required(ErrorMessage = "Please type a code."), StringLength(20, ErrorMessage = "The code has six digits, a recovery code ten letters and digits.")]
    public string? Code { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    public async Task<IActionResult> OnGetAsync()
    {
        ModelState.Clear();
        return await Session.HalfAsync(HttpContext) is { HasSecondFactor: true } ? Page() : RedirectToPage("/SignIn");
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (await Session.HalfAsync(HttpContext) is not { HasSecondFactor: true } user)
            return RedirectToPage("/SignIn");
        if (!ModelState.IsValid)
            return Page();
        if (await secondFactor.CheckAsync(user.Id, Code!, cancellationToken))
            return await Session.EnterAsync(this, user, second: true, ReturnUrl);
        ModelState.AddModelError(nameof(Code), Wrong);
        return Page();
    }
}
