using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>The outbox: what was mailed to whom, what waits and why, never what it says.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class MailsModel(Outbox outbox, Postman postman, TimeProvider clock) : PageModel
{
    /// <summary>Only these; null: all.</summary>
    [BindProperty(SupportsGet = true)]
    public string? State { get; set; }

    [BindProperty(SupportsGet = true)]
    public int From { get; set; }

    public IReadOnlyList<OutboxRow> Rows { get; private set; } = [];

    public IReadOnlyDictionary<string, int> Counts { get; private set; } = null!;

    public PageLinks Links { get; private set; } = null!;

    public bool HasMailServer => postman.HasServer;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var read = await outbox.ListAsync(State is "waiting" or "sent" or "failed" ? State : null, PageLinks.Skip(From), PageLinks.Read, cancellationToken);
        Counts = await outbox.CountsAsync(cancellationToken);
        (Rows, Links) = ([.. read.Take(PageLinks.Shown)], PageLinks.Of(Request, From, read.Count));
    }

    public async Task<IActionResult> OnPostAsync(long mailId, CancellationToken cancellationToken)
    {
        if (await outbox.RetryAsync(mailId, Session.UserId(User), cancellationToken))
            TempData["Done"] = "It is sent with the next beat.";
        else
            TempData["NotDone"] = "It is being sent just now, or was sent.";
        return RedirectToPage(new { State });
    }
}
