using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>
/// Serves the sites of the stand-in under any number of addresses, each a host of its own, and asks the stand-in once a minute for an answer that
/// many want: so thousands of sites cost no memory, and hardly any of the time that is measured is the stand-in's.
/// </summary>
sealed class SiteMirror : IAsyncDisposable
{
    static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>What an answer depends on besides the address; <c>If-None-Match</c> is dealt with here.</summary>
    static readonly string[] Relevant = ["Accept", "Accept-Encoding", "Authorization", "api-secret", "If-Modified-Since", "Cache-Control"];

    static readonly string[] Passed = ["ETag", "Last-Modified", "Vary", "Content-Type", "Content-Encoding", "Location"];

    sealed record Answer(DateTimeOffset At, int Status, (string Name, string Value)[] Headers, byte[] Body)
    {
        public string? Tag => Headers.FirstOrDefault(header => header.Name == "ETag").Value;
    }

    readonly HttpClient _standIn;
    readonly ConcurrentDictionary<string, Lazy<Task<Answer>>> _answers = new();
    readonly WebApplication _app;
    readonly int _port = FreePort.Next();
    long _requests, _notModified, _bytes;

    SiteMirror(Uri standIn)
    {
        _standIn = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { BaseAddress = standIn };
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Any, _port)); // all of 127.0.0.0/8
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public static async Task<SiteMirror> StartAsync(RunningSandbox sandbox, CancellationToken cancellationToken)
    {
        var mirror = new SiteMirror(sandbox.NightscoutUrl);
        await mirror._app.StartAsync(cancellationToken);
        return mirror;
    }

    /// <summary>Requests answered since the last time this was asked, how many of them with 304, and the bytes of all bodies.</summary>
    public (long Requests, long NotModified, long Bytes) TakeCounts() =>
        (Interlocked.Exchange(ref _requests, 0), Interlocked.Exchange(ref _notModified, 0), Interlocked.Exchange(ref _bytes, 0));

    /// <param name="number">Below 62,500.</param>
    public Uri UrlOf(NightscoutSite site, int number) => new($"http://127.1.{number / 250}.{number % 250 + 1}:{_port}/{site.Name}/");

    async Task ServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote) || !HttpMethods.IsGet(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        var answer = await FindAsync(context.Features.Get<IHttpRequestFeature>()!.RawTarget, [.. Relevant.Select(name => (name, request.Headers[name].ToString()))]);
        Interlocked.Increment(ref _requests);
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
            response.Headers[name] = value;
        if (answer.Tag is { } tag && request.Headers.IfNoneMatch == tag)
        {
            Interlocked.Increment(ref _notModified);
            response.Headers.Remove("Content-Encoding");
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        Interlocked.Add(ref _bytes, answer.Body.Length);
        if (answer.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
            return;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    async Task<Answer> FindAsync(string target, (string Name, string Value)[] headers)
    {
        var key = $"{target}\n{string.Join('\n', headers.Select(header => header.Value))}";
        while (true)
        {
            var kept = _answers.GetOrAdd(key, _ => new(() => AskAsync(target, headers)));
            if (await kept.Value is var answer && answer.At > DateTimeOffset.UtcNow - Fresh)
                return answer;
            _answers.TryRemove(KeyValuePair.Create(key, kept));
        }
    }

    async Task<Answer> AskAsync(string target, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        foreach (var (name, value) in headers.Where(header => header.Value.Length > 0))
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _standIn.SendAsync(request);
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new(DateTimeOffset.UtcNow, (int)response.StatusCode, [.. Passed.Where(all.ContainsKey).Select(name => (name, all[name]))], await response.Content.ReadAsByteArrayAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _standIn.Dispose();
    }
}
