using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>One user: what they did, what they may read, and what an administrator can change. Nobody changes themselves here.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class UserModel(People people, Studies studies, SecondFactor secondFactor, TimeProvider clock) : PageModel
{
    public static IReadOnlyList<string> Roles { get; } = [Session.Researcher, Session.Reviewer, Session.Administrator];

    [BindProperty(SupportsGet = true)]
    public long Id { get; set; }

    /// <summary>What is to be confirmed: deactivate or revoke; null: nothing.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Confirm { get; set; }

    /// <summary>The access that is to be revoked.</summary>
    [BindProperty(SupportsGet = true)]
    public long? GrantId { get; set; }

    public Person Person { get; private set; } = null!;

    public IReadOnlyList<Study> Studies { get; private set; } = [];

    public DateTime Now { get; } = clock.GetUtcNow().UtcDateTime;

    public When When => new(Now);

    public Study? ToRevoke => Confirm == "revoke" && !IsSelf ? Studies.FirstOrDefault(study => study.GrantId == GrantId && study.IsValid(Now)) : null;

    public bool IsToDeactivate => Confirm == "deactivate" && !IsSelf && !Person.Deactivated;

    /// <summary>What the deactivation took, and a reactivation can give again.</summary>
    public IEnumerable<Study> Taken => Studies.Where(study => study.IsRestorable(Now) && study.RevokedAt == Person.DeactivatedDate);

    public bool IsSelf => Id == Session.UserId(User);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await people.FindAsync(Id, cancellationToken) is not { } person)
            return NotFound();
        (Person, Studies) = (person, await studies.OfAsync(Id, cancellationToken));
        return Page();
    }

    public async Task<IActionResult> OnPostRevokeAsync(long grantId, CancellationToken cancellationToken) =>
        !IsSelf && await studies.RevokeAsync(grantId, Id, Session.UserId(User), cancellationToken) ? Done("The access has ended.") : NotFound();

    public async Task<IActionResult> OnPostRestoreAsync(long grantId, CancellationToken cancellationToken) =>
        !IsSelf && await studies.RestoreAsync(grantId, Id, Session.UserId(User), cancellationToken) ? Done("The access is there again, as it was.") : NotFound();

    public Task<IActionResult> OnPostDeactivateAsync(CancellationToken cancellationToken) =>
        ChangeAsync(person => people.DeactivateAsync(person, Session.UserId(User), cancellationToken), "The account is deactivated, and its sessions have ended.", cancellationToken);

    public Task<IActionResult> OnPostReactivateAsync(long[] grant, CancellationToken cancellationToken) =>
        ChangeAsync(person => people.ReactivateAsync(person.Id, grant, Session.UserId(User), cancellationToken), "The account is active again.", cancellationToken);

    public async Task<IActionResult> OnPostRoleAsync(string? role, CancellationToken cancellationToken) => role is not null && Roles.Contains(role)
        ? await ChangeAsync(person => people.SetRoleAsync(person.Id, role, Session.UserId(User), cancellationToken), "The role is changed.", cancellationToken) : NotFound();

    public Task<IActionResult> OnPostInviteAsync(CancellationToken cancellationToken) =>
        ChangeAsync(person => person is { HasPassword: false, Deactivated: false } ? people.InviteAgainAsync(person, Session.UserId(User), cancellationToken) : Task.CompletedTask, "The invitation is on its way.", cancellationToken);

    public Task<IActionResult> OnPostRemoveSecondFactorAsync(CancellationToken cancellationToken) =>
        ChangeAsync(person => secondFactor.RemoveAsync(person.Id, Session.UserId(User), cancellationToken), "The second factor is removed, and the account's sessions have ended.", cancellationToken);

    async Task<IActionResult> ChangeAsync(Func<Person, Task> change, string done, CancellationToken cancellationToken)
    {
        if (IsSelf || await people.FindAsync(Id, cancellationToken) is not { } person)
            return NotFound();
        await change(person);
        return Done(done);
    }

    RedirectToPageResult Done(string text)
    {
        TempData["Done"] = text;
        return RedirectToPage(new { Id, handler = "", confirm = "", grantId = "" });
    }
}
