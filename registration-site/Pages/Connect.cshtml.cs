using System.Text.RegularExpressions;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nightscout;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

/// <summary>First the site is looked at and shown; nothing is stored before the participant says that it is theirs.</summary>
[Authorize]
public sealed partial class ConnectModel(OwnAccount own, ConsentLedger ledger, NightscoutClient nightscout, FirstLook look, AddressTries tries, TestedSites testedSites, KeptLooks looks, CopyStatus status, TimeProvider clock) : PageModel
{
    const int LongestToken = 200;

    static readonly Texts T = Texts.Of("Pages.Connect");

    [BindProperty]
    public string? Address { get; set; }

    [BindProperty]
    public string? Token { get; set; }

    /// <summary>Null when the form is shown for the first time.</summary>
    public AccountContent? Current { get; private set; }

    /// <summary>They have not chosen yet what they share: this is a step on the way there.</summary>
    public bool IsJoining { get; private set; }

    /// <summary>What was found; null: the form is shown.</summary>
    public SiteGlance? Found { get; private set; }

    /// <summary>Address of the site whose copies are in the account, where another was found; null: there are none.</summary>
    public string? Before { get; private set; }

    /// <summary>The site that was found, sealed.</summary>
    public string Tested { get; private set; } = "";

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    /// <summary>Loop's <c>ETC/GMT+8</c> lies west of Greenwich, which nobody reads out of it.</summary>
    public static string ZoneName(string zone) => FixedOffset().Match(zone) is { Success: true } match
        ? $"UTC{(match.Groups[1].Value == "+" ? '−' : '+')}{match.Groups[2].Value}" : zone.Replace('_', ' ');

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Current = await own.ReadAsync(OwnAccount.IdOf(User), cancellationToken);
        Address = Current.Address; // saving it again says: this site is mine
        IsJoining = Current.Consent.IsNotChosen;
    }

    /// <summary>What was found, to look at again as often as the browser asks.</summary>
    public async Task<IActionResult> OnGetFoundAsync(CancellationToken cancellationToken)
    {
        if (looks.ReadFound(HttpContext) is not var (glance, at))
            return RedirectToPage("/Connect");
        await ShowAsync(glance, at, cancellationToken);
        return Page();
    }

    /// <summary>What was typed, and what is wrong with it.</summary>
    public async Task<IActionResult> OnGetAgainAsync(CancellationToken cancellationToken)
    {
        if (looks.ReadTyped(HttpContext) is not { } typed)
            return RedirectToPage("/Connect");
        IsJoining = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).IsNotChosen;
        (Address, Token) = (typed.Address, typed.Token);
        ModelState.AddModelError(typed.Field, typed.Message);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        IsJoining = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).IsNotChosen;
        if (Token?.Length > LongestToken)
            return Again(nameof(Token), T["Token.TooLong"]);
        Site? site = null;
        try
        {
            site = Site.Parse(Address ?? "");
            if (Token?.Trim() is { Length: > 0 } token)
                site = site with { Token = token };
            if (!tries.Take(OwnAccount.IdOf(User), HttpContext.Connection.RemoteIpAddress, site.Host))
                return Again(nameof(Address), SiteMessages.TooManyTries, StatusCodes.Status429TooManyRequests);
            var check = await nightscout.CheckAsync(site, cancellationToken);
            var found = await look.GlanceAsync(check, cancellationToken);
            if (looks.KeepFound(HttpContext, found))
                return RedirectToPage("/Connect", "Found");
            await ShowAsync(found, null, cancellationToken);
            return Page();
        }
        catch (NightscoutException problem)
        {
            var message = SiteMessages.For(problem, site?.Token);
            return Again(message.IsToken ? nameof(Token) : nameof(Address), message.Text);
        }
    }

    public async Task<IActionResult> OnPostSaveAsync(string? tested, bool isOther, CancellationToken cancellationToken)
    {
        try
        {
            await own.SetSiteAsync(OwnAccount.IdOf(User), testedSites.Open(OwnAccount.IdOf(User), tested ?? ""), cancellationToken);
        }
        catch (TestedSiteStaleException)
        {
            ModelState.Clear(); // the form was not sent this time
            IsJoining = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).IsNotChosen;
            return Again(nameof(Address), SiteMessages.Stale);
        }
        looks.Forget(HttpContext);
        var consent = await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = T[isOther ? "Saved.Other" : consent.IsNotChosen ? "Saved" : "Saved.Again"];
        return RedirectToPage(consent.Page is null ? "/Consent" : "/MyData");
    }

    /// <summary>For <c>aria-invalid</c>: "true" or nothing.</summary>
    public string? Invalid(string field) => ModelState.GetFieldValidationState(field) == Microsoft.AspNetCore.Mvc.ModelBinding.ModelValidationState.Invalid ? "true" : null;

    public static string Software(SiteCheck check) => (check.Name switch
    {
        "" or "nightscout" => "Nightscout",
        var name => name,
    } + " " + check.Version).TrimEnd();

    public static string Units(string units) => units switch
    {
        "" => T["NotTold"],
        _ when units.StartsWith("mmol", StringComparison.OrdinalIgnoreCase) => "mmol/L",
        _ when units.StartsWith("mg", StringComparison.OrdinalIgnoreCase) => "mg/dL",
        _ => units,
    };

    public static string Number(CollectionGlance row) => row switch
    {
        { IsRefused: true } => T["MayNotBeRead"],
        { Count: null } => T["NotTold"],
        { Count: 0 } => T["None"],
        { IsAtLeast: true } => T["AtLeast", $"{row.Count:N0}"],
        _ => $"{row.Count:N0}",
    };

    async Task ShowAsync(SiteGlance found, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        IsJoining = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).IsNotChosen;
        (Found, Tested) = (found, testedSites.Seal(OwnAccount.IdOf(User), found.Check.Site, at));
        if ((await status.CollectionsAsync(OwnAccount.IdOf(User), cancellationToken)).All(row => row.Files == 0))
            return;
        try
        {
            Before = (await own.ReadAsync(OwnAccount.IdOf(User), cancellationToken)).Address is { } address && address.TrimEnd('/') != found.Check.Site.Root.AbsoluteUri.TrimEnd('/') ? address : null;
        }
        catch (OpenHumansException)
        {
            // it is said to who changes the site; that Open Humans is away keeps nobody from it
        }
    }

    IActionResult Again(string field, string message, int status = StatusCodes.Status200OK)
    {
        if (status == StatusCodes.Status200OK && looks.KeepTyped(HttpContext, new(Address, Token, field, message)))
            return RedirectToPage("/Connect", "Again");
        ModelState.AddModelError(field, message);
        Response.StatusCode = status;
        return Page();
    }

    [GeneratedRegex("^etc/gmt([+-])([0-9]{1,2})$", RegexOptions.IgnoreCase)]
    private static partial Regex FixedOffset();
}
