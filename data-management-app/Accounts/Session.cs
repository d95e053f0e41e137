using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Accounts;

/// <summary>Sessions of the portal: a cookie that names the user and their stamp, checked with every request.</summary>
public static class Session
{
    /// <summary>Role of those who see how the service itself goes, and who may come in.</summary>
    public const string Administrator = "administrator";

    /// <summary>Role of those who review applications; administrators have it too.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Role of who has no other.</summary>
    public const string Researcher = "researcher";

    /// <summary>Cookie of who gave the right password, and still has to give, or set up, a second factor. It opens no other page.</summary>
    public const string Half = "half";

    /// <summary>However often it is used, a session ends then, and the password is asked for again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    const string Stamp = "stamp", Second = "second", Began = "began";

    /// <summary>In words.</summary>
    public static string RoleOf(bool admin, bool reviewer) => admin ? Administrator : reviewer ? Reviewer : Researcher;

    public static long UserId(ClaimsPrincipal user) => long.Parse(user.Identity!.Name!);

    /// <summary>After the right password: lets them in, or asks for the second factor.</summary>
    /// <returns>Where they go on.</returns>
    public static async Task<IActionResult> BeginAsync(PageModel page, AppUser user, string? returnUrl = null)
    {
        var (context, options) = (page.HttpContext, page.HttpContext.RequestServices.GetRequiredService<PortalOptions>());
        if (!user.HasSecondFactor && !(user.Admin && options.AdministratorsNeedSecondFactor))
            return await EnterAsync(page, user, second: false, returnUrl);
        await context.SignInAsync(Half, Principal(user, Half));
        return page.RedirectToPage(user.HasSecondFactor ? "/SecondFactor" : "/SecondFactorSetUp", new { returnUrl = page.Url.IsLocalUrl(returnUrl) ? returnUrl : null });
    }

    /// <param name="second">Whether a code of the second factor was right.</param>
    public static async Task<IActionResult> EnterAsync(PageModel page, AppUser user, bool second, string? returnUrl = null)
    {
        await page.HttpContext.RequestServices.GetRequiredService<Users>().NoteSignInAsync(user.Id, page.HttpContext.RequestAborted); // no session that is not written down
        await SignInAsync(page.HttpContext, user, second);
        return page.Url.IsLocalUrl(returnUrl) ? page.LocalRedirect(returnUrl) : page.RedirectToPage("/Exports");
    }

    /// <summary>A new cookie, for instance after the stamp changed.</summary>
    public static async Task SignInAsync(HttpContext context, AppUser user, bool second)
    {
        await context.SignOutAsync(Half);
        var began = new Claim(Began, $"{context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeSeconds()}");
        await context.SignInAsync(Principal(user, CookieAuthenticationDefaults.AuthenticationScheme, second ? [began, new(Second, "yes")] : [began]));
    }

    /// <returns>Who gave the right password and nothing more yet; null: nobody, or too long ago.</returns>
    public static async Task<AppUser?> HalfAsync(HttpContext context)
    {
        var half = await context.AuthenticateAsync(Half);
        if (half.Principal?.Identity?.Name is not { } id)
            return null;
        var user = await context.RequestServices.GetRequiredService<Users>().FindAsync(long.Parse(id), context.RequestAborted);
        return user is { Deactivated: false } && half.Principal.FindFirstValue(Stamp) == $"{user.SessionStamp}" ? user : null;
    }

    public static bool HasSecond(ClaimsPrincipal user) => user.HasClaim(Second, "yes");

    /// <summary>
    /// Ends the session when it began too long ago, the user was deactivated, their stamp changed, or they need a second factor that it was begun without.
    /// What they are is looked up with every request, and not kept in the cookie.
    /// </summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var user = context.Principal?.Identity?.Name is { } id ? await services.GetRequiredService<Users>().FindAsync(long.Parse(id), context.HttpContext.RequestAborted) : null;
        var began = long.TryParse(context.Principal?.FindFirstValue(Began), out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MinValue;
        if (user is { Deactivated: false } && context.Principal!.FindFirstValue(Stamp) == $"{user.SessionStamp}" && services.GetRequiredService<TimeProvider>().GetUtcNow() - began < Longest
            && (HasSecond(context.Principal!) || !user.HasSecondFactor && !(user.Admin && services.GetRequiredService<PortalOptions>().AdministratorsNeedSecondFactor)))
        {
            if (Roles(user) is { Length: > 0 } roles)
                context.Principal = new([.. context.Principal!.Identities, new ClaimsIdentity(roles.Select(role => new Claim(ClaimTypes.Role, role)))]);
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync();
    }

    /// <summary>A page that says nothing on who may see it is for who is signed in. What is no page at all is "not found" to everybody.</summary>
    public static bool MaySeeUnmarked(AuthorizationHandlerContext context) => context.User.Identity?.IsAuthenticated == true || (context.Resource as HttpContext)?.GetEndpoint() is not RouteEndpoint;

    /// <summary>A page that is not for this user is not there.</summary>
    public static Task HideAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    static string[] Roles(AppUser user) => user switch
    {
        { Admin: true } => [Administrator, Reviewer],
        { Reviewer: true } => [Reviewer],
        _ => [],
    };

    static ClaimsPrincipal Principal(AppUser user, string scheme, params Claim[] more) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, $"{user.Id}"), new(ClaimTypes.Email, user.Email), new(Stamp, $"{user.SessionStamp}"), .. more], scheme));
}
