using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>What passes, how much of it, and how it passes.</summary>
public sealed class TrafficTests
{
    Backend _site = null!;
    RunningProxy _proxy = null!;

    [SetUp]
    public async Task Start()
    {
        _site = await Backend.StartAsync("site");
        _proxy = await StartAsync(_site, _site, ("Registration:RequestsPerMinute", "3"), ("Idle", "00:00:02"));
    }

    [TearDown]
    public async Task Stop()
    {
        await _proxy.DisposeAsync();
        await _site.DisposeAsync();
    }

    [TestCase(Registration, 2, true)]
    [TestCase(Registration, 2, false)]
    [TestCase(Data, 10, true)]
    [TestCase(Data, 10, false)]
    public async Task Bodies_up_to_the_sites_limit_pass_and_larger_ones_do_not(string host, int megabytes, bool withLength)
    {
        var (limit, frames) = (megabytes * 1024 * 1024, withLength ? 0 : 64 * 1024); // of a body in chunks their frames count too
        var (fits, tooLarge) = (await UploadAsync(limit - frames), await UploadAsync(limit + 1));

        Assert.That((fits.Status, fits.Text), Is.EqualTo((HttpStatusCode.OK, $"{limit - frames}")));
        Assert.That(tooLarge.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));

        async Task<(HttpStatusCode Status, string Text)> UploadAsync(int bytes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{host}/upload") { Content = new ByteArrayContent(new byte[bytes]) };
            request.Headers.TransferEncodingChunked = !withLength;
            request.Headers.ExpectContinue = true; // so that a refusal is read before the body is sent
            using var answer = await _proxy.Client.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Test]
    public async Task Who_asks_too_often_is_told_when_to_come_again_and_other_sites_stay_open()
    {
        for (var number = 0; number < 3; number++)
            await _proxy.AskAsync($"https://{Registration}/", ("X-Forwarded-For", $"198.51.100.{number}"));
        var refused = await _proxy.Client.GetAsync($"https://{Registration}/");

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
        Assert.That(_site.Requests, Is.EqualTo(3));
        Assert.That(await _proxy.StatusOfAsync($"https://{Data}/"), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Events_arrive_when_they_are_sent_and_a_stream_that_moves_is_never_too_long()
    {
        await using var streams = await OpenStreams.StartAsync(_proxy, _site, Data);
        var watch = Stopwatch.StartNew();

        while (watch.Elapsed < TimeSpan.FromSeconds(5)) // more than twice as long as a silent one would last
        {
            await streams.GoOnAsync();
            await Task.Delay(500);
        }
    }

    [Test]
    public async Task A_download_of_any_size_passes_whole()
    {
        const int Portions = 40, Megabytes = 8;
        for (var number = 0; number < Portions; number++)
            _site.Portions.Writer.TryWrite(Megabytes * 1024 * 1024);
        _site.Portions.Writer.Complete();
        using var answer = await _proxy.Client.GetAsync($"https://{Data}/download", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var (buffer, length) = (new byte[1024 * 1024], 0L);
        while (await body.ReadAsync(buffer) is > 0 and var read)
            length += read;

        Assert.That(length, Is.EqualTo((long)Portions * Megabytes * 1024 * 1024));
    }

    [Test]
    public async Task A_stream_on_which_nothing_moves_ends()
    {
        using var answer = await _proxy.Client.GetAsync($"https://{Data}/events", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(10));

        Assert.That(async () => await body.ReadAsync(new byte[1], soon.Token), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task WebSockets_pass_both_ways_and_close_in_order()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"wss://{Data}/talk"), new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => ConnectAsync(_proxy.HttpsPort, cancellationToken),
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        }), default);
        var buffer = new byte[1024];
        for (var number = 0; number < 100; number++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"{number}"), WebSocketMessageType.Text, true, default);
            var received = await socket.ReceiveAsync(buffer, default);
            Assert.That(Encoding.UTF8.GetString(buffer, 0, received.Count), Is.EqualTo($"{number}"));
        }
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);

        Assert.That(socket.CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));
    }

    [Test]
    public async Task Who_sends_headers_without_end_is_cut_off()
    {
        await using var connection = await ConnectAsync(_proxy.HttpPort, default);
        await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {Data}\r\n"));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(connection);

        Assert.That(await reader.ReadLineAsync(late.Token), Does.Contain("408"));
    }
}
