using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace ReverseProxy;

/// <summary>Degraded while a host has no certificate that browsers trust, or one that ends within two weeks: certbot renews a month before.</summary>
sealed class CertificatesHealth(ProxyOptions options, Certificates certificates, TimeProvider time) : IHealthCheck
{
    static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = options.Hosts.Select(host => (Host: host, Left: certificates.EndOf(host) - time.GetUtcNow())).Where(one => one.Left is not { } left || left <= Soon)
            .Select(one => one.Left is not { } left ? $"{one.Host} has none" : left < TimeSpan.Zero ? $"that of {one.Host} has ended" : $"that of {one.Host} ends in {Math.Floor(left.TotalDays)} days").ToList();
        return Task.FromResult(problems.Count == 0 ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded($"certificates: {string.Join(", ", problems)}; see the log of certbot, and of this service for files it cannot use"));
    }
}

/// <summary>Degraded while a site has no replica that is ready; we stay ready ourselves, because nobody else can answer for it.</summary>
sealed class DestinationsHealth(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(proxy.GetClusters().Where(cluster => !cluster.DestinationsState.AllDestinations.Any(destination => destination.Health.Active == DestinationHealth.Healthy)).Select(cluster => cluster.ClusterId).ToList() is { Count: > 0 } missing
            ? HealthCheckResult.Degraded($"no replica is ready of: {string.Join(", ", missing)}; see whether it runs, and its own /health/ready") : HealthCheckResult.Healthy());
}
