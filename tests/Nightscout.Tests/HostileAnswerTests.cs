using System.Buffers;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace Nightscout.Tests;

/// <summary>Sites that answer with something else than HTTP and JSON of a sensible size, byte by byte. Every answer ends in a typed failure, in time and in bounded memory.</summary>
public sealed class HostileAnswerTests
{
    const string Json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    /// <summary>What is read of one answer, and one read more.</summary>
    const int MostRead = 48 * 1024 * 1024 + 128 * 1024;

    static readonly Site Site = Site.Parse("http://good.example.org/");

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    public void A_decompression_bomb_is_stopped_at_the_limit(string encoding)
    {
        var bomb = Packed(encoding, 400);
        Assert.That(bomb, Has.Length.LessThan(4 * 1024 * 1024));
        using var server = new RawServer(Answer($"Content-Encoding: {encoding}\r\n", bomb));
        var buffer = new ArrayBufferWriter<byte>();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);

        Assert.That(async () => await ReadAsync(server, buffer), Throws.TypeOf<PageTooLargeException>());
        Assert.That(buffer.WrittenCount, Is.LessThan(MostRead));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - allocated, Is.LessThan(192L * 1024 * 1024), "the buffer, which doubles as it grows, and little more");
    }

    [TestCase("gzip")]
    [TestCase("br")]
    public void What_a_site_says_of_itself_is_short(string encoding)
    {
        using var server = new RawServer(Answer($"Content-Encoding: {encoding}\r\n", Packed(encoding, 400)));
        var allocated = GC.GetTotalAllocatedBytes(precise: true);

        Assert.That(async () => await server.Client().CheckAsync(Site, default), Throws.TypeOf<PageTooLargeException>());
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - allocated, Is.LessThan(16 * 1024 * 1024));
    }

    [Test]
    public void Only_one_packing_is_opened()
    {
        using var inner = new MemoryStream();
        using (var gzip = new GZipStream(inner, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Packed("gzip", 50));
        using var server = new RawServer(Answer("Content-Encoding: gzip, gzip\r\n", inner.ToArray()));
        var buffer = new ArrayBufferWriter<byte>();

        Assert.That(async () => await ReadAsync(server, buffer), Throws.TypeOf<SiteTemporaryException>());
        Assert.That(buffer.WrittenCount, Is.LessThan(1024 * 1024));
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    [TestCase("zstd")]
    [TestCase("gzip, br")]
    [TestCase("x-own")]
    public void What_is_not_packed_as_it_says_is_a_failure(string encoding)
    {
        var random = new Random(7);
        using var server = new RawServer(async stream =>
        {
            var noise = new byte[4000];
            random.NextBytes(noise);
            await stream.WriteAsync(Answer($"Content-Encoding: {encoding}\r\n", noise));
        });

        for (var i = 0; i < 50; i++)
            Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteTemporaryException>());
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    public void A_packed_answer_that_breaks_off_is_a_failure(string encoding)
    {
        using var server = new RawServer(Answer($"Content-Encoding: {encoding}\r\n", Packed(encoding, 1)[..^40]));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteTemporaryException>());
    }

    [Test]
    public void A_body_without_end_is_stopped_at_the_limit()
    {
        using var server = new RawServer(async stream => await EndlessAsync(stream, $"{Json}Transfer-Encoding: chunked\r\n\r\n", $"10000\r\n{new string(' ', 0x10000)}\r\n"));
        var buffer = new ArrayBufferWriter<byte>();

        Assert.That(async () => await ReadAsync(server, buffer), Throws.TypeOf<PageTooLargeException>());
        Assert.That(buffer.WrittenCount, Is.LessThan(MostRead));
    }

    [TestCase("X-A: b\r\n")]
    [TestCase("X-A: b\r\n ")]
    [TestCase("xxxxxxxxxxxxxxxx")]
    public void Headers_without_end_are_stopped(string part)
    {
        var sent = 0L;
        using var server = new RawServer(async stream => await EndlessAsync(stream, "HTTP/1.1 200 OK\r\n", string.Concat(Enumerable.Repeat(part, 100)), bytes => sent += bytes));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteUnreachableException>());
        Assert.That(sent, Is.LessThan(16 * 1024 * 1024), "what the sockets hold, not what we do");
    }

    [TestCase("0\r\nX-A: b\r\n", "X-A: b\r\n")]
    [TestCase("1;", "extension;")]
    [TestCase("", "0")]
    public void Chunks_without_end_are_stopped(string start, string part)
    {
        using var server = new RawServer(async stream => await EndlessAsync(stream, $"{Json}Transfer-Encoding: chunked\r\n\r\n{start}", string.Concat(Enumerable.Repeat(part, 100))));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteTemporaryException>());
    }

    [Test]
    public void One_header_larger_than_all_may_be_is_refused()
    {
        using var server = new RawServer($"HTTP/1.1 200 OK\r\nX-A: {new string('x', 65 * 1024)}\r\nContent-Length: 0\r\n\r\n");

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteUnreachableException>());
    }

    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", "1\r\n \r\n")]
    [TestCase(Json + "\r\n[", " ")]
    [TestCase("HTTP/1.1 200 OK\r\n", "X")]
    [TestCase("", "HTTP/1.1 100 Continue\r\n\r\n")]
    [TestCase("", "")]
    public void An_answer_that_drips_is_ended_by_the_budget(string start, string drop)
    {
        using var server = new RawServer(async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(start));
            while (true)
            {
                await Task.Delay(20);
                await stream.WriteAsync(Encoding.Latin1.GetBytes(drop));
            }
        });
        var started = TimeProvider.System.GetTimestamp();

        Assert.That(async () => await ReadAsync(server, budget: TimeSpan.FromMilliseconds(300)), Throws.TypeOf<SiteTemporaryException>().Or.TypeOf<SiteUnreachableException>());
        Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void Who_stops_on_their_own_is_not_told_of_a_slow_site()
    {
        using var server = new RawServer(stream => Task.Delay(TimeSpan.FromSeconds(10)));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        Assert.That(async () => await server.Client().ReadAsync(Site, Collection.Entries, "count=1", new(), stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(Json + "Content-Length: 5\r\n\r\n[]")]
    [TestCase(Json + "Content-Length: 1\r\n\r\n[]")]
    [TestCase(Json + "Content-Length: 0\r\n\r\n[]")]
    [TestCase(Json + "Content-Length: 9223372036854775807\r\n\r\n[]")]
    [TestCase(Json + "Content-Length: 99999999999999999999\r\n\r\n[")]
    [TestCase(Json + "Content-Length: -1\r\n\r\n[")]
    [TestCase(Json + "Content-Length: 0x2\r\n\r\n[")]
    [TestCase(Json + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n[]")]
    [TestCase(Json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n[]")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\n2\r\n[]x\r\n0\r\n\r\n")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\n2\r\n[]")]
    [TestCase(Json + "Transfer-Encoding: xchunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")]
    [TestCase(Json + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n[]")]
    public void Lengths_that_contradict_the_bytes_are_a_failure(string answer) => Fails(answer);

    [TestCase("")]
    [TestCase("\r\n\r\n")]
    [TestCase("[]")]
    [TestCase("SSH-2.0-OpenSSH_9.6\r\n")]
    [TestCase("220 mail.example.org ESMTP\r\n")]
    [TestCase("-ERR unknown command\r\n")]
    [TestCase("HTTP/1.1")]
    [TestCase("HTTP/1.1 \r\n\r\n")]
    [TestCase("HTTP/1.1 abc OK\r\n\r\n")]
    [TestCase("HTTP/1.1 2000 OK\r\n\r\n")]
    [TestCase("HTTP/1.1 000 OK\r\n\r\n")]
    [TestCase("HTTP/9.9 200 OK\r\nContent-Type: application/json\r\n\r\n")]
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n[]")]
    [TestCase("HTTP/1.1 204 No Content\r\n\r\n")]
    [TestCase("HTTP/1.1 206 Partial Content\r\nContent-Type: application/json\r\n\r\n[]")]
    [TestCase("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")]
    [TestCase("HTTP/1.1 999 What\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\n: nothing\r\n\r\n[]")]
    [TestCase("HTTP/1.1 200 OK\r\nno colon\r\n\r\n[]")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Type: \u0001\u00ff;;;\r\n\r\n[]")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-7; charset=x\r\n\r\n+AFsAXQ-")]
    [TestCase("HTTP/1.1 200 OK\r\n\r\n[]")]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [TestCase("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")]
    public void What_is_no_answer_of_a_web_site_is_a_failure(string answer) => Fails(answer);

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[")]
    [TestCase("[{}")]
    [TestCase("[{},")]
    [TestCase("[1]")]
    [TestCase("[[]]")]
    [TestCase("[{}] []")]
    [TestCase("[{}]}")]
    [TestCase("{}")]
    [TestCase("[{\"a\":}]")]
    [TestCase("[{\"a\":1e}]")]
    [TestCase("[{\"a\":\"\u0001\"}]")]
    [TestCase("[{\"a\":\"\\x\"}]")]
    [TestCase("[{\"a\":NaN}]")]
    [TestCase("\u0000\u0000[]")]
    [TestCase("<html></html>")]
    public void What_is_no_list_of_records_is_a_failure(string body)
    {
        using var server = new RawServer(Answer("", Encoding.Latin1.GetBytes(body)));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteTemporaryException>());
    }

    [TestCase("[")]
    [TestCase("{\"a\":")]
    public void Nesting_without_end_is_a_failure(string open)
    {
        using var server = new RawServer(Answer("", Encoding.Latin1.GetBytes($"[{{\"a\":{string.Concat(Enumerable.Repeat(open, 500_000))}")));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<SiteTemporaryException>());
    }

    [Test]
    public void Millions_of_tiny_records_are_too_large_a_page()
    {
        using var server = new RawServer(Answer("", Encoding.Latin1.GetBytes($"[{string.Concat(Enumerable.Repeat("{},", 2_000_000))}{{}}]")));

        Assert.That(async () => await ReadAsync(server), Throws.TypeOf<PageTooLargeException>());
    }

    [Test]
    public async Task An_answer_as_it_should_be_is_read()
    {
        using var server = new RawServer($"{Json}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n9\r\n{{\"a\":1}},{{\r\n2\r\n}}]\r\n0\r\n\r\n");

        Assert.That((await ReadAsync(server)).Records, Has.Count.EqualTo(2));
    }

    static void Fails(string answer)
    {
        using var server = new RawServer(answer);

        var failure = Assert.CatchAsync(async () => await ReadAsync(server));

        Assert.That(failure, Is.InstanceOf<NightscoutException>());
        Assert.That(failure!.Message, Does.Not.Contain("good.example.org").And.Not.Contain("://"));
    }

    static Task<RecordPage> ReadAsync(RawServer server, ArrayBufferWriter<byte>? buffer = null, TimeSpan? budget = null) =>
        server.Client(budget).ReadAsync(Site, Collection.Entries, "count=1", buffer ?? new(), default);

    static byte[] Answer(string headers, byte[] body) => [.. Encoding.Latin1.GetBytes($"{Json}{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];

    static async Task EndlessAsync(NetworkStream stream, string start, string part, Action<int>? sent = null)
    {
        var bytes = Encoding.Latin1.GetBytes(part);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(start));
        for (; ; sent?.Invoke(bytes.Length))
            await stream.WriteAsync(bytes);
    }

    static byte[] Packed(string encoding, int megabytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
        })
            for (var i = 0; i < megabytes; i++)
                stream.Write(new byte[1024 * 1024]);
        return packed.ToArray();
    }
}
