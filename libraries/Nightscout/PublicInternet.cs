using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Nightscout;

/// <summary>
/// The only way out to addresses that participants give. On every connection the port is checked, the name is resolved once, every address it
/// has must be public, and the connection goes to exactly the address that was checked: a name that resolves differently a moment later (DNS
/// rebinding) gains nothing.
/// </summary>
public static class PublicInternet
{
    /// <summary>IANA's special-purpose addresses, multicast and above, and the address at which Azure shows a machine its own platform.</summary>
    static readonly IPNetwork[] Closed = [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    }.Select(IPNetwork.Parse)];

    /// <summary>
    /// Of IPv6 only global unicast is open, and of that not what carries an IPv4 address inside (Teredo, 6to4) or leads to documentation and
    /// benchmarks. Mapped addresses count as the IPv4 address they hold; NAT64's 64:ff9b::/96 and unique local addresses are not global.
    /// </summary>
    static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    static readonly IPNetwork[] ClosedV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(IPNetwork.Parse)];

    /// <summary>
    /// Above 1023, where Nightscout's 1337, 3000, 8080, 8443, 10443 and the like must stay open, the ports of databases, caches, queues, remote
    /// desktops, mail, chat and the inside of clusters: none serves a web site, and a request could be taken for a command there.
    /// </summary>
    /// <remarks>None between 20,000 and 25,000, from which the sandbox takes its own, nor above 32,767, from which systems give out ports. Some are from https://fetch.spec.whatwg.org/#port-blocking.</remarks>
    static readonly FrozenSet<int> ClosedPorts = new[]
    {
        1080, 1099, 1433, 1434, 1521, 1719, 1720, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3268, 3269, 3306, 3389, 3659, 4045, 4190, 4369, 5060, 5061, 5432, 5433, 5601,
        5671, 5672, 5900, 5901, 5902, 5903, 5984, 5985, 5986, 6000, 6379, 6380, 6432, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 7199, 7474, 7687, 8086, 8200, 8500, 8883,
        9042, 9092, 9100, 9200, 9300, 10080, 10250, 10255, 10256, 11211, 11434, 15672, 16379, 26257, 26379, 27017, 27018, 27019, 28017,
    }.ToFrozenSet();

    /// <summary>Whether a Nightscout may run on the port: 80, 443, or one above 1023 that belongs to no other well-known service.</summary>
    public static bool IsOpenPort(int port) => port is 80 or 443 || port is >= 1024 and <= 65535 && !ClosedPorts.Contains(port);

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !Closed.Any(network => network.Contains(address))
            : address.ScopeId == 0 && Global.Contains(address) && !ClosedV6.Any(network => network.Contains(address)) && !IsIsatap(address);
    }

    /// <summary>Whether the lower half holds an IPv4 address to tunnel to: 0:5efe:a.b.c.d or 200:5efe:a.b.c.d (RFC 5214).</summary>
    static bool IsIsatap(IPAddress address) => address.GetAddressBytes().AsSpan(8, 4) is [0 or 2, 0, 0x5e, 0xfe];

    /// <param name="allowLoopback">For the demo and tests: 127.0.0.0/8 and ::1 are open as well.</param>
    /// <param name="resolve">All addresses of a name; the system's own resolver when null. Tests let names lead inward with it.</param>
    /// <param name="connect">Opens a connection to a checked address; a plain socket when null. Tests look at what was let through with it.</param>
    public static SocketsHttpHandler Handler(
        bool allowLoopback, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, Func<IPEndPoint, CancellationToken, Task<Stream>>? connect = null) => new()
        {
            ConnectCallback = async (context, cancellationToken) =>
                await ConnectAsync(context.DnsEndPoint, allowLoopback, resolve ?? Dns.GetHostAddressesAsync, connect ?? OpenAsync, cancellationToken),
            UseProxy = false, // a proxy would resolve the name again
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null, // our traces are ours
            AutomaticDecompression = DecompressionMethods.All, // decoded bytes are counted where they are read
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 64, // KB
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };

    static async Task<Stream> ConnectAsync(DnsEndPoint end, bool allowLoopback, Func<string, CancellationToken, Task<IPAddress[]>> resolve,
        Func<IPEndPoint, CancellationToken, Task<Stream>> connect, CancellationToken cancellationToken)
    {
        if (!IsOpenPort(end.Port))
            throw new AddressMalformedException(AddressFault.ClosedPort, end.Port);
        var addresses = await resolve(end.Host, cancellationToken);
        if (!addresses.All(address => IsPublic(address) || allowLoopback && IPAddress.IsLoopback(address)))
            throw new AddressPrivateException(); // also when only one of several is private: which one is used would be chance
        SocketException? failure = null;
        foreach (var address in addresses)
            try
            {
                return await connect(new(address, end.Port), cancellationToken);
            }
            catch (SocketException problem)
            {
                failure = problem;
            }
        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    static async Task<Stream> OpenAsync(IPEndPoint end, CancellationToken cancellationToken)
    {
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(end, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
