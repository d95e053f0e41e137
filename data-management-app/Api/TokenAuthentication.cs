using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace DataManagementApp.Api;

/// <summary>Requests of programs: <c>Authorization: Bearer oadc_…</c>. Never in a URL, which is written to logs.</summary>
public sealed class TokenAuthentication(AccessTokens tokens, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Token";

    /// <summary>Claims of what a token allows.</summary>
    public const string Scope = "scope";

    const string Study = "grant";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        const string Bearer = "Bearer ";
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();
        if (await tokens.FindAsync(header[Bearer.Length..].Trim(), Context.RequestAborted) is not { } token)
            return AuthenticateResult.Fail("The token does not work.");
        var identity = new ClaimsIdentity(
            [new(ClaimTypes.Name, token.UserId.ToString(CultureInfo.InvariantCulture)), new(Study, token.GrantId.ToString(CultureInfo.InvariantCulture)), .. token.Scopes.Select(scope => new Claim(Scope, scope))], SchemeName);
        return AuthenticateResult.Success(new(new(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(StatusCodes.Status401Unauthorized, "A token is needed",
            "Send a personal access token as the header “Authorization: Bearer oadc_…”. Tokens are made on the page “Access tokens”; one may have ended, been revoked, or its study be over.").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Of(StatusCodes.Status403Forbidden, "The token does not allow this", "Make one on the page “Access tokens” that has the scope named in the documentation.").ExecuteAsync(Context);

    /// <summary>The study a program works in; null: the request came without a token.</summary>
    public static long? GrantId(ClaimsPrincipal user) => user.FindFirstValue(Study) is { } id ? long.Parse(id, CultureInfo.InvariantCulture) : null;

    /// <summary>Only requests with a token of this scope.</summary>
    public static void Require(IEndpointConventionBuilder endpoint, string scope) =>
        endpoint.RequireAuthorization(policy => policy.AddAuthenticationSchemes(SchemeName).RequireAuthenticatedUser().RequireClaim(Scope, scope));

    /// <summary>People who are signed in, and programs with a token of this scope.</summary>
    public static void AllowBoth(IEndpointConventionBuilder endpoint, string scope) =>
        endpoint.RequireAuthorization(policy => policy
            .AddAuthenticationSchemes(Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationDefaults.AuthenticationScheme, SchemeName).RequireAuthenticatedUser()
            .RequireAssertion(context => GrantId(context.User) is null || context.User.HasClaim(Scope, scope)));
}

/// <summary>Errors of the API (RFC 9457), worded for who reads a program's output.</summary>
public static class Problems
{
    /// <summary>What fails under <c>/api/v1</c> is answered as a problem, too, and not as a page.</summary>
    public static void UseApiProblems(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments("/api/v1"), api =>
    {
        api.UseExceptionHandler(failed => failed.Run(context => Of(StatusCodes.Status500InternalServerError, "Something went wrong on our side",
            "Nothing was changed. Please try again; if it happens again, write to the administrators.").ExecuteAsync(context)));
        api.UseStatusCodePages(async context =>
        {
            var status = context.HttpContext.Response.StatusCode;
            await Of(status, status == StatusCodes.Status404NotFound ? "There is nothing here" : "That did not work", "What there is stands in /api/v1/openapi.json.").ExecuteAsync(context.HttpContext);
        });
    });

    public static IResult Of(int status, string title, string detail) => Results.Problem(detail, statusCode: status, title: title);
}

public static class StudyInUse
{
    /// <summary>Whether an export is the user's own and no release; for a program also of the study its token is for.</summary>
    public static bool IsOf(this ExportRow export, ClaimsPrincipal user) =>
        export.Release is null && export.UserId == Session.UserId(user) && (TokenAuthentication.GrantId(user) is not { } grantId || export.GrantId == grantId);

    /// <summary>The study a request works in: the token's, or the one that the person who is signed in has chosen.</summary>
    /// <returns>Null: there is no valid access.</returns>
    public static async Task<Grant?> InUseAsync(this Grants grants, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        if (TokenAuthentication.GrantId(user) is not { } grantId)
            return await grants.CurrentAsync(Session.UserId(user), cancellationToken);
        try
        {
            return await grants.FindAsync(grantId, cancellationToken);
        }
        catch (NoGrantException)
        {
            return null;
        }
    }
}
