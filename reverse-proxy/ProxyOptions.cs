using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ReverseProxy;

/// <summary>Configuration section <c>Proxy</c>.</summary>
public sealed record ProxyOptions : IValidatableObject
{
    /// <summary>The registration site.</summary>
    public SiteOptions Registration { get; init; } = new() { MaxBodyMegabytes = 2, RequestsPerMinute = 600 };

    /// <summary>The portal of researchers and administrators; programs ask it too.</summary>
    public SiteOptions Data { get; init; } = new() { MaxBodyMegabytes = 10, RequestsPerMinute = 1200 };

    /// <summary>Metabase, as far as an embed needs it. Default: none.</summary>
    public SiteOptions Charts { get; init; } = new() { MaxBodyMegabytes = 1, RequestsPerMinute = 1200 };

    /// <summary>A short name for the portal's page of the services' health. Default: none.</summary>
    public StatusOptions Status { get; init; } = new();

    /// <summary>Folder with a folder for each certificate that holds <c>fullchain.pem</c> and <c>privkey.pem</c>, as certbot's <c>live</c> does. Default: <c>/etc/letsencrypt/live</c>.</summary>
    public string Certificates { get; init; } = "/etc/letsencrypt/live";

    /// <summary>How often that folder is looked at. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Proxy__CertificatesEvery must be between 0.1 seconds and an hour.")]
    public TimeSpan CertificatesEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Folder below which certbot leaves its answers, as <c>.well-known/acme-challenge/TOKEN</c>. Default: <c>/var/www/certbot</c>.</summary>
    public string Webroot { get; init; } = "/var/www/certbot";

    /// <summary>Address that is listened on. Default: all.</summary>
    public string Address { get; init; } = "";

    /// <summary>Port for http. Default: 8080.</summary>
    [Range(1, 65535, ErrorMessage = "Proxy__HttpPort must be a port: 1 to 65535.")]
    public int HttpPort { get; init; } = 8080;

    /// <summary>Port for https. Default: 8443.</summary>
    [Range(1, 65535, ErrorMessage = "Proxy__HttpsPort must be a port: 1 to 65535.")]
    public int HttpsPort { get; init; } = 8443;

    /// <summary>Port for <c>/health/live</c> and <c>/health/ready</c> of the proxy itself; not to be published. Default: 8081.</summary>
    [Range(1, 65535, ErrorMessage = "Proxy__HealthPort must be a port: 1 to 65535.")]
    public int HealthPort { get; init; } = 8081;

    /// <summary>Port of https as browsers see it, to which http is redirected. Default: 443.</summary>
    [Range(1, 65535, ErrorMessage = "Proxy__PublicHttpsPort must be a port: 1 to 65535.")]
    public int PublicHttpsPort { get; init; } = 443;

    /// <summary>Whether hosts without a certificate are served by http instead of being redirected: on one's own machine. Refused in production. Default: false.</summary>
    public bool Plain { get; init; }

    /// <summary>For how long browsers shall come by https only, once a host has a certificate. 0: not told. Default: 365 days.</summary>
    [Range(typeof(TimeSpan), "0", "1000.00:00:00", ErrorMessage = "Proxy__Hsts must be between 0 and 1000 days.")]
    public TimeSpan Hsts { get; init; } = TimeSpan.FromDays(365);

    /// <summary>How long a response, a stream or a WebSocket may move no byte before it is ended; however long it moves some, it is not. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Proxy__Idle must be between a second and a day.")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often destinations are asked whether they are ready. Default: 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = "Proxy__HealthEvery must be between 0.1 seconds and 10 minutes.")]
    public TimeSpan HealthEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The sites that are proxied, by name.</summary>
    public IReadOnlyDictionary<string, SiteOptions> Sites =>
        new Dictionary<string, SiteOptions> { ["registration"] = Registration, ["data"] = Data, ["charts"] = Charts }.Where(site => site.Value.Host.Length > 0).ToDictionary();

