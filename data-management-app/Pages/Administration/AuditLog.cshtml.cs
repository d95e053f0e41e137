using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>The audit log, with filters that can be linked to.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class AuditLogModel(Audit audit) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? What { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Who { get; set; }

    [BindProperty(SupportsGet = true)]
    public DateOnly? Since { get; set; }

    [BindProperty(SupportsGet = true)]
    public DateOnly? Until { get; set; }

    [BindProperty(SupportsGet = true)]
    public int From { get; set; }

    public IReadOnlyList<AuditRow> Rows { get; private set; } = [];

    public IReadOnlyList<string> Actions { get; private set; } = [];

    public PageLinks Links { get; private set; } = null!;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Actions = await audit.ActionsAsync(cancellationToken);
        var read = await audit.ListAsync(Filter(What), Filter(Who), Since, Until, PageLinks.Skip(From), PageLinks.Read, cancellationToken);
        (Rows, Links) = ([.. read.Take(PageLinks.Shown)], PageLinks.Of(Request, From, read.Count));
    }

    static string? Filter(string? text) => Typed.Line(text) is { Length: > 0 } typed ? typed : null;
}
