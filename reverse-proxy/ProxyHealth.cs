using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace ReverseProxy;

/// <summary>Degraded while a host has no certificate that browsers trust, or one that ends within two weeks: certbot renews a month before.</summary>
sealed class CertificatesHealth(ProxyOptions options, Certificates certificates, TimeProvider time) : IHealthCheck
{
    static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(options.Sites.Values.Select(site => site.Host).Append(options.Status.Host).Where(host => host.Length > 0)
            .All(host => certificates.EndOf(host) is { } end && end - time.GetUtcNow() > Soon) ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded());
}

/// <summary>Degraded while a site has no replica that is ready; we stay ready ourselves, because nobody else can answer for it.</summary>
sealed class DestinationsHealth(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(proxy.GetClusters().All(cluster => cluster.DestinationsState.AllDestinations.Any(destination => destination.Health.Active == DestinationHealth.Healthy))
            ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded());
}
