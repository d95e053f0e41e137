using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

/// <summary>The form of an application: of anybody, of a user for a further study, or for a renewal.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class ApplyModel(Applications applications, Studies studies, Users users, AcceptedTerms terms, TimeProvider clock) : PageModel
{
    [BindProperty]
    public ApplicationForm Form { get; set; } = new();

    /// <summary>That the conditions were accepted on the page before: see <see cref="AcceptedTerms"/>.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Accepted { get; set; }

    /// <summary>A grant of theirs that is to last longer.</summary>
    [BindProperty(SupportsGet = true)]
    public long? Renew { get; set; }

    /// <summary>Null: nobody is signed in.</summary>
    public string? SignedInAs { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        if (terms.Read(Accepted) is null)
            return RedirectToPage("/Conditions", new { Renew });
        if (await SignedInAsync(cancellationToken) is not { } user)
            return Renew is null ? Page() : NotFound();
        Form.Name = user.Name;
        if (Renew is null)
            return Page();
        if (await RenewedAsync(user, cancellationToken) is not { } study)
            return NotFound();
        (Form.OpenAps, Form.Nsf, Form.Study) = (study.OpenAps, study.Nsf, study.Name);
        if ((await applications.OfAsync(user.Email, cancellationToken)).FirstOrDefault(before => before.GrantId == study.GrantId) is { } before)
            (Form.Phone, Form.Organisation, Form.Irb, Form.Sponsor, Form.Description) = (before.Phone, before.Organisation, before.Irb, before.Sponsor, before.Description);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (terms.Read(Accepted) is not { } accepted)
            return RedirectToPage("/Conditions", new { Renew }); // they changed while the form was filled in
        var user = await SignedInAsync(cancellationToken);
        if (Renew is not null && (user is null || await RenewedAsync(user, cancellationToken) is null))
            return NotFound();
        var email = user?.Email ?? Typed.Email(Form.Email);
        if (user is not null)
            ModelState.Remove("Form.Email");
        else if (email is null && ModelState["Form.Email"]?.Errors.Count is null or 0)
            ModelState.AddModelError("Form.Email", "That is not an e-mail address we can write to.");
        if (!Form.OpenAps && !Form.Nsf)
            ModelState.AddModelError("Form.OpenAps", "Please choose at least one.");
        foreach (var (field, value) in new[] { (nameof(Form.Name), Form.Name), (nameof(Form.Phone), Form.Phone), (nameof(Form.Organisation), Form.Organisation), (nameof(Form.Study), Form.Study), (nameof(Form.Description), Form.Description) })
            if (Typed.Lines(value).Length == 0 && ModelState[$"Form.{field}"]?.Errors.Count is null or 0)
                ModelState.AddModelError($"Form.{field}", ApplicationForm.Required); // blanks, or what cannot be seen
        if (!ModelState.IsValid)
            return Page();
        if (user is null)
        {
            await EvenTime.SpendAsync(async () =>
            {
                await applications.ApplyAsync(Form, email!, accepted, cancellationToken);
                return true;
            }, cancellationToken);
            return RedirectToPage("/Code", new { sent = "application" });
        }
        if (await applications.ApplyAsync(Form, user, accepted, Renew, cancellationToken) is null)
        {
            ModelState.AddModelError("", $"You have sent {Applications.MostApplicationsPerDay} applications within a day, and every reviewer got each of them. Please wait until tomorrow.");
            return Page();
        }
        TempData["Done"] = "The reviewers have your application. They answer by mail, usually within two weeks.";
        return RedirectToPage("/Studies");
    }

    async Task<AppUser?> SignedInAsync(CancellationToken cancellationToken)
    {
        var user = User.Identity?.IsAuthenticated == true ? await users.FindAsync(Session.UserId(User), cancellationToken) : null;
        SignedInAs = user?.Email;
        return user;
    }

    /// <returns>Null: it is not theirs, was revoked, or lasts for long.</returns>
    async Task<Study?> RenewedAsync(AppUser user, CancellationToken cancellationToken) =>
        (await studies.OfAsync(user.Id, cancellationToken)).FirstOrDefault(study => study.GrantId == Renew && study.IsRenewable(clock.GetUtcNow().UtcDateTime));
}
