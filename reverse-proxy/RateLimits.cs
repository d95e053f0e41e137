using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace ReverseProxy;

/// <summary>How often one address may ask a site in a minute.</summary>
static class RateLimits
{
    public static IServiceCollection AddRateLimits(this IServiceCollection services, ProxyOptions options) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = async (rejected, cancellationToken) =>
        {
            var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 60;
            rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await rejected.HttpContext.Response.WriteAsync($"Too many requests from your address. Please try again in {seconds} seconds.\n", cancellationToken);
        };
        foreach (var (name, site) in options.Sites)
            limiter.AddPolicy(name, context => RateLimitPartition.GetFixedWindowLimiter(
                Network(context.Connection.RemoteIpAddress), _ => new() { PermitLimit = site.RequestsPerMinute, Window = TimeSpan.FromMinutes(1) }));
    });

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one: whoever has one of those has them all.</summary>
    static IPAddress Network(IPAddress? address)
    {
        address = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address ?? IPAddress.None;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new([.. address.GetAddressBytes().Take(8), .. new byte[8]]) : address;
    }
}
