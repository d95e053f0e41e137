using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>Personal access tokens: made, seen once, revoked.</summary>
[Authorize]
public sealed class TokensModel(AccessTokens tokens, Grants grants, Audit audit, PortalOptions options) : PageModel
{
    /// <summary>How long a token may work, in days.</summary>
    public static IReadOnlyList<int> Lives { get; } = [7, 30, 90, 365];

    [BindProperty, Required(ErrorMessage = "Please give it a name by which you know it again, for instance “laptop”."), StringLength(60, ErrorMessage = "Please choose a shorter name: 60 characters at most.")]
    public string? Name { get; set; }

    [BindProperty]
    public string[] Scope { get; set; } = [Scopes.Read, Scopes.Download];

    [BindProperty]
    public int Days { get; set; } = 90;

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
        if (!ModelState.IsValid)
            return Page();
        Made = await tokens.AddAsync(Grant!, Name!.Trim(), scopes, TimeSpan.FromDays(Days), cancellationToken);
        if (Made is null)
        {
            ModelState.AddModelError("", $"You have {AccessTokens.Most} tokens, which is as many as there may be. Please revoke one that you do not use.");
            return Page();
        }
        await audit.NoteAsync(Grant!.UserId, "token made", string.Join(' ', scopes), cancellationToken);
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRevokeAsync(long id, CancellationToken cancellationToken)
    {
        var userId = Session.UserId(User);
        if (await tokens.RevokeAsync(userId, id, cancellationToken))
        {
            await audit.NoteAsync(userId, "token revoked", $"token {id}", cancellationToken);
            TempData["Done"] = "The token is revoked: it does not work any more.";
        }
        return RedirectToPage();
    }

    async Task LoadAsync(CancellationToken cancellationToken)
    {
        var userId = Session.UserId(User);
        Grant = await grants.CurrentAsync(userId, cancellationToken);
        Tokens = await tokens.OfUserAsync(userId, cancellationToken);
    }
}
