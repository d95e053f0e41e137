using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What a site says about itself (contract §1).</summary>
static class StatusPages
{
    public static IResult Versions(NightscoutSite site) => site.IsAtLeast(13, 0, 0)
        ? ListAnswer.Of(new JsonArray(
            new JsonObject { ["version"] = "1.0.0", ["url"] = "/api/v1" },
            new JsonObject { ["version"] = "2.0.0", ["url"] = "/api/v2" },
            new JsonObject { ["version"] = V3Endpoints.Version, ["url"] = "/api/v3" }))
        : NotFound("GET", "/api/versions");

    /// <param name="subject">Whose token came along: then the answer holds a JWT, which must not be logged.</param>
    public static IResult Status(NightscoutSite site, string format, Subject? subject)
    {
        if (format != "json")
            return Results.Text("<h1>STATUS OK</h1>", "text/html; charset=utf-8");
        var now = site.Time.GetUtcNow();
        return ListAnswer.Of(new JsonObject
        {
            ["status"] = "ok",
            ["name"] = "nightscout",
            ["version"] = site.Options.Version,
            ["serverTime"] = MomentText.Iso(now),
            ["serverTimeEpoch"] = now.ToUnixTimeMilliseconds(),
            ["apiEnabled"] = true,
            ["careportalEnabled"] = true,
            ["boluscalcEnabled"] = true,
            ["settings"] = new JsonObject
            {
                ["units"] = site.Options.Units,
                ["timeFormat"] = 24,
                ["customTitle"] = site.Options.Title,
                ["authDefaultRoles"] = site.Options.DefaultRole,
                ["thresholds"] = new JsonObject { ["bgHigh"] = 260, ["bgTargetTop"] = 180, ["bgTargetBottom"] = 80, ["bgLow"] = 55 },
                ["enable"] = new JsonArray("careportal", "iob", "cob", "bwp", "basal", "profile"),
            },
            ["extendedSettings"] = new JsonObject { ["devicestatus"] = new JsonObject { ["advanced"] = true } },
            ["authorized"] = subject is null ? null : site.Authorize(subject),
            ["runtimeState"] = "loaded",
        });
    }

    public static IResult Unauthorized() =>
        ListAnswer.Of(new JsonObject { ["status"] = 401, ["message"] = "Unauthorized", ["description"] = "Invalid/Missing" }, 401);

    /// <summary>Express's own page.</summary>
    public static IResult NotFound(string method, string path) => Results.Text($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Error</title>
        </head>
        <body>
        <pre>Cannot {method} {WebUtility.HtmlEncode(path)}</pre>
        </body>
        </html>
        """, "text/html; charset=utf-8", statusCode: 404);
}
