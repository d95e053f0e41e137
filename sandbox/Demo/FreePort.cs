using System.Net;
using System.Net.Sockets;

namespace Sandbox.Demo;

/// <summary>Ports of this machine that nobody listens on.</summary>
public static class FreePort
{
    /// <summary>Below the range that systems take for outgoing connections, any of which could take a port between our look and its use; no port of a database, where no Nightscout may be.</summary>
    const int First = 20_000, Last = 25_000;

    static readonly HashSet<int> Given = [];

    /// <returns>Each port once.</returns>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last);
            lock (Given)
                if (!Given.Add(port))
                    continue;
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // another one
            }
        }
    }

    public static Uri NextUrl() => new($"http://127.0.0.1:{Next()}");
}
