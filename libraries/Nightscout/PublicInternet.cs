using System.Net;
using System.Net.Sockets;

namespace Nightscout;

/// <summary>
/// The only way out to addresses that participants give. A name is resolved once, every address it has must be public, and the connection goes
/// to exactly the address that was checked: a name that resolves differently a moment later (DNS rebinding) gains nothing.
/// </summary>
public static class PublicInternet
{
    static readonly IPNetwork[] Closed = [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    }.Select(IPNetwork.Parse)];

    /// <summary>Of IPv6 only global unicast is open, and of that not what carries an IPv4 address inside or leads to documentation and benchmarks.</summary>
    static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    static readonly IPNetwork[] ClosedV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !Closed.Any(network => network.Contains(address))
            : address.ScopeId == 0 && Global.Contains(address) && !ClosedV6.Any(network => network.Contains(address));
    }

    /// <param name="allowLoopback">For the demo and tests: 127.0.0.0/8 and ::1 are open as well.</param>
    public static SocketsHttpHandler Handler(bool allowLoopback) => new()
    {
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowLoopback, cancellationToken),
        UseProxy = false, // a proxy would resolve the name again
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All, // decoded bytes are counted where they are read
        ConnectTimeout = TimeSpan.FromSeconds(15),
        MaxResponseHeadersLength = 64, // KB
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    };

    static async ValueTask<Stream> ConnectAsync(DnsEndPoint end, bool allowLoopback, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(end.Host, cancellationToken);
        if (!addresses.All(address => IsPublic(address) || allowLoopback && IPAddress.IsLoopback(address)))
            throw new AddressPrivateException();
        Exception? failure = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, end.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception problem)
            {
                socket.Dispose();
                if (problem is not SocketException)
                    throw;
                failure = problem;
            }
        }
        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }
}
