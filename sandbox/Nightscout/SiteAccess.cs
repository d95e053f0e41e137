using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What a request may do on a site (contract §2).</summary>
/// <param name="IsRefused">It came with a wrong secret or JWT, which closes even a readable site.</param>
/// <param name="Subject">Whose token or JWT it came with.</param>
/// <param name="IsDefault">It has what everybody has.</param>
sealed record SiteAccess(bool IsRefused, Subject? Subject, bool IsDefault, string[] Permissions)
{
    static readonly SiteAccess Refused = new(IsRefused: true, Subject: null, IsDefault: true, []);

    /// <summary>It came with a JWT whose subject is gone: API v1 does not survive that.</summary>
    public bool IsDeadly { get; init; }

    public static readonly Dictionary<string, string[]> Roles = new()
    {
        ["admin"] = ["*"],
        ["readable"] = ["*:*:read"],
        ["denied"] = [],
        ["status-only"] = ["api:status:read"],
        ["careportal"] = ["api:treatments:create"],
        ["devicestatus-upload"] = ["api:devicestatus:create"],
        ["activity"] = ["api:activity:create"],
    };

    /// <summary>On API v1.</summary>
    public static SiteAccess Of(HttpRequest request, NightscoutSite site)
    {
        if (request.Headers.Authorization.Count > 0)
            return Bearer(request) is not { } jwt || site.AccessTokenIn(jwt) is not { } its ? Refused
                : site.SubjectOf(its) is { } holder ? Of(holder, site)
                : Refused with { IsDeadly = true };
        var secret = request.Headers["api-secret"] is [{ } header, ..] ? header : request.Query["secret"].ToString();
        if (secret != "")
            return secret.Equals(site.ApiSecretHash, StringComparison.OrdinalIgnoreCase) ? new(false, null, false, Roles["admin"])
                : site.SubjectOf(secret) is { } named ? Of(named, site)
                : Refused;
        return request.Query["token"] is [{ } token, ..] && site.SubjectOf(token) is { } subject
            ? Of(subject, site)
            : new(false, null, true, Roles[site.Options.DefaultRole]); // an unknown ?token= is nobody's, silently
    }

    /// <summary>On API v3, where nobody may do anything without a JWT; until 15.0.0 a token will do (contract §3).</summary>
    public static SiteAccess OfV3(HttpRequest request, NightscoutSite site)
    {
        var token = Bearer(request) is { } jwt ? site.AccessTokenIn(jwt)
            : site.IsAtLeast(15, 0, 0) ? null
            : request.Query["token"].ToString();
        return token is not null && site.SubjectOf(token) is { } subject ? Of(subject, site) : Refused;
    }

    static SiteAccess Of(Subject subject, NightscoutSite site) =>
        new(false, subject, false, [.. Roles[site.Options.DefaultRole], .. Roles[subject.Role]]);

    static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString().Split(' ') is ["Bearer", var jwt] ? jwt : null;

    /// <param name="permission">Three parts with colons, as <c>api:entries:read</c>; a granted <c>*</c> covers its place and all after it.</param>
    public bool May(string permission) => !IsRefused && Permissions.Any(granted => Covers(granted.Split(':'), permission.Split(':')));

    static bool Covers(string[] granted, string[] wanted) =>
        granted.Index().All(part => part.Item == "*" || part.Item == wanted[part.Index]);

    /// <summary>Always 200: only the body tells, and its shape depends on the version (contract §1).</summary>
    public JsonObject Verification(NightscoutSite site)
    {
        var isAdmin = May("*:*:admin");
        if (!site.IsAtLeast(14, 2, 6))
            return new() { ["status"] = 200, ["message"] = isAdmin ? "OK" : "UNAUTHORIZED" };
        var canRead = May("*:*:read");
        return new()
        {
            ["status"] = 200,
            ["message"] = new JsonObject
            {
                ["canRead"] = canRead,
                ["canWrite"] = May("*:*:write"),
                ["isAdmin"] = isAdmin,
                ["message"] = canRead && !IsDefault ? "OK" : "UNAUTHORIZED",
                ["rolefound"] = Subject is not null ? "FOUND" : "NOTFOUND",
                ["permissions"] = IsDefault ? "DEFAULT" : "ROLE",
            },
        };
    }
}
