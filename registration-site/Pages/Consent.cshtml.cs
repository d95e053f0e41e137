using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class ConsentModel(OwnAccount own, ConsentLedger ledger, CopyStatus status, TimeProvider clock) : PageModel
{
    [BindProperty]
    public bool OpenAps { get; set; }

    [BindProperty]
    public bool Nightscout { get; set; }

    /// <summary>One of <see cref="Register.GivenBy"/>; null: not said.</summary>
    [BindProperty]
    public string? GivenBy { get; set; }

    /// <summary>Who stops sharing with everybody has read what that does.</summary>
    [BindProperty]
    public bool Confirmed { get; set; }

    /// <summary>Somebody is about to stop sharing with everybody: what that does is shown instead of the form.</summary>
    public bool AsksToConfirm { get; private set; }

    /// <summary>What counts now.</summary>
    public CurrentConsent Current { get; private set; } = null!;

    public IReadOnlyList<GivenConsent> History { get; private set; } = [];

    public When When { get; private set; } = null!;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        (OpenAps, Nightscout) = (Current.OpenAps, Current.Nsf);
        GivenBy = History.FirstOrDefault(given => given.GivenBy is not null)?.GivenBy;
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        if (GivenBy is not (null or Register.GivenBy.Self or Register.GivenBy.Guardian))
            return BadRequest();
        var projects = SharedProjects.From(OpenAps, Nightscout);
        if (projects != SharedProjects.None && GivenBy is null)
            ModelState.AddModelError(nameof(GivenBy), "Please say who you are: for children, parents or guardians decide.");
        if (!ModelState.IsValid)
            return Page();
        if (projects == SharedProjects.None && !Current.SharesNothing && !Confirmed)
        {
            AsksToConfirm = true;
            return Page();
        }
        await own.SetConsentAsync(OwnAccount.IdOf(User), projects, GivenBy, cancellationToken);
        TempData["Done"] = $"Saved on {await NowAsync(cancellationToken)}: " + (projects == SharedProjects.None
            ? "you share with nobody; the data is copied to your own account only. What was shared before is hidden from researchers now, and removed from the research database within minutes."
            : $"you share with {ConsentText.Names(projects)}.{Stopped(projects)}");
        return RedirectToPage("/MyData");
    }

    public static string Giver(string? givenBy) => givenBy switch
    {
        Register.GivenBy.Self => "the person with diabetes",
        Register.GivenBy.Guardian => "a parent or guardian",
        _ => "not asked",
    };

    /// <summary>What somebody who narrows is told besides.</summary>
    string Stopped(string projects) => (Current.OpenAps && !OpenAps, Current.Nsf && !Nightscout) switch
    {
        (true, _) => $" Researchers of the {ConsentText.OpenAps.Name} do not see the data any more.",
        (_, true) => $" Researchers of the {ConsentText.Nightscout.Name} do not see the data any more.",
        _ => "",
    };

    async Task<string> NowAsync(CancellationToken cancellationToken)
    {
        var zone = (await status.StateAsync(OwnAccount.IdOf(User), cancellationToken)).TimeZone ?? TimeZoneInfo.Utc;
        return $"{TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone):d MMM yyyy 'at' HH:mm} ({zone.Id.Replace('_', ' ')})";
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        Current = await ledger.CurrentAsync(participant, cancellationToken);
        History = await ledger.HistoryAsync(participant, cancellationToken);
        When = new(clock.GetUtcNow().UtcDateTime, (await status.StateAsync(participant, cancellationToken)).TimeZone);
    }
}
