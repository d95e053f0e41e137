using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>How one site is set up.</summary>
public sealed record SiteOptions
{
    /// <summary>What it says it is; decides what differs between versions (contract §9).</summary>
    public string Version { get; init; } = "15.0.7";

    /// <summary>Role of everybody without a token: <c>readable</c> or <c>denied</c> (AUTH_DEFAULT_ROLES).</summary>
    public string DefaultRole { get; init; } = "readable";

    /// <summary>Writes need its SHA1; all tokens derive from it (contract §2). Null: one of the site's own.</summary>
    public string? ApiSecret { get; init; }

    public string Title { get; init; } = "Nightscout";

    public string Units { get; init; } = "mg/dl";
}

/// <summary>Whom a token is of, and what it may.</summary>
/// <param name="Token">Its access token in full.</param>
sealed record Subject(string Name, string Role, string Token);

/// <summary>One participant's Nightscout. Safe to use from any thread while the stand-in serves.</summary>
public sealed class NightscoutSite
{
    readonly Lock _gate = new();
    readonly Jwts _jwts = new();
    volatile SiteOptions _options;
    volatile int _crashes;
    (string Name, string Role)[] _subjects = [];

    /// <summary>An empty site.</summary>
    /// <param name="name">First segment of its path: letters, digits, dashes.</param>
    public NightscoutSite(string name, SiteOptions? options = null) : this(name, options ?? new(), _ => null)
    {
    }

    internal NightscoutSite(string name, SiteOptions options, Func<RecordKind, GeneratedRecords?> generated)
    {
        (Name, _options) = (name, options);
        DateTimeOffset Now() => Time.GetUtcNow();
        Entries = new(RecordKind.Entries, Now, generated(RecordKind.Entries));
        Treatments = new(RecordKind.Treatments, Now, generated(RecordKind.Treatments));
        DeviceStatus = new(RecordKind.DeviceStatus, Now, generated(RecordKind.DeviceStatus));
        Profiles = new(RecordKind.Profile, Now);
        Activity = new(RecordKind.Activity, Now);
        Food = new(RecordKind.Food, Now);
    }

    /// <summary>First segment of its path on the shared port.</summary>
    public string Name { get; }

    /// <summary>May be replaced at any time: closing a site is <c>Options with { DefaultRole = "denied" }</c>.</summary>
    public SiteOptions Options { get => _options; set => _options = value; }

    /// <summary>How often a request has killed the server: what must never happen to a participant's site (contract §2).</summary>
    public int Crashes => _crashes;

    /// <summary>The site's own clock: the sandbox's from the moment it is served.</summary>
    internal TimeProvider Time { get; set; } = TimeProvider.System;

    public SiteRecords Entries { get; }
    public SiteRecords Treatments { get; }
    public SiteRecords DeviceStatus { get; }
    public SiteRecords Profiles { get; }
    public SiteRecords Activity { get; }
    public SiteRecords Food { get; }

    /// <returns>Null when there is no collection of that name.</returns>
    internal SiteRecords? Collection(string name) =>
        new[] { Entries, Treatments, DeviceStatus, Profiles, Activity, Food }.FirstOrDefault(records => records.Kind.Name == name);

    /// <summary>Makes a subject and gives its access token, <c>name-16hex</c>.</summary>
    /// <param name="role">readable, denied, status-only, careportal, devicestatus-upload, activity or admin.</param>
    public string AddToken(string name = "reader", string role = "readable")
    {
        if (!SiteAccess.Roles.ContainsKey(role))
            throw new ArgumentException($"There is no role {role}.", nameof(role));
        lock (_gate)
            _subjects = [.. _subjects, (name, role)];
        return TokenOf(name);
    }

    /// <summary>Deletes a subject: its token is unknown from then on.</summary>
    public void RemoveToken(string name)
    {
        lock (_gate)
            _subjects = [.. _subjects.Where(subject => subject.Name != name)];
    }

    /// <summary>Hex SHA1 of the API secret, as the <c>api-secret</c> header carries it.</summary>
    public string ApiSecretHash => Hash(Options.ApiSecret ?? $"api-secret-of-{Name}");

    /// <summary>Deploys the site anew: no JWT that it gave is good any more, and every token still is.</summary>
    public void InvalidateJwts() => _jwts.ChangeKey();

    /// <summary>Only the 16 hex digits of a token matter, the name before them is not checked; its SHA1 is as good (contract §2).</summary>
    /// <returns>Null when there is no such token.</returns>
    internal Subject? SubjectOf(string token)
    {
        (string Name, string Role)[] subjects;
        lock (_gate)
            subjects = _subjects;
        foreach (var (name, role) in subjects)
            if (TokenOf(name) is var own && (token[(token.LastIndexOf('-') + 1)..] == own[^16..] || token == Hash(own)))
                return new(name, role, own);
        return null;
    }

    /// <returns>Null for a JWT that is not valid here; one that is may be of a subject that is gone.</returns>
    internal string? AccessTokenIn(string jwt) => _jwts.AccessToken(jwt, Time.GetUtcNow());

    /// <summary>What exchanges a token for a JWT (contract §3).</summary>
    internal JsonObject Authorize(Subject subject)
    {
        var (jwt, issuedAt, expires) = _jwts.Issue(subject.Token, Time.GetUtcNow());
        var groups = new[] { subject.Role, Options.DefaultRole }.Distinct()
            .Select(role => new JsonArray([.. SiteAccess.Roles[role].Select(permission => JsonValue.Create(permission))]));
        return new()
        {
            ["token"] = jwt,
            ["sub"] = subject.Name,
            ["permissionGroups"] = new JsonArray([.. groups]),
            ["iat"] = issuedAt,
            ["exp"] = expires,
        };
    }

    internal void Crash() => Interlocked.Increment(ref _crashes);

    internal bool IsAtLeast(int major, int minor, int build) => System.Version.Parse(Options.Version) >= new Version(major, minor, build);

    string TokenOf(string name) => $"{name}-{Hash(ApiSecretHash + name)[..16]}";

    static string Hash(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
}
