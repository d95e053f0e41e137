using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>Sessions of the portal: a cookie that names the user and their stamp, checked with every request.</summary>
public static class Session
{
    /// <summary>Role of those who see how the service itself goes.</summary>
    public const string Administrator = "administrator";

    const string Stamp = "stamp";

    public static long UserId(ClaimsPrincipal user) => long.Parse(user.Identity!.Name!);

    public static Task SignInAsync(HttpContext context, AppUser user) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
        [new(ClaimTypes.Name, $"{user.Id}"), new(ClaimTypes.Email, user.Email), new(Stamp, $"{user.SessionStamp}")], CookieAuthenticationDefaults.AuthenticationScheme)));

    /// <summary>Ends the session when the user was deactivated or their stamp changed. Whether they are an administrator is looked up with every request, and not kept in the cookie.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var user = context.Principal?.Identity?.Name is { } id
            ? await context.HttpContext.RequestServices.GetRequiredService<Users>().FindAsync(long.Parse(id), context.HttpContext.RequestAborted) : null;
        if (user is { Deactivated: false } && context.Principal!.FindFirstValue(Stamp) == $"{user.SessionStamp}")
        {
            if (user.Admin)
                context.Principal = new([.. context.Principal!.Identities, new ClaimsIdentity([new(ClaimTypes.Role, Administrator)])]);
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync();
    }

    /// <summary>A page that is not for this user is not there.</summary>
    public static Task HideAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}

/// <summary>The append-only table <c>portal.audit</c>.</summary>
public sealed class Audit(NpgsqlDataSource db)
{
    /// <param name="detail">Numbers and words of ours; no e-mail, no address.</param>
    public async Task NoteAsync(long? userId, string action, string detail, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("insert into portal.audit (user_id, action, detail) values (@userId, @action, @detail)",
            new { userId, action, detail }, cancellationToken: cancellationToken));
    }
}
