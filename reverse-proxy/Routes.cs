using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace ReverseProxy;

/// <summary>Routes and clusters as YARP wants them, made of the settings.</summary>
public static class Routes
{
    /// <summary>The pages of Metabase that another site may frame.</summary>
    public const string Embed = "charts-embed";

    /// <summary>How Metabase is set up, for its own pages; says nothing of anybody.</summary>
    public const string Properties = "charts-properties";

    /// <summary>What an embed asks for; nothing else of Metabase is public, its sign-in least of all.</summary>
    static readonly (string Id, string Path, string[] Methods)[] OfAnEmbed =
    [
        (Embed, "/embed/{**rest}", ["GET", "HEAD"]),
        ("charts-files", "/app/{**rest}", ["GET", "HEAD"]),
        ("charts-icon", "/favicon.ico", ["GET", "HEAD"]),
        ("charts-data", "/api/embed/{**rest}", ["GET", "HEAD", "POST"]), // each call carries a signed token
        (Properties, "/api/session/properties", ["GET"]),
    ];

    public static IReadOnlyList<RouteConfig> Of(ProxyOptions options) =>
        [.. options.Sites.SelectMany(site => site.Key == "charts"
            ? OfAnEmbed.Select(part => Route(part.Id, site.Key, site.Value, part.Path, part.Methods))
            : [Route(site.Key, site.Key, site.Value, "/{**rest}", null)])];

    public static IReadOnlyList<ClusterConfig> ClustersOf(ProxyOptions options) => [.. options.Sites.Select(site => new ClusterConfig
    {
        ClusterId = site.Key,
        LoadBalancingPolicy = LoadBalancingPolicies.RoundRobin, // sessions are in cookies that every replica can read
        Destinations = site.Value.Destinations.Index().ToDictionary(one => $"{site.Key}-{one.Index}", one => new DestinationConfig { Address = one.Item }),
        HealthCheck = new()
        {
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic, // a service that says it is not ready still has a page that says so
            Active = new()
            {
                Enabled = true,
                Interval = options.HealthEvery,
                Timeout = TimeSpan.FromSeconds(5),
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
                Path = site.Key == "charts" ? "/api/health" : "/health/ready",
            },
        },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = options.Idle },
    })];

    static RouteConfig Route(string id, string cluster, SiteOptions site, string path, string[]? methods) => new()
    {
        RouteId = id,
        ClusterId = cluster,
        Match = new() { Hosts = [site.Host], Path = path, Methods = methods },
        MaxRequestBodySize = site.MaxBodyMegabytes * 1024L * 1024,
        RateLimiterPolicy = cluster,
    };
}
