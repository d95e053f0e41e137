using System.Globalization;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>GET of API v3 (contract §3). Nothing is written over it: tests write with <see cref="V3Writes"/>.</summary>
static class V3Endpoints
{
    public const string Version = "3.0.4";

    static readonly string[] Collections = ["devicestatus", "entries", "food", "profile", "treatments"];
    static readonly string[] Rights = ["create", "read", "update", "delete"];

    /// <param name="path">Segments after <c>/api/v3/</c>.</param>
    public static IResult Answer(NightscoutSite site, string[] path, HttpRequest request)
    {
        if (!HttpMethods.IsGet(request.Method) || path is not (["version" or "status" or "lastModified"] or [_] or [_, _] or [_, "history", _]))
            return Status(404, "Bad operation or collection");
        if (path is ["version"])
            return Result(VersionOf(site));
        var records = Collections.Contains(path[0]) ? site.Collection(path[0]) : null;
        if (records is null && path is not ["status" or "lastModified"])
            return Status(404, "Bad operation or collection");

        var access = SiteAccess.OfV3(request, site);
        if (access.IsRefused)
            return Status(401, request.Headers.Authorization.Count > 0 ? "Bad access token or JWT" : "Missing or bad access token or JWT");
        if (records is null)
            return Result(path[0] == "status" ? StatusOf(site, access) : LastModified(site, access));
        if (!access.May($"api:{path[0]}:read"))
            return Status(403, $"Missing permission api:{path[0]}:read");
        try
        {
            return path switch
            {
                [_] => Search(records, request),
                [_, "history"] => History(records, request, since: null),
                [_, "history", var since] => History(records, request, since),
                _ => Read(records, request, path[1]),
            };
        }
        catch (BadV3RequestException problem)
        {
            return Status(400, problem.Message);
        }
    }

    static ListAnswer Search(SiteRecords records, HttpRequest request) =>
        ListAnswer.ResultOf(Served(records, V3Query.Read(records.Kind, request.Query).Run(records), request));

    /// <summary>What was changed after a time through v3, oldest change first, deleted records among it; changes through v1 never are.</summary>
    /// <param name="since">Null: from the second in the <c>Last-Modified</c> of the request on.</param>
    static ListAnswer History(SiteRecords records, HttpRequest request, string? since)
    {
        var limit = V3Query.LimitOf(request.Query);
        var after = MomentText.ParseV3(Scalar.Of(since ?? request.Headers.LastModified.ToString()))?.ToUnixTimeMilliseconds()
            ?? throw new BadV3RequestException("Bad or missing Last-Modified header/parameter");
        if (since is null)
            after = after - after % 1000 - 1;
        var changed = records.ModifiedAfter(after).OrderBy(record => V3Forms.Modified(record)).Take(limit).ToList();
        if (changed.Count == 0)
            return ListAnswer.ResultOf([]);
        var newest = V3Forms.Modified(changed[^1])!.Value;
        SetLastModified(request, newest);
        return ListAnswer.ResultOf(Served(records, changed, request), $"W/\"{newest.ToString(CultureInfo.InvariantCulture)}\"");
    }

    static IResult Read(SiteRecords records, HttpRequest request, string identifier)
    {
        if (records.FindV3(identifier) is not { } record)
            return Status(404);
        if (record.IsDeleted)
            return Status(410);
        if (V3Forms.SeemsModified(records.Kind, record) is { } modified)
        {
            SetLastModified(request, modified);
            if (request.GetTypedHeaders().IfModifiedSince is { } known && Math.Floor(modified / 1000) <= known.ToUnixTimeSeconds())
                return Results.StatusCode(304);
        }
        return ListAnswer.ResultOf(V3Forms.Served(records.Kind, record, request.Query["fields"]));
    }

    static List<ReadOnlyMemory<byte>> Served(SiteRecords records, IEnumerable<Record> found, HttpRequest request) =>
        [.. found.Select(record => V3Forms.Served(records.Kind, record, request.Query["fields"]))];

    static void SetLastModified(HttpRequest request, double milliseconds) =>
        request.HttpContext.Response.Headers.LastModified = DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds).ToString("R");

    static JsonObject VersionOf(NightscoutSite site) => new()
    {
        ["version"] = site.Options.Version,
        ["apiVersion"] = Version,
        ["srvDate"] = site.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        ["storage"] = new JsonObject { ["storage"] = "mongodb", ["version"] = "4.4.29" },
    };

    static JsonObject StatusOf(NightscoutSite site, SiteAccess access)
    {
        var permissions = new JsonObject();
        foreach (var name in Collections)
            if (string.Concat(Rights.Where(right => access.May($"api:{name}:{right}")).Select(right => right[0])) is { Length: > 0 } granted)
                permissions[name] = granted;
        var status = VersionOf(site);
        status["apiPermissions"] = permissions;
        return status;
    }

    /// <summary>The newest change or the newest event, whichever is later: one record of the future pins it.</summary>
    static JsonObject LastModified(NightscoutSite site, SiteAccess access)
    {
        var collections = new JsonObject();
        foreach (var name in Collections.Where(name => access.May($"api:{name}:read")))
            if (site.Collection(name)!.NewestV3() is { } newest)
                collections[name] = newest;
        return new() { ["srvDate"] = site.Time.GetUtcNow().ToUnixTimeMilliseconds(), ["collections"] = collections };
    }

    static ListAnswer Result(JsonObject result) => ListAnswer.Of(new JsonObject { ["status"] = 200, ["result"] = result });

    static ListAnswer Status(int status, string? message = null) => ListAnswer.Of(
        message is null ? new JsonObject { ["status"] = status } : new JsonObject { ["status"] = status, ["message"] = message }, status);
}
