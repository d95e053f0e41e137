using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What a request may do on a site (contract §2).</summary>
/// <param name="IsRefused">It came with a wrong secret or JWT, which closes even a readable site.</param>
/// <param name="HasSubject">It came with the token of a subject.</param>
/// <param name="IsDefault">It has what everybody has.</param>
sealed record SiteAccess(bool IsRefused, bool HasSubject, bool IsDefault, string[] Permissions)
{
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

    public static SiteAccess Of(HttpRequest request, NightscoutSite site)
    {
        var everybody = Roles[site.Options.DefaultRole];
        if (request.Headers.Authorization.Count > 0)
            return new(IsRefused: true, HasSubject: false, IsDefault: true, []); // no JWT was ever given here
        var secret = request.Headers["api-secret"] is [{ } header, ..] ? header : request.Query["secret"].ToString();
        if (secret != "")
            return secret.Equals(site.ApiSecretHash, StringComparison.OrdinalIgnoreCase) ? new(false, false, false, Roles["admin"])
                : site.RoleOf(secret) is { } its ? new(false, true, false, [.. everybody, .. Roles[its]])
                : new(IsRefused: true, HasSubject: false, IsDefault: true, []);
        return request.Query["token"] is [{ } token, ..] && site.RoleOf(token) is { } role
            ? new(false, true, false, [.. everybody, .. Roles[role]])
            : new(false, false, true, everybody); // an unknown ?token= is nobody's, silently
    }

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
                ["rolefound"] = HasSubject ? "FOUND" : "NOTFOUND",
                ["permissions"] = IsDefault ? "DEFAULT" : "ROLE",
            },
        };
    }
}
