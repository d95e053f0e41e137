using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Npgsql;

namespace DataManagementApp.Pages.Administration;

/// <summary>What waits for an administrator.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class IndexModel(Review review, Outbox outbox, Postman postman, NpgsqlDataSource db) : PageModel
{
    public int Waiting { get; private set; }

    /// <summary>By state.</summary>
    public IReadOnlyDictionary<string, int> Mails { get; private set; } = null!;

    public CopyingQueue Copies { get; private set; } = null!;

    public LoadTotals Loads { get; private set; } = null!;

    public bool HasMailServer => postman.HasServer;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Waiting = await review.WaitingAsync(cancellationToken);
        Mails = await outbox.CountsAsync(cancellationToken);
        Copies = (await CopyingReport.ReadAsync(db, null, cancellationToken)).Queue;
        Loads = (await LoadsReport.ReadAsync(db, cancellationToken)).Totals;
    }
}
