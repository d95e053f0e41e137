using System.ComponentModel.DataAnnotations;
using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Npgsql;

namespace DataManagementApp.Pages;

/// <summary>Sends a link to choose another password; known and unknown addresses get the same answer, as fast.</summary>
[AllowAnonymous, EnableRateLimiting(Limits.Forms)]
public sealed class ForgotModel(Users users, Invitations invitations, Outbox outbox, NpgsqlDataSource db) : PageModel
{
    [BindProperty, Required(ErrorMessage = "Please give your e-mail address.")]
    public string? Email { get; set; }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid)
            return Page();
        if (Typed.Email(Email) is not { } email)
        {
            ModelState.AddModelError(nameof(Email), "That is not an e-mail address we can write to.");
            return Page();
        }
        await EvenTime.SpendAsync(() => SendAsync(email, cancellationToken), cancellationToken);
        return RedirectToPage("/Code", new { sent = "reset" });
    }

    async Task<bool> SendAsync(string email, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(email, cancellationToken) is not { Deactivated: false } user)
            return false;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var link = await invitations.MakeAsync(connection, user.Id, user.Email, OneTimeLinks.Reset, cancellationToken);
        if (!await outbox.AddAsync(connection, user.Email, Letters.PasswordReset(link.Link, link.Code!), cancellationToken))
            return false; // enough for this hour: the links that were sent keep working
        await Audit.NoteAsync(connection, user.Id, "password reset asked for", "", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
