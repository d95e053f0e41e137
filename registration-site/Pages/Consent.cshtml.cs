using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class ConsentModel(OwnAccount own, ConsentLedger ledger, CopyStatus status, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Consent");

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

    public bool IsPaused { get; private set; }

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
            ModelState.AddModelError(nameof(GivenBy), T["SayWho"]);
        if (!ModelState.IsValid)
            return Page();
        if (projects == SharedProjects.None && !Current.SharesNothing && !Confirmed)
        {
            AsksToConfirm = true;
            return Page();
        }
        await own.SetConsentAsync(OwnAccount.IdOf(User), projects, GivenBy, cancellationToken);
        var now = await NowAsync(cancellationToken);
        TempData["Done"] = projects == SharedProjects.None
            ? T[History.All(given => given.Projects == SharedProjects.None) ? "Saved.Nothing" : "Saved.Nobody", now]
            : T["Saved", now, ConsentText.Names(projects)] + Stopped();
        return RedirectToPage("/MyData");
    }

    public static string Giver(string? givenBy) => givenBy switch
    {
        Register.GivenBy.Self => T["Giver.Self"],
        Register.GivenBy.Guardian => T["Giver.Guardian"],
        _ => T["Giver.NotAsked"],
    };

    /// <summary>Where an entry of the history comes from.</summary>
    public static string Known(GivenConsent given) => given switch
    {
        { Source: ConsentLedger.Page } => T["ChosenHere", given.TextVersion],
        { TextVersion: CurrentConsent.FileMissing or CurrentConsent.FileGone } => T["FileMissing"],
        _ => T["File"],
    };

    /// <summary>What somebody who narrows is told besides.</summary>
    string Stopped() => (Current.OpenAps && !OpenAps, Current.Nsf && !Nightscout) switch
    {
        (true, _) => " " + T["Stopped", ConsentText.OpenAps.Name],
        (_, true) => " " + T["Stopped", ConsentText.Nightscout.Name],
        _ => "",
    };

    async Task<string> NowAsync(CancellationToken cancellationToken)
    {
        var zone = (await status.StateAsync(OwnAccount.IdOf(User), cancellationToken)).TimeZone ?? TimeZoneInfo.Utc;
        var now = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone);
        return T["Now", $"{now:d MMM yyyy}", $"{now:HH:mm}", zone.Id.Replace('_', ' ')];
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        Current = await ledger.CurrentAsync(participant, cancellationToken);
        History = await ledger.HistoryAsync(participant, cancellationToken);
        var state = await status.StateAsync(participant, cancellationToken);
        (When, IsPaused) = (new(clock.GetUtcNow().UtcDateTime, state.TimeZone), state.PausedAt is not null);
    }
}
