namespace Sandbox;

/// <summary>Finds the site and what is asked of it. Paths are served below <c>/{site}</c>, or at the root of a site's own port.</summary>
sealed class NightscoutServer(NightscoutSites sites, NightscoutSite? only = null)
{
    const string JwtPath = "/api/v2/authorization/request/";
    const string V3Path = "/api/v3/";

    static readonly string[] Formats = ["json", "csv", "tsv", "txt", "html"];

    readonly ReadEndpoints _reads = new(sites.Time);
    readonly WriteEndpoints _writes = new(sites.Time);

    public void Map(WebApplication app)
    {
        app.UseRequestLog(sites.Requests, context => Locate(context.Request).Path, context => Locate(context.Request).Site?.Name);
        app.UseFaults(sites.Faults, context => new(Locate(context.Request).Path, Locate(context.Request).Site?.Name, Member: null));
        sites.Faults.Map(app);
        app.Map("/{**path}", async context => await (await AnswerAsync(context)).ExecuteAsync(context));
    }

    (NightscoutSite? Site, string Path) Locate(HttpRequest request)
    {
        var path = request.Path.Value!;
        if (only is not null)
            return (only, path);
        var end = path.IndexOf('/', 1) is var slash and > 0 ? slash : path.Length;
        return (sites.Find(path[1..end]), path[end..]);
    }

    async Task<IResult> AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var (site, path) = Locate(request);
        if (site is null)
            return StatusPages.NotFound(request.Method, request.Path.Value!);
        if (path == "/api/versions" && HttpMethods.IsGet(request.Method))
            return StatusPages.Versions(site);
        if (path.StartsWith("/api/v1/", StringComparison.Ordinal))
            return await AnswerV1Async(site, path, request) ?? StatusPages.NotFound(request.Method, path);
        if (path.StartsWith(JwtPath, StringComparison.Ordinal) && site.IsAtLeast(13, 0, 0))
            return site.SubjectOf(path[JwtPath.Length..]) is { } subject ? ListAnswer.Of(site.Authorize(subject)) : StatusPages.Unauthorized();
        if (path.StartsWith(V3Path, StringComparison.Ordinal) && site.IsAtLeast(13, 0, 0))
            return V3Endpoints.Answer(site, path[V3Path.Length..].TrimEnd('/').Split('/'), request);
        return StatusPages.NotFound(request.Method, path);
    }

    /// <returns>Null when nothing is served there.</returns>
    async Task<IResult?> AnswerV1Async(NightscoutSite site, string path, HttpRequest request)
    {
        var (segments, format) = Split(path["/api/v1/".Length..], request);
        var access = SiteAccess.Of(request, site);
        if (access.IsDeadly)
        {
            site.Crash();
            return Answers.Html("<h1>Bad Gateway</h1>", 502); // from the host, while it starts the server again
        }
        if (segments is ["verifyauth"])
            return ListAnswer.Of(access.Verification(site));
        if (!access.May($"api:{CollectionOf(segments)}:read"))
            return StatusPages.Unauthorized();
        if (segments is ["status"])
            return StatusPages.Status(site, format, access.Subject);
        return HttpMethods.IsGet(request.Method) ? _reads.Answer(site, segments, format, request)
            : await _writes.AnswerAsync(site, segments, access, request);
    }

    static string CollectionOf(string[] segments) => segments[0] switch
    {
        "profiles" => "profile",
        "count" => "entries",
        var name => name,
    };

    /// <summary>A suffix is an Accept header in disguise: it is cut off and wins. Without either, entries and status are no JSON (contract §1).</summary>
    static (string[] Segments, string Format) Split(string path, HttpRequest request)
    {
        var segments = path.TrimEnd('/').Split('/');
        if (segments[^1].LastIndexOf('.') is var dot and > 0 && Formats.Contains(segments[^1][(dot + 1)..]))
            return ([.. segments[..^1], segments[^1][..dot]], segments[^1][(dot + 1)..]);
        return (segments, request.Headers.Accept.ToString().Contains("application/json") ? "json" : "tsv");
    }
}
