namespace Sandbox;

/// <summary>Puts the parts of Open Humans together and gives every answer the site's general behaviour (contract §8).</summary>
static class OpenHumansServer
{
    public static void Map(WebApplication app, OpenHumansState state, Faults faults)
    {
        app.UseRequestLog(state.Requests, context => Template(context), context => MemberOf(context, state));
        app.UseFaults(faults, context => new(context.Request.Path, Site: null, MemberOf(context, state)));
        app.Use(SiteAsync);

        new AuthorizePage(state).Map(app);
        new TokenEndpoints(state).Map(app);
        new Downloads(state).Map(app);
        var api = new ProjectApi(state, app);
        new Listings(state).Map(api);
        new Uploads(state).Map(api);
        new Deletions(state).Map(api);
        new Messaging(state).Map(api);
        faults.Map(app);
    }

    static async Task SiteAsync(HttpContext context, RequestDelegate next)
    {
        // ASP.NET matches a path with and without its last slash; Open Humans redirects, a POST too, and clients replay that as GET.
        if (Template(context).EndsWith('/') && !context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect($"{context.Request.Path}/{context.Request.QueryString}", permanent: true);
            return;
        }
        try
        {
            await next(context);
            if (context is { Response: { StatusCode: 404, HasStarted: false, ContentType: null } })
                await Answers.NotFound.ExecuteAsync(context);
        }
        catch (Exception problem) when (!context.Response.HasStarted && problem is not OperationCanceledException and not BadHttpRequestException)
        {
            await Answers.ServerError.ExecuteAsync(context); // as the real one does: whatever goes wrong is a page with 500
        }
    }

    static string Template(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";

    /// <summary>Whose token it is; with the project's token, and for downloads, whom the request is about.</summary>
    static string? MemberOf(HttpContext context, OpenHumansState state) =>
        ProjectApi.Token(context.Request) is { } token && state.Tokens.Find(token) is { } access ? access.MemberId
        : context.Request.Query["project_member_id"] is [{ } asked, ..] ? asked
        : Template(context).StartsWith("/data-management/", StringComparison.Ordinal) && long.TryParse((string?)context.GetRouteValue("id"), out var file) ? state.Files.Find(file)?.MemberId
        : null;
}
