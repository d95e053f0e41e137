using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>One application with its messages, and its decision.</summary>
[Authorize(Roles = Session.Reviewer)]
public sealed class ReviewApplicationModel(Applications applications, Review review, Users users, TimeProvider clock) : PageModel
{
    [BindProperty]
    public string? Message { get; set; }

    [BindProperty]
    public bool OpenAps { get; set; }

    [BindProperty]
    public bool Nsf { get; set; }

    [BindProperty]
    public int Months { get; set; } = 12;

    [BindProperty]
    public string? Study { get; set; }

    [BindProperty]
    public string? Reason { get; set; }

    public Application Application { get; private set; } = null!;

    /// <summary>Earlier ones of the same e-mail.</summary>
    public IReadOnlyList<Application> Others { get; private set; } = [];

    public ThreadView Thread { get; private set; } = null!;

    /// <summary>When the applicant's account was deactivated; null: it is not.</summary>
    public DateTime? Deactivated { get; private set; }

    /// <summary>Why it could not be decided so.</summary>
    public string? Problem { get; private set; }

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public async Task<IActionResult> OnGetAsync(long id, CancellationToken cancellationToken)
    {
        ModelState.Clear();
        if (!await FillAsync(id, null, cancellationToken))
            return NotFound();
        (OpenAps, Nsf, Study) = (Application.OpenAps, Application.Nsf, Application.Study);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(long id, CancellationToken cancellationToken)
    {
        if (!await FillAsync(id, ThreadView.Check(Message), cancellationToken))
            return NotFound();
        (OpenAps, Nsf, Study) = (Application.OpenAps, Application.Nsf, Application.Study);
        if (Thread.Problem is not null)
            return Page();
        if (await applications.WriteAsync(Application, Session.UserId(User), Typed.Lines(Message), cancellationToken))
            TempData["Done"] = "Your message was sent.";
        else
            TempData["NotDone"] = "The message was not sent: there are too many here already.";
        return RedirectToPage(new { id });
    }

    public Task<IActionResult> OnPostApproveAsync(long id, CancellationToken cancellationToken) => DecideAsync(id, "Approved. The applicant is told by mail.",
        reviewer => review.ApproveAsync(id, reviewer, new(OpenAps, Nsf, Months, Typed.Line(Study)), cancellationToken), cancellationToken);

    public async Task<IActionResult> OnPostRefuseAsync(long id, CancellationToken cancellationToken)
    {
        var answer = await DecideAsync(id, "Refused. The applicant is told by mail.", reviewer => review.RefuseAsync(id, reviewer, Typed.Lines(Reason), cancellationToken), cancellationToken);
        if (answer is PageResult)
            (OpenAps, Nsf, Study) = (Application.OpenAps, Application.Nsf, Application.Study); // what the form beside was not sent with
        ModelState.Clear();
        return answer;
    }

    async Task<IActionResult> DecideAsync(long id, string done, Func<AppUser, Task> decide, CancellationToken cancellationToken)
    {
        try
        {
            await decide((await users.FindAsync(Session.UserId(User), cancellationToken))!);
        }
        catch (UndecidableException problem)
        {
            Problem = problem.Message;
            if (await FillAsync(id, null, cancellationToken))
                return Page();
            TempData["NotDone"] = problem.Message; // another took its place
            return RedirectToPage("/Review");
        }
        TempData["Done"] = done;
        return RedirectToPage("/Review");
    }

    async Task<bool> FillAsync(long id, string? problem, CancellationToken cancellationToken)
    {
        if (await applications.FindAsync(id, cancellationToken) is not { } application)
            return false;
        Application = application;
        Deactivated = application.Processed ? null : await review.DeactivatedAsync(application.Email, cancellationToken);
        Others = [.. (await applications.OfAsync(application.Email, cancellationToken)).Where(other => other.SeqId != id)];
        Thread = new(await applications.MessagesAsync(id, cancellationToken), application.Name, ForReviewers: true, !applications.IsClosed(application), $"/review/{id}", Token: null, Id: null,
            problem is null ? null : Message, problem);
        return true;
    }
}
