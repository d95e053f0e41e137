using System.Net;

namespace ServiceDefaults;

/// <summary>What addresses tell.</summary>
public static class Network
{
    static readonly IPNetwork[] Inside = [.. new[] { "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10" }.Select(IPNetwork.Parse)];

    /// <summary>Whether a server is on this machine or in a private network, as far as its name tells: names without a dot, sockets, and such addresses, with or without a port.</summary>
    public static bool IsInside(string host) => IPEndPoint.TryParse(host, out var end) ? Inside.Any(network => network.Contains(end.Address)) : host.StartsWith('/') || !host.Contains('.');

    /// <summary>Where a request comes from, to count by.</summary>
    /// <returns>The address; of IPv6 the half that a household has to itself.</returns>
    public static string Of(IPAddress address)
    {
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, Math.Min(8, bytes.Length)));
    }
}
