using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

/// <summary>An application as its applicant sees it: by the link of a mail, or signed in, by its number.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class ApplicationModel(Applications applications, Users users) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Token { get; set; }

    /// <summary>For who is signed in.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Id { get; set; }

    [BindProperty]
    public string? Message { get; set; }

    public Application? Application { get; private set; }

    public IReadOnlyList<ThreadMessage> Messages { get; private set; } = [];

    public ThreadView Thread => new(Messages, "You", ForReviewers: false, IsOpen: true, "/application", Token, Id, Message, _problem);

    string? _problem;

    public Task OnGetAsync(CancellationToken cancellationToken) => FillAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        if (Application is null)
            return Page();
        _problem = ThreadView.Check(Message);
        if (_problem is null && !await applications.WriteAsync(Application, reviewerId: null, Typed.Lines(Message), cancellationToken))
            _problem = "You wrote so much, here or within the last hour, that no more is taken for now. Please wait for an answer by mail.";
        if (_problem is not null)
            return Page();
        TempData["Done"] = "Your message was sent.";
        return RedirectToPage(new { Token, Id });
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        Application = await applications.OpenThreadAsync(Token, cancellationToken);
        if (Application is null && Id is { } id && User.Identity?.IsAuthenticated == true && await users.FindAsync(Session.UserId(User), cancellationToken) is { } user)
            Application = await applications.FindAsync(id, cancellationToken) is { } found && found.Email == user.Email && !applications.IsClosed(found) ? found : null;
        if (Application is not null)
            Messages = await applications.MessagesAsync(Application.SeqId, cancellationToken);
    }
}
