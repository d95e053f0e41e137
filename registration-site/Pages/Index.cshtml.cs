using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

public sealed class IndexModel(RegistrationOptions options) : PageModel
{
    public RegistrationOptions Options => options;

    /// <summary>A link to the contact; null: it is neither a web address nor an e-mail address.</summary>
    public string? Contact => options.Contact switch
    {
        var page when Uri.TryCreate(page, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" => address.AbsoluteUri,
        var mail when mail.Contains('@') && !mail.Any(char.IsWhiteSpace) => $"mailto:{mail}",
        _ => null,
    };

    public IActionResult OnGet() => User.Identity?.IsAuthenticated == true ? RedirectToPage("/MyData") : Page();
}
