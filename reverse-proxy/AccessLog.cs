using System.Diagnostics;
using System.Diagnostics.Metrics;
using ServiceDefaults;
using Yarp.ReverseProxy.Model;

namespace ReverseProxy;

/// <summary>
/// One line for each request that was answered. Of its path only the first segment, because later ones hold codes and tokens, and none at all of
/// an address that is not there, because it may be a mistyped token; no query, no header, no address of the visitor.
/// </summary>
public sealed class AccessLog(RequestDelegate next, ProxyOptions options, ILogger<AccessLog> log)
{
    const int LongestSegment = 40;

    static readonly Counter<long> Requests = Telemetry.Meter.CreateCounter<long>("openaps.proxy.requests", "{request}", "Requests that were answered, by site and class of status");

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == options.HealthPort)
        {
            await next(context);
            return;
        }
        var (start, status, body) = (Stopwatch.GetTimestamp(), StatusCodes.Status500InternalServerError, new CountedBody(context.Response.Body));
        context.Response.Body = body;
        try
        {
            await next(context);
            status = context.Response.StatusCode;
        }
        finally
        {
            var route = context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId ?? "proxy";
            Requests.Add(1, new("openaps.site", route), new("openaps.status_class", $"{status / 100}xx"));
            log.LogInformation("{Method:l} {Host:l}{Path:l} {Status}, {Bytes} bytes in {Milliseconds} ms by {Route:l}.",
                Known(context.Request.Method), Entrance.KnownHost(options, context.Request.Host.Host) ?? "", status == StatusCodes.Status404NotFound ? "" : FirstSegment(context.Request.Path.Value ?? ""),
                status, body.Written, Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1), route);
        }
    }

    static string Known(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "CONNECT" ? method : "OTHER";

    static string FirstSegment(string path)
    {
        var end = path.IndexOf('/', Math.Min(1, path.Length));
        var first = end < 0 ? path : path[..end];
        return first.Length > LongestSegment ? "/…" : end < 0 ? first : $"{first}/…";
    }

    /// <summary>Counts what is written to the response, and holds nothing back.</summary>
    sealed class CountedBody(Stream inner) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, Counted(count));

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer, offset, Counted(count), cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Counted(buffer.Length);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        int Counted(int count)
        {
            Written += count;
            return count;
        }
    }
}
