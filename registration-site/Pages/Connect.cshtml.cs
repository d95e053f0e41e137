using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Nightscout;

namespace RegistrationSite.Pages;

[Authorize, EnableRateLimiting(Registration.AddressLimit)]
public sealed class ConnectModel(OwnAccount own, NightscoutClient nightscout) : PageModel
{
    [BindProperty, Display(Name = "Address"), Required(ErrorMessage = "Please give the address of your Nightscout site.")]
    public string Address { get; set; } = "";

    [BindProperty, StringLength(200, ErrorMessage = "This is too long for a token.")]
    public string? Token { get; set; }

    public AccountContent? Current { get; private set; }

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Current = await own.ReadAsync(OwnAccount.IdOf(User), cancellationToken);
        Address = Current.Address ?? ""; // saving it again says: this site is mine
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid)
            return Page();
        try
        {
            var site = Site.Parse(Address);
            if (Token?.Trim() is { Length: > 0 } token)
                site = site with { Token = token };
            var check = await nightscout.CheckAsync(site, cancellationToken);
            await own.SetSiteAsync(OwnAccount.IdOf(User), check.Site, cancellationToken);
        }
        catch (NightscoutException problem)
        {
            var (field, message) = Explain(problem);
            ModelState.AddModelError(field, message);
            return Page();
        }
        TempData["Done"] = "We can read your site, and saved its address. Copying starts within a minute.";
        return RedirectToPage((await own.ReadAsync(OwnAccount.IdOf(User), cancellationToken)).Consent.Page is null ? "/Consent" : "/MyData");
    }

    static (string Field, string Message) Explain(NightscoutException problem) => problem switch
    {
        AddressMalformedException => (nameof(Address), problem.Message),
        AddressPrivateException => (nameof(Address), "This address is in a private network, which we cannot reach. Your site needs an address on the internet."),
        SiteRefusedException { WithToken: false } => (nameof(Token), "This Nightscout is protected. Please give a token that may read it."),
        SiteRefusedException => (nameof(Token), "Your Nightscout does not accept this token. Please copy it again, or make a new one with the role \"readable\"."),
        SiteUnreachableException => (nameof(Address), $"{problem.Message} Please check the spelling, and open the address in your browser."),
        SiteMovedException => (nameof(Address), "This address sends us on to another one. Please give the one your browser ends up at."),
        NotNightscoutException => (nameof(Address), "There is a web site at this address, but it is not a Nightscout."),
        _ => (nameof(Address), "There is a Nightscout at this address, but it has a problem at the moment. Please open it in your browser, and try again in a few minutes."),
    };
}
