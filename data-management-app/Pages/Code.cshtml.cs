using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace DataManagementApp.Pages;

/// <summary>After a mail was sent: says so, and takes the code of it.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class CodeModel(OneTimeLinks links) : PageModel
{
    /// <summary>application or reset: which mail was asked for.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Sent { get; set; }

    [BindProperty, Required(ErrorMessage = "Please give the address the mail went to.")]
    public string? Email { get; set; }

    [BindProperty, Required(ErrorMessage = "Please type the code of the mail."), StringLength(20, ErrorMessage = "The code has eight letters and digits.")]
    public string? Code { get; set; }

    public void OnGet() => ModelState.Clear();

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid)
            return Page();
        var path = await EvenTime.SpendAsync(async () => Typed.Email(Email) is { } email ? await links.OpenAsync(email, Code!, cancellationToken) : null, cancellationToken);
        if (path is not null)
            return LocalRedirect(path);
        ModelState.AddModelError("", "Address and code do not fit, or the code is too old, or too many wrong ones were typed: then only the link in the mail works.");
        return Page();
    }
}
