using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using QRCoder;

namespace DataManagementApp.Pages;

/// <summary>Sets a second factor up: of who is signed in, or of an administrator who gave the password and may not come in without.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class SecondFactorSetUpModel(SecondFactor secondFactor, Users users) : PageModel
{
    const string Issuer = "Diabetes data commons";

    [BindProperty, Required(ErrorMessage = "Please type the code."), StringLength(10, ErrorMessage = "The code has six digits.")]
    public string? Code { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>They cannot come in without.</summary>
    public bool IsRequired { get; private set; }

    /// <summary>In groups of four.</summary>
    public string Key { get; private set; } = "";

    public string Link { get; private set; } = "";

    public IHtmlContent Picture { get; private set; } = HtmlString.Empty;

    /// <summary>Told once; null: not set up yet.</summary>
    public IReadOnlyList<string>? Codes { get; private set; }

    /// <summary>Where they wanted to go.</summary>
    public string Next => Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/account";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        return await FillAsync(cancellationToken) is null ? RedirectToPage("/Account") : Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (await FillAsync(cancellationToken) is not { } user)
            return RedirectToPage("/Account");
        if (!ModelState.IsValid)
            return Page();
        Codes = await secondFactor.ConfirmAsync(user.Id, Code!, cancellationToken);
        if (Codes is null)
        {
            ModelState.AddModelError(nameof(Code), "That is not the code of now. Is the clock of the telephone right?");
            return Page();
        }
        await Session.SignInAsync(HttpContext, (await users.FindAsync(user.Id, cancellationToken))!, second: true);
        if (IsRequired)
            await users.NoteSignInAsync(user.Id, cancellationToken);
        return Page();
    }

    /// <returns>Who sets it up; null: nobody who may, or they have one.</returns>
    async Task<AppUser?> FillAsync(CancellationToken cancellationToken)
    {
        var user = User.Identity?.IsAuthenticated == true ? await users.FindAsync(Session.UserId(User), cancellationToken) : await Session.HalfAsync(HttpContext);
        IsRequired = User.Identity?.IsAuthenticated != true;
        if (user is null || await secondFactor.BeginAsync(user.Id, cancellationToken) is not { } secret)
            return null;
        Key = string.Join(' ', Totp.Encode(secret).Chunk(4).Select(group => new string(group)));
        Link = Totp.Link(secret, user.Email, Issuer);
        Picture = Draw(Link);
        return user;
    }

    /// <summary>Dark on light in both themes: many apps read nothing else.</summary>
    static HtmlString Draw(string text)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var squares = new StringBuilder();
        for (var row = 0; row < code.ModuleMatrix.Count; row++)
            for (var column = 0; column < code.ModuleMatrix[row].Count; column++)
                if (code.ModuleMatrix[row][column])
                    squares.Append(CultureInfo.InvariantCulture, $"M{column} {row}h1v1h-1z");
        return new($"<svg class=\"qr\" viewBox=\"0 0 {code.ModuleMatrix.Count} {code.ModuleMatrix.Count}\" role=\"img\" aria-label=\"Code for the app\" shape-rendering=\"crispEdges\"><path d=\"{squares}\"/></svg>");
    }
}
