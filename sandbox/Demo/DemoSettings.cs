namespace Sandbox.Demo;

/// <summary>What the demo is asked to do.</summary>
public sealed record DemoSettings
{
    /// <summary>Connection of a role that may make roles and databases; the demo makes a database of its own. Of an installation: of its database's owner.</summary>
    public required string Postgres { get; init; }

    /// <summary>Folder with the built services: <c>NAME/CONFIGURATION/NAME.dll</c>.</summary>
    public required string Build { get; init; }

    /// <summary>release or debug.</summary>
    public string Configuration { get; init; } = "release";

    /// <summary>For logs, exports and the file of settings.</summary>
    public required string Folder { get; init; }

    /// <summary>One more participant, whose site this is.</summary>
    public Uri? Nightscout { get; init; }

    /// <summary>Of that site, when it is protected.</summary>
    public string? Token { get; init; }

    /// <summary>Days of synthetic data a site has; one has ten weeks, so that months are joined.</summary>
    public int Days { get; init; } = 7;

    /// <summary>How many of the six synthetic participants take part.</summary>
    public int Uploaders { get; init; } = 6;

    /// <summary>nightscout, openhumans, warehouse or export: one value is altered after that step.</summary>
    public string? Sabotage { get; init; }

    /// <summary>An installation that runs already. Default: the services of <see cref="Build"/> are started.</summary>
    public Installation? Installation { get; init; }
}

/// <summary>An installation that runs with our stand-ins for the world outside, in containers: docs/operations.md.</summary>
/// <param name="Invitation">Link of an administrator's invitation.</param>
/// <param name="Entrance">Where both sites are really reached, by https; their names are sent as if they led there.</param>
/// <param name="StandIns">Host name by which the services reach the stand-ins.</param>
/// <param name="HasDashboards">Whether Metabase is part of it.</param>
public sealed record Installation(Uri RegistrationSite, Uri Portal, Uri Invitation, System.Net.DnsEndPoint? Entrance, string StandIns, string ClientId, string ClientSecret, string? WebhookSecret, bool HasDashboards)
{
    public const int OpenHumansPort = 7001, NightscoutPort = 7002;
}

/// <summary>A step of the demo failed; the message says which and what to look at.</summary>
public sealed class DemoException(string message) : Exception(message);
