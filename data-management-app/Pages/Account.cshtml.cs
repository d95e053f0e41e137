using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>Password and second factor of who is signed in.</summary>
[Authorize]
public sealed class AccountModel(Users users, SecondFactor secondFactor) : PageModel
{
    [BindProperty, Required(ErrorMessage = "Please give your present password."), StringLength(200), DataType(DataType.Password)]
    public string? Present { get; set; }

    [BindProperty, Required(ErrorMessage = "Please choose a password."), DataType(DataType.Password)]
    [StringLength(200, MinimumLength = InvitationModel.Shortest, ErrorMessage = "The password needs at least 12 characters.")]
    public string? Password { get; set; }

    [BindProperty, DataType(DataType.Password), Compare(nameof(Password), ErrorMessage = "The two are not the same.")]
    public string? Repeated { get; set; }

    [BindProperty]
    public bool EndTokens { get; set; } = true;

    [BindProperty]
    public string? Code { get; set; }

    public AppUser Person { get; private set; } = null!;

    public int RecoveryLeft { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        await FillAsync(cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        if (ModelState.IsValid && !await users.ChangePasswordAsync(Person, Present!, Password!, EndTokens, cancellationToken))
            ModelState.AddModelError(nameof(Present), "That is not your present password, or the account is locked for a quarter of an hour after several wrong ones.");
        if (!ModelState.IsValid)
            return Page();
        await Session.SignInAsync(HttpContext, (await users.FindAsync(Person.Id, cancellationToken))!, Session.HasSecond(User));
        TempData["Done"] = $"Your password is changed. Every other session has ended{(EndTokens ? ", and so have your access tokens" : "; your access tokens go on")}.";
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRemoveSecondFactorAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        await FillAsync(cancellationToken);
        if (Code is not { Length: > 0 and <= 20 } || !await secondFactor.CheckAsync(Person.Id, Code, cancellationToken))
        {
            ModelState.AddModelError(nameof(Code), SecondFactorModel.Wrong);
            return Page();
        }
        await secondFactor.RemoveAsync(Person.Id, Person.Id, cancellationToken);
        await HttpContext.SignOutAsync();
        TempData["Done"] = "The second factor is removed. Please sign in again.";
        return RedirectToPage("/SignIn");
    }

    public async Task<IActionResult> OnPostSignOutEverywhereAsync(CancellationToken cancellationToken)
    {
        await users.EndSessionsAsync(Session.UserId(User), cancellationToken);
        await HttpContext.SignOutAsync();
        TempData["Done"] = "You are signed out, here and everywhere else.";
        return RedirectToPage("/SignIn");
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        Person = (await users.FindAsync(Session.UserId(User), cancellationToken))!;
        RecoveryLeft = await secondFactor.LeftAsync(Person.Id, cancellationToken);
    }
}
