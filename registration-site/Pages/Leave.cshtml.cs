using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

/// <summary>The ways to stop, and how far those are that were chosen.</summary>
[Authorize]
public sealed class LeaveModel(Leaving leaving, CopyStatus status, ConsentLedger ledger, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Leave");

    public DateTime? PausedAt { get; private set; }

    public bool SharesNothing { get; private set; }

    /// <summary>Null: they have not withdrawn.</summary>
    public WithdrawalState? Withdrawal { get; private set; }

    public When When { get; private set; } = null!;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        var state = await status.StateAsync(participant, cancellationToken);
        (PausedAt, When) = (state.PausedAt, new(clock.GetUtcNow().UtcDateTime, state.TimeZone));
        var consent = await ledger.CurrentAsync(participant, cancellationToken);
        SharesNothing = consent.SharesNothing;
        if (consent.HasWithdrawn)
            Withdrawal = await leaving.WithdrawalAsync(participant, cancellationToken);
        if (Withdrawal is { IsDone: false })
            Response.Headers["Refresh"] = "10";
    }

    public async Task<IActionResult> OnPostResumeAsync(CancellationToken cancellationToken)
    {
        await leaving.ResumeAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = T["Resumed"];
        return RedirectToPage("/MyData");
    }
}
