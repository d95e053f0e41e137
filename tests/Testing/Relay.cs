using System.Net;
using System.Net.Sockets;

namespace Testing;

/// <summary>Stands between a service and its database, and can be away as one that is started anew: connections end, new ones are refused.</summary>
public sealed class Relay(string host, int port) : IAsyncDisposable
{
    readonly List<TcpClient> _open = [];
    TcpListener? _listener;
    Task _accepting = Task.CompletedTask;

    public int Port { get; private set; }

    public Relay Start()
    {
        _listener = new(IPAddress.Loopback, Port); // the same as before
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
        return this;
    }

    public async Task StopAsync()
    {
        _listener?.Stop();
        await _accepting;
        lock (_open)
        {
            foreach (var client in _open)
                client.Client?.Close(0);
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = PassAsync(await listener.AcceptTcpClientAsync());
        }
        catch (SocketException) // stopped
        {
        }
        catch (ObjectDisposedException)
        {
        }
    }

    async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(host, port);
            lock (_open)
                _open.AddRange([client, server]);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
        }
        catch (Exception problem) when (problem is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // cut
        }
        finally
        {
            client.Dispose();
        }
    }
}
