using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Npgsql;

namespace DataManagementApp.Pages;

[Authorize]
public sealed class ExportsModel(ExportQueue queue, ExportEstimates estimates, Grants grants, Audit audit, NpgsqlDataSource db, PortalOptions options, TimeProvider clock) : PageModel
{
    /// <summary>Rows of made-up records of one file.</summary>
    public sealed record Sample(ExportEntity Entity, IReadOnlyList<IReadOnlyList<string>> Rows);

    [BindProperty, Required(ErrorMessage = "Please choose what to download.")]
    public string Entity { get; set; } = "all";

    [BindProperty, Required(ErrorMessage = "Please choose a format.")]
    public string Format { get; set; } = "csv";

    [BindProperty]
    public bool AllDays { get; set; }

    [BindProperty]
    public DateOnly? From { get; set; }

    [BindProperty]
    public DateOnly? To { get; set; }

    /// <summary>Empty: any that the grant covers.</summary>
    [BindProperty]
    public string? Commons { get; set; }

    [BindProperty]
    public int? MinDays { get; set; }

    [BindProperty]
    public bool PerParticipant { get; set; }

    [BindProperty]
    public string[] Columns { get; set; } = [];

    /// <summary>look: show a sample and an estimate, and build nothing.</summary>
    [BindProperty]
    public string? Step { get; set; }

    public Grant? Grant { get; private set; }

    public IReadOnlyList<ExportRow> Exports { get; private set; } = [];

    /// <summary>Of the exports that are ready, by export.</summary>
    public ILookup<long, ExportedFile> Files { get; private set; } = Array.Empty<ExportedFile>().ToLookup(_ => 0L);

    public ExportEstimate? Estimate { get; private set; }

    public IReadOnlyList<Sample> Samples { get; private set; } = [];

    public int KeptDays => (int)options.KeepExports.TotalDays;

    public DateTimeOffset Now => clock.GetUtcNow();

    public string Covers => Access.Commons.Name(Grant!.OpenAps, Grant.Nsf);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        To = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        From = To.Value.AddDays(-29);
        await FillAsync(cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        if (Grant is null)
            return Page();
        var request = Read();
        foreach (var (property, problem) in request.Problems(Grant))
            ModelState.AddModelError(property, problem);
        if (!ModelState.IsValid)
            return Page();
        if (Step == "look")
        {
            await LookAsync(request, cancellationToken);
            return Page();
        }
        try
        {
            await queue.AddAsync(Grant, request, cancellationToken);
        }
        catch (TooManyExportsException problem)
        {
            ModelState.AddModelError("", problem.Message);
            return Page();
        }
        await audit.NoteAsync(Grant.UserId, "export", request.Summary, CancellationToken.None); // it is asked for: whoever goes away now must not go unwritten
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostCancelAsync(long id, CancellationToken cancellationToken)
    {
        if (await queue.CancelAsync(id, Session.UserId(User), cancellationToken))
            await audit.NoteAsync(Session.UserId(User), "export cancelled", $"export {id}", CancellationToken.None);
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRetryAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            if (await queue.RetryAsync(id, Session.UserId(User), cancellationToken))
                await audit.NoteAsync(Session.UserId(User), "export again", $"export {id}", CancellationToken.None);
        }
        catch (TooManyExportsException problem)
        {
            TempData["NotDone"] = problem.Message;
        }
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostDeleteAsync(long id, CancellationToken cancellationToken)
    {
        if (await queue.DeleteAsync(id, Session.UserId(User), cancellationToken))
            await audit.NoteAsync(Session.UserId(User), "export deleted", $"export {id}", CancellationToken.None);
        return RedirectToPage();
    }

    ExportRequest Read()
    {
        if (AllDays)
        {
            ModelState.Remove(nameof(From));
            ModelState.Remove(nameof(To));
        }
        else
        {
            Need(nameof(From), From, "Please give the first day.");
            Need(nameof(To), To, "Please give the last day.");
        }
        return new(Entity ?? "", Format ?? "", AllDays ? null : From, AllDays ? null : To)
        {
            Commons = string.IsNullOrEmpty(Commons) ? null : Commons,
            MinDays = MinDays ?? 0,
            Columns = Columns,
            PerParticipant = PerParticipant,
        };
    }

    /// <summary>What is no day has its message already.</summary>
    void Need(string field, DateOnly? day, string message)
    {
        if (day is null && !(ModelState[field]?.Errors.Count > 0))
            ModelState.AddModelError(field, message);
    }

    async Task LookAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        Estimate = await estimates.ReadAsync(Grant!, request, cancellationToken);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var samples = new List<Sample>();
        foreach (var entity in request.Entities)
            samples.Add(new(entity, await SampleRows.TableAsync(connection, entity, request, cancellationToken)));
        Samples = samples;
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        var userId = Session.UserId(User);
        Grant = await grants.CurrentAsync(userId, cancellationToken);
        Exports = await queue.OfUserAsync(userId, cancellationToken);
        var files = new List<(long Export, ExportedFile File)>();
        foreach (var export in Exports.Where(export => export.State == "ready"))
            files.AddRange((await queue.FilesAsync(export.ExportId, cancellationToken)).Select(file => (export.ExportId, file)));
        Files = files.ToLookup(file => file.Export, file => file.File);
    }
}
