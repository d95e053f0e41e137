using DataManagementApp.Accounts;
using DataManagementApp.Alerts;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>What is wrong now, since when, and when it was told; and what is over.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class AlertsModel(AlertBook book, SlackQueue slack, AlertOptions options, TimeProvider clock) : PageModel
{
    const int Longest = 100;

    public AlertOptions Options => options;

    /// <summary>How they are told.</summary>
    public IReadOnlyList<string> Ways { get; private set; } = [];

    /// <summary>Why Slack did not take the newest message; null: it did, or there was none.</summary>
    public string? SlackProblem { get; private set; }

    public IReadOnlyList<AlertRow> Open { get; private set; } = [];

    public IReadOnlyList<AlertRow> Ended { get; private set; } = [];

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var rows = await book.ListAsync(Longest, cancellationToken);
        (Open, Ended) = ([.. rows.Where(row => row.EndedAt is null)], [.. rows.Where(row => row.EndedAt is not null)]);
        var recipients = (await book.RecipientsAsync(cancellationToken)).Count;
        Ways = [.. recipients == 0 ? [] : new[] { recipients == 1 ? "mail to 1 address" : $"mail to {recipients} addresses" }, .. options.HasSlack ? new[] { "Slack" } : []];
        SlackProblem = options.HasSlack ? (await slack.NewestAsync(cancellationToken))?.Problem : null;
    }
}
