using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class InvitationModel(Invitations invitations, Users users) : PageModel
{
    public const int Shortest = 12;

    [BindProperty(SupportsGet = true)]
    public string Token { get; set; } = "";

    [BindProperty, Required(ErrorMessage = "Please choose a password."), DataType(DataType.Password)]
    [StringLength(200, MinimumLength = Shortest, ErrorMessage = "The password needs at least 12 characters.")]
    public string Password { get; set; } = "";

    [BindProperty, DataType(DataType.Password), Compare(nameof(Password), ErrorMessage = "The two are not the same.")]
    public string? Repeated { get; set; }

    public bool Works { get; private set; } = true;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        Works = await invitations.FindAsync(Token, cancellationToken) is not null;
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid)
        {
            Works = await invitations.FindAsync(Token, cancellationToken) is not null;
            return Page();
        }
        if (await invitations.AcceptAsync(Token, Password, cancellationToken) is not var (userId, tokens))
        {
            Works = false;
            return Page();
        }
        if (tokens > 0)
            TempData["Done"] = $"Your password is set. {(tokens == 1 ? "Your access token has" : $"Your {tokens} access tokens have")} ended with the old one: programs need new ones.";
        return await Session.BeginAsync(this, (await users.FindAsync(userId, cancellationToken))!);
    }
}
