using DataManagementApp.Accounts;

namespace DataManagementApp.Api;

/// <summary>The HTTP API, version 1: what the pages offer, for programs. Described by the document at <c>/api/v1/openapi.json</c>.</summary>
public static class ApiV1
{
    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api/v1").WithTags("Commons").DisableAntiforgery(); // no cookie counts here
        var me = api.MapGet("/me", MeAsync).WithName("me").WithSummary("The study that the token is for, and what it may do.").Produces<Me>().ProducesProblem(401);
        TokenAuthentication.Require(me, Scopes.Read);
    }

    /// <param name="Study">Its number.</param>
    /// <param name="Commons">Whose data it may read: <c>openaps</c>, <c>nsf</c>.</param>
    /// <param name="EndsAt">When the study's access ends.</param>
    /// <param name="Scopes">What the token allows: <c>read</c>, <c>export</c>, <c>download</c>.</param>
    public sealed record Me(long Study, IReadOnlyList<string> Commons, DateTime EndsAt, IReadOnlyList<string> Scopes);

    static async Task<Me> MeAsync(HttpContext context, Grants grants, CancellationToken cancellationToken)
    {
        var grant = await grants.FindAsync(TokenAuthentication.GrantId(context.User)!.Value, cancellationToken);
        return new(grant.GrantId, [.. CommonsOf(grant)], grant.ExpiresAt, [.. context.User.FindAll("scope").Select(claim => claim.Value)]);
    }

    static IEnumerable<string> CommonsOf(Grant grant)
    {
        if (grant.OpenAps)
            yield return "openaps";
        if (grant.Nsf)
            yield return "nsf";
    }
}
