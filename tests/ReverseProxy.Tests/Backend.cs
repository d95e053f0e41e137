using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ReverseProxy.Tests;

/// <summary>What a site behind the proxy was asked, as it says itself.</summary>
sealed record Asked(string Site, string Host, string Path, string Query, Dictionary<string, string> Headers);

/// <summary>A site behind the proxy: says what it was asked, and sends streams as tests tell it.</summary>
sealed class Backend : IAsyncDisposable
{
    readonly WebApplication _app;
    int _asked;

    Backend(WebApplication app, Uri url) => (_app, Url) = (app, url);

    public Uri Url { get; }

    /// <summary>Requests other than for its health.</summary>
    public int Requests => _asked;

    public bool IsReady { get; set; } = true;

    /// <summary>What <c>/api/session/properties</c> answers who takes it without compression.</summary>
    public string Properties { get; set; } = """{"setup-token":"7b1c","has-user-setup":false,"version":{"tag":"v0.64.6"}}""";

    /// <summary>What <c>/events</c> sends next.</summary>
    public Channel<string> Events { get; } = Channel.CreateUnbounded<string>();

    /// <summary>How many bytes <c>/download</c> sends next; it ends with the channel.</summary>
    public Channel<int> Portions { get; } = Channel.CreateUnbounded<int>();

    /// <param name="port">0: a free one.</param>
    public static async Task<Backend> StartAsync(string name, int port = 0, IPAddress? address = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address ?? IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        Backend? backend = null;
        app.UseWebSockets();
        app.Use((context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments("/health"))
                Interlocked.Increment(ref backend!._asked);
            return next(context);
        });
        app.MapGet("/health/ready", context => { context.Response.StatusCode = backend!.IsReady ? 200 : 503; return Task.CompletedTask; });
        app.MapPost("/upload", context => UploadAsync(context));
        app.MapGet("/events", context => backend!.EventsAsync(context));
        app.MapGet("/download", context => backend!.DownloadAsync(context));
        app.MapGet("/api/session/properties", context => context.Response.WriteAsync(context.Request.Headers.AcceptEncoding.Count > 0 ? "compressed" : backend!.Properties));
        app.MapGet("/talk", context => TalkAsync(context));
        app.MapFallback("{**path}", async context =>
        {
            if (context.Request.Path.StartsWithSegments("/embed"))
                context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors *; img-src *";
            await JsonSerializer.SerializeAsync(context.Response.Body, new Asked(name, $"{context.Request.Host}", $"{context.Request.Path}", $"{context.Request.QueryString}",
                context.Request.Headers.ToDictionary(header => header.Key, header => $"{header.Value}", StringComparer.OrdinalIgnoreCase)));
        });
        await app.StartAsync();
        return backend = new(app, new(app.Urls.First()));
    }

    /// <summary>Ends it at once, with whatever it has open.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _app.DisposeAsync();
    }

    static async Task UploadAsync(HttpContext context)
    {
        var (buffer, length) = (new byte[64 * 1024], 0L);
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
            length += read;
        await context.Response.WriteAsync($"{length}");
    }

    async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        await foreach (var text in Events.Reader.ReadAllAsync(context.RequestAborted))
            await context.Response.WriteAsync($"data: {text}\n\n", context.RequestAborted);
    }

    async Task DownloadAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        var portion = new byte[64 * 1024];
        await foreach (var bytes in Portions.Reader.ReadAllAsync(context.RequestAborted))
            for (var left = bytes; left > 0; left -= portion.Length)
                await context.Response.Body.WriteAsync(portion.AsMemory(0, Math.Min(left, portion.Length)), context.RequestAborted);
    }

    static async Task TalkAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is var received && received.MessageType != WebSocketMessageType.Close)
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    /// <summary>The usual one would take Ctrl-C from the tests.</summary>
    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
