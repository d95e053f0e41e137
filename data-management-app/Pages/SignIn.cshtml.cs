using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class SignInModel(Users users) : PageModel
{
    [BindProperty, Required(ErrorMessage = "Please give your e-mail address.")]
    public string Email { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Please give your password."), DataType(DataType.Password), StringLength(200)]
    public string Password { get; set; } = "";

    public IActionResult OnGet() => User.Identity?.IsAuthenticated == true ? RedirectToPage("/Exports") : Page();

    public async Task<IActionResult> OnPostAsync(string? returnUrl, CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid)
            return Page();
        if (await EvenTime.SpendAsync(() => users.SignInAsync(Email, Password, cancellationToken), cancellationToken) is not { } user)
        {
            ModelState.AddModelError("", "E-mail and password do not fit, or the account is locked for a quarter of an hour after several wrong tries.");
            return Page();
        }
        return await Session.BeginAsync(this, user, returnUrl);
    }
}
