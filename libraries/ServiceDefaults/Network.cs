using System.Net;

namespace ServiceDefaults;

/// <summary>Where a request comes from, to count by.</summary>
public static class Network
{
    /// <returns>The address; of IPv6 the half that a household has to itself.</returns>
    public static string Of(IPAddress address)
    {
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, Math.Min(8, bytes.Length)));
    }
}
