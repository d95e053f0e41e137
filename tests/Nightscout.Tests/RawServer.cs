using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nightscout.Tests;

/// <summary>
/// Answers every request with bytes of the test's choice. <see cref="Client"/> finds it under any public name and port, as a site on the internet;
/// everything else about the way there is the product's own.
/// </summary>
sealed class RawServer : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly Func<NetworkStream, Task> _answer;

    public RawServer(Func<NetworkStream, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public RawServer(string answer) : this(Encoding.Latin1.GetBytes(answer))
    {
    }

    public RawServer(byte[] answer) : this(async stream => await stream.WriteAsync(answer))
    {
    }

    /// <summary>What connections were opened to, after the check.</summary>
    public List<IPEndPoint> Connected { get; } = [];

    /// <summary>What names resolve to, one answer a question; the last for all that follow.</summary>
    public List<IPAddress[]> Resolved { get; init; } = [[IPAddress.Parse("93.184.216.34")]];

    public NightscoutClient Client(TimeSpan? budget = null) => new(new HttpClient(PublicInternet.Handler(allowLoopback: false, ResolveAsync, ConnectAsync))) { Budget = budget ?? TimeSpan.FromSeconds(30) };

    public void Dispose() => _listener.Dispose();

    int _questions;

    Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(IPAddress.TryParse(name, out var address) ? [address] : Resolved[Math.Min(_questions++, Resolved.Count - 1)]);

    async Task<Stream> ConnectAsync(IPEndPoint end, CancellationToken cancellationToken)
    {
        Connected.Add(end);
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        return client.GetStream();
    }

    async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = ServeAsync(client);
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
            try
            {
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[16 * 1024]); // the request is short: it comes in one piece
                await _answer(stream);
            }
            catch (IOException)
            {
                // hung up: that is what most tests are about
            }
    }
}
