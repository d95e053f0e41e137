using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>Personal access tokens: made, seen once, revoked.</summary>
[Authorize]
public sealed class TokensModel(AccessTokens tokens, Grants grants, Users users, SecondFactor secondFactor, PortalOptions options) : PageModel
{
    /// <summary>How long a token may work, in days.</summary>
    public static IReadOnlyList<int> Lives { get; } = [7, 30, 90, 365];

    const string NoName = "Please give it a name by which you know it again, for instance “laptop”.";

    [BindProperty, Required(ErrorMessage = NoName), StringLength(60, ErrorMessage = "Please choose a shorter name: 60 characters at most.")]
    public string? Name { get; set; }

    [BindProperty]
    public string[] Scope { get; set; } = [Scopes.Read, Scopes.Download];

    [BindProperty]
    public int Days { get; set; } = 90;

    /// <summary>That it is really them: a code of the second factor, or without one the password.</summary>
    [BindProperty]
    public string? Proof { get; set; }

    public AppUser Person { get; private set; } = null!;

    public IReadOnlyList<AccessToken> Tokens { get; private set; } = [];

    public Grant? Grant { get; private set; }

    /// <summary>The token that was just made; shown once.</summary>
    [TempData]
    public string? Made { get; set; }

    public Uri BaseUrl => options.BaseUrl!;

    public async Task OnGetAsync(CancellationToken cancellationToken) => await LoadAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        var scopes = Scope.Distinct().Intersect(Scopes.All).ToList();
        if (scopes.Count == 0)
            ModelState.AddModelError(nameof(Scope), "Please choose at least one thing it may do.");
        if (!Lives.Contains(Days))
            ModelState.AddModelError(nameof(Days), "Please choose one of the times.");
        if (Grant is null)
            ModelState.AddModelError("", "Your access to the data has ended, or was not given yet.");
        if (Typed.Line(Name).Length == 0 && ModelState[nameof(Name)]?.Errors.Count is null or 0)
            ModelState.AddModelError(nameof(Name), NoName);
        if (!ModelState.IsValid)
            return Page();
        if (!await IsProvenAsync(cancellationToken))
        {
            ModelState.AddModelError(nameof(Proof), Person.HasSecondFactor ? SecondFactorModel.Wrong : "That is not your password, or the account is locked for a quarter of an hour after several wrong ones.");
            return Page();
        }
        Made = await tokens.AddAsync(Grant!, Typed.Line(Name), scopes, TimeSpan.FromDays(Days), cancellationToken);
        if (Made is null)
        {
            ModelState.AddModelError("", $"You have {AccessTokens.Most} tokens, which is as many as there may be. Please revoke one that you do not use.");
            return Page();
        }
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRevokeAsync(long id, CancellationToken cancellationToken)
    {
        if (await tokens.RevokeAsync(Session.UserId(User), id, cancellationToken))
            TempData["Done"] = "The token is revoked: it does not work any more.";
        return RedirectToPage();
    }

    async Task<bool> IsProvenAsync(CancellationToken cancellationToken) => Proof is { Length: > 0 and <= 200 }
        && (Person.HasSecondFactor ? await secondFactor.CheckAsync(Person.Id, Proof, cancellationToken) : await users.SignInAsync(Person.Email, Proof, cancellationToken) is not null);

    async Task LoadAsync(CancellationToken cancellationToken)
    {
        var userId = Session.UserId(User);
        Person = (await users.FindAsync(userId, cancellationToken))!;
        Grant = await grants.CurrentAsync(userId, cancellationToken);
        Tokens = await tokens.OfUserAsync(userId, cancellationToken);
    }
}
