using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox;

/// <summary>An SMTP server (RFC 5321) that takes every mail and delivers none: as much of it as a sender without encryption and sign-in needs.</summary>
public sealed class MailCatcher : IAsyncDisposable
{
    readonly TcpListener _listener;
    readonly CancellationTokenSource _stop = new();
    readonly TimeProvider _time;
    readonly List<CaughtMail> _mails = [];
    readonly Queue<string> _refusals = [];
    readonly Task _accepting;

    /// <param name="address">Default: loopback.</param>
    /// <param name="port">0: a free one.</param>
    public MailCatcher(TimeProvider time, IPAddress? address = null, int port = 0)
    {
        _time = time;
        _listener = new(address ?? IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<CaughtMail> Mails
    {
        get
        {
            lock (_mails)
                return [.. _mails];
        }
    }

    /// <summary>Answers the next recipient so, for instance <c>451 4.7.1 try later</c> or <c>550 5.1.1 nobody of this name</c>.</summary>
    public void RefuseNext(string answer)
    {
        lock (_refusals)
            _refusals.Enqueue(answer);
    }

    /// <summary>Waits for a mail to somebody with this in its subject, that is newer than another.</summary>
    /// <exception cref="TimeoutException">None came.</exception>
    public async Task<CaughtMail> WaitAsync(string to, string subject, int after = 0, TimeSpan? patience = null)
    {
        for (var until = DateTime.UtcNow + (patience ?? TimeSpan.FromSeconds(20)); DateTime.UtcNow < until; await Task.Delay(50))
            if (Mails.LastOrDefault(mail => mail.Number > after && mail.To.Contains(to) && mail.Subject.Contains(subject, StringComparison.Ordinal)) is { } found)
                return found;
        throw new TimeoutException($"No mail \"{subject}\" came to {to}. There are: {string.Join("; ", Mails.Select(mail => $"{mail.Subject} to {string.Join(", ", mail.To)}"))}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.RemoveAll(done => done.IsCompleted);
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            using (var reader = new StreamReader(client.GetStream(), Encoding.Latin1))
            await using (var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true })
                await TalkAsync(reader, writer);
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // the sender has gone, or we stop
        }
    }

    async Task TalkAsync(StreamReader reader, StreamWriter writer)
    {
        var (from, to) = ("", new List<string>());
        await writer.WriteLineAsync("220 sandbox");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO" or "HELO":
                    await writer.WriteLineAsync("250 sandbox");
                    break;
                case "MAIL":
                    (from, to) = (Address(line), []);
                    await writer.WriteLineAsync("250 ok");
                    break;
                case "RCPT":
                    var refusal = NextRefusal();
                    if (refusal is null)
                        to.Add(Address(line));
                    await writer.WriteLineAsync(refusal ?? "250 ok");
                    break;
                case "DATA" when to.Count > 0:
                    await writer.WriteLineAsync("354 end with a dot");
                    Keep(from, to, await ReadDataAsync(reader));
                    await writer.WriteLineAsync("250 kept");
                    break;
                case "RSET" or "NOOP":
                    await writer.WriteLineAsync("250 ok");
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 bye");
                    return;
                default:
                    await writer.WriteLineAsync("503 not now");
                    break;
            }
    }

    async Task<string> ReadDataAsync(StreamReader reader)
    {
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line and not ".")
            data.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        return data.ToString();
    }

    void Keep(string from, IReadOnlyList<string> to, string data)
    {
        lock (_mails)
            _mails.Add(CaughtMail.Read(_mails.Count + 1, _time.GetUtcNow(), from, [.. to], data));
    }

    string? NextRefusal()
    {
        lock (_refusals)
            return _refusals.TryDequeue(out var answer) ? answer : null;
    }

    static string Address(string line) => line.Split('<', '>') is [_, var address, ..] ? address : "";
}
