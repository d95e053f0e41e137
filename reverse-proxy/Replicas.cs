using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace ReverseProxy;

/// <summary>
/// All addresses of a destination's name are replicas, as of a service that compose runs several times; looked up again every ten seconds. A name
/// that leads nowhere stays one destination that does not answer, because the proxy has to start before what is behind it.
/// </summary>
public sealed class Replicas(Func<string, CancellationToken, Task<IPAddress[]>> resolve) : IDestinationResolver
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DestinationConfig>();
        var named = false;
        foreach (var (id, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            var isName = address is { HostNameType: UriHostNameType.Dns, IsLoopback: false, Scheme: "http" }; // with https the certificate is for the name
            named |= isName;
            var replicas = isName ? await AddressesAsync(address.Host, cancellationToken) : [];
            if (replicas.Length == 0)
                found[id] = destination;
            foreach (var replica in replicas)
                found[$"{id}-{replica}"] = destination with { Address = new UriBuilder(address) { Host = replica.ToString() }.Uri.AbsoluteUri, Host = address.Authority };
        }
        return new(found, named ? new CancellationChangeToken(new CancellationTokenSource(Every).Token) : null);
    }

    async Task<IPAddress[]> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await resolve(name, cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
