using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>An administrator freezes a version of the data.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class NewReleaseModel(Releases releases, ExportEstimates estimates, Grants grants, Audit audit, TimeProvider clock) : PageModel
{
    [BindProperty, Required(ErrorMessage = "Please give it a title."), StringLength(200, ErrorMessage = "Please give a shorter title: 200 characters at most.")]
    public string? Title { get; set; }

    [BindProperty, Required(ErrorMessage = "Please say what is new, for those who know the one before."), StringLength(5000, ErrorMessage = "Please say it in 5,000 characters at most.")]
    public string? Changes { get; set; }

    [BindProperty, Required(ErrorMessage = "Please say how it is to be cited."), StringLength(1000, ErrorMessage = "Please cite it in 1,000 characters at most.")]
    public string? Citation { get; set; }

    [BindProperty]
    public string? Commons { get; set; }

    [BindProperty]
    public string Format { get; set; } = ExportFormat.Parquet;

    /// <summary>Empty: all days.</summary>
    [BindProperty]
    public DateOnly? To { get; set; }

    [BindProperty]
    public int? MinDays { get; set; }

    public Grant? Grant { get; private set; }

    public ExportEstimate? Estimate { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        To = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(-1);
        Citation = $"Diabetes data commons, release of {clock.GetUtcNow():d MMMM yyyy}.";
        Grant = await grants.CurrentAsync(Session.UserId(User), cancellationToken);
        Estimate = Grant is null ? null : await estimates.ReadAsync(Grant, new("all", Format, new(1970, 1, 1), To), cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        Grant = await grants.CurrentAsync(Session.UserId(User), cancellationToken);
        var request = new ExportRequest("all", Format ?? "", To is null ? null : new DateOnly(1970, 1, 1), To) { Commons = string.IsNullOrEmpty(Commons) ? null : Commons, MinDays = MinDays ?? 0, PerParticipant = true };
        if (Grant is null)
            ModelState.AddModelError("", "Your access to the data has ended, or was not given yet: a release is made with it.");
        else
        {
            foreach (var (property, problem) in request.Problems(Grant))
                ModelState.AddModelError(property, problem);
            if (request.Commons is null && !(Grant.OpenAps && Grant.Nsf))
                ModelState.AddModelError(nameof(Commons), "Your access covers one commons only: please choose it.");
        }
        foreach (var (field, text) in new[] { (nameof(Title), Title), (nameof(Changes), Changes), (nameof(Citation), Citation) })
            if (Typed.Lines(text).Length == 0 && ModelState[field]?.Errors.Count is null or 0)
                ModelState.AddModelError(field, "Please fill this in."); // nothing that can be seen
        if (!ModelState.IsValid)
            return Page();
        var number = await releases.AddAsync(Grant!, request, Typed.Line(Title), Typed.Lines(Changes), Typed.Lines(Citation), cancellationToken);
        await audit.NoteAsync(Grant!.UserId, "release made", $"release {number}: {request.Summary}", CancellationToken.None); // it is made: whoever goes away now must not go unwritten
        TempData["Done"] = $"Release {number} is being built. Researchers see it when it is ready.";
        return RedirectToPage("/Releases");
    }
}