    /// <summary>All hosts that are served.</summary>
    public IEnumerable<string> Hosts => Sites.Values.Select(site => site.Host).Append(Status.Host).Where(host => host.Length > 0);

    /// <summary>The portal as browsers see it, without a slash.</summary>
    public string PortalOrigin => Origin(Data.Host);

    public string Origin(string host) => PublicHttpsPort == 443 ? $"https://{host}" : $"https://{host}:{PublicHttpsPort}";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var problems = new List<string>();
        if (Registration.Host.Length == 0)
            problems.Add("Set Proxy__Registration__Host: the host name of the registration site, for instance upload.example.org");
        if (Data.Host.Length == 0)
            problems.Add("Set Proxy__Data__Host: the host name of the portal, for instance data.example.org");
        foreach (var (name, site) in new[] { ("Registration", Registration), ("Data", Data), ("Charts", Charts) })
            problems.AddRange(site.Problems($"Proxy__{name}"));
        if (Status.Host.Length > 0 && !SiteOptions.IsHost(Status.Host))
            problems.Add("Proxy__Status__Host must be a host name alone, without scheme and port.");
        foreach (var twice in Sites.Values.Select(site => site.Host).Append(Status.Host).Where(host => host.Length > 0).GroupBy(host => host, StringComparer.OrdinalIgnoreCase).Where(alike => alike.Count() > 1))
            problems.Add($"{twice.Key} is the host of two sites: each needs its own.");
        if (new[] { HttpPort, HttpsPort, HealthPort }.Distinct().Count() < 3)
            problems.Add("Proxy__HttpPort, Proxy__HttpsPort and Proxy__HealthPort must be three ports.");
        if (Address.Length > 0 && !IPAddress.TryParse(Address, out _))
            problems.Add("Proxy__Address must be an IP address, or empty for all.");
        return problems.Select(problem => new ValidationResult(problem));
    }
}

/// <summary>A site behind the proxy.</summary>
public sealed record SiteOptions
{
    /// <summary>Its host name as browsers see it.</summary>
    public string Host { get; init; } = "";

    /// <summary>Where it is reached, one address for each replica; all addresses of a name are replicas too. An empty one is none: Docker Compose hands it on for a site that is left out.</summary>
    public IReadOnlyList<string> Destinations { get; init => field = [.. value.Where(destination => destination.Length > 0)]; } = [];

    /// <summary>Largest body of a request, in MB of 1024 × 1024 bytes.</summary>
    public int MaxBodyMegabytes { get; init; }

    /// <summary>Requests of one address in a minute; of IPv6, of one network of 64 bits.</summary>
    public int RequestsPerMinute { get; init; }

    /// <returns>What to change, in words.</returns>
    internal IEnumerable<string> Problems(string setting)
    {
        if (Host.Length == 0 && Destinations.Count == 0)
            yield break;
        if (Host.Length > 0 && !IsHost(Host))
            yield return $"{setting}__Host must be a host name alone, without scheme and port.";
        if (Host.Length == 0)
            yield return $"Set {setting}__Host as well: destinations alone are reached by nobody.";
        if (Destinations.Count == 0)
            yield return $"Set {setting}__Destinations__0: where the site of {Host} is reached, for instance http://registration-site:8080";
        else if (!Destinations.All(destination => Uri.TryCreate(destination, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", PathAndQuery: "/" }))
            yield return $"{setting}__Destinations must be addresses like http://registration-site:8080, without a path.";
        if (MaxBodyMegabytes is < 1 or > 1024)
            yield return $"{setting}__MaxBodyMegabytes must be between 1 and 1024.";
        if (RequestsPerMinute < 1)
            yield return $"{setting}__RequestsPerMinute must be at least 1.";
    }

    internal static bool IsHost(string host) => Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
}

/// <summary>The host that leads to the portal's page of the services' health.</summary>
public sealed record StatusOptions
{
    /// <summary>Its host name as browsers see it.</summary>
    public string Host { get; init; } = "";
}
