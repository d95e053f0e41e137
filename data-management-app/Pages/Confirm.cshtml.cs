using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

/// <summary>Confirms the e-mail of an application: by a button, because programs that look for viruses open links.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class ConfirmModel(Applications applications, OneTimeLinks links) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Token { get; set; }

    public bool Works { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken) => Works = await links.FindAsync(Token, cancellationToken, OneTimeLinks.Application) is not null;

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (await applications.ConfirmAsync(Token, cancellationToken) is not { } seqId)
            return Page();
        TempData["Done"] = "Thank you. The reviewers have your application; they answer by mail, usually within two weeks.";
        return LocalRedirect(applications.ThreadLink(seqId).PathAndQuery);
    }
}
