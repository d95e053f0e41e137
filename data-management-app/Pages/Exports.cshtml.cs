using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[Authorize]
public sealed class ExportsModel(ExportQueue queue, Grants grants, Audit audit, PortalOptions options, TimeProvider clock) : PageModel
{
    [BindProperty, Required(ErrorMessage = "Please choose what to download.")]
    public string Entity { get; set; } = "all";

    [BindProperty, Required(ErrorMessage = "Please choose a format.")]
    public string Format { get; set; } = "csv";

    [BindProperty, Required(ErrorMessage = "Please give the first day.")]
    public DateOnly? From { get; set; }

    [BindProperty, Required(ErrorMessage = "Please give the last day.")]
    public DateOnly? To { get; set; }

    public Grant? Grant { get; private set; }

    public IReadOnlyList<ExportRow> Exports { get; private set; } = [];

    public int KeptDays => (int)options.KeepExports.TotalDays;

    public string Commons => Grant switch
    {
        { OpenAps: true, Nsf: true } => "the OpenAPS Data Commons and the Nightscout Data Commons",
        { OpenAps: true } => "the OpenAPS Data Commons",
        _ => "the Nightscout Data Commons",
    };

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        To = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        From = To.Value.AddDays(-29);
        await FillAsync(cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ExportEntity.Choices.ContainsKey(Entity ?? ""))
            ModelState.AddModelError(nameof(Entity), "There is no such data.");
        if (Format is not ("csv" or "json"))
            ModelState.AddModelError(nameof(Format), "There is no such format.");
        if (To < From)
            ModelState.AddModelError(nameof(To), "The last day is before the first.");
        await FillAsync(cancellationToken);
        if (Grant is null || !ModelState.IsValid)
            return Page();
        await queue.AddAsync(Grant, new(Entity!, Format, From!.Value, To!.Value), cancellationToken);
        await audit.NoteAsync(Grant.UserId, "export", $"{Entity} {Format} {From:yyyy-MM-dd} {To:yyyy-MM-dd}", cancellationToken);
        return RedirectToPage();
    }

    public static string Name(string entity) => entity switch
    {
        "all" => "Everything",
        "entries" => "Entries (glucose)",
        "treatments" => "Treatments",
        "device_status" => "Device status",
        "profile" => "Profiles",
        _ => entity,
    };

    public static string Size(long? bytes) => bytes switch
    {
        null => "",
        < 1024 * 1024 => $"{Math.Max(1, bytes.Value / 1024):N0} KB",
        _ => $"{bytes.Value / 1048576.0:N1} MB",
    };

    async Task FillAsync(CancellationToken cancellationToken)
    {
        var userId = Session.UserId(User);
        Grant = await grants.CurrentAsync(userId, cancellationToken);
        Exports = await queue.OfUserAsync(userId, cancellationToken);
    }
}
