using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Sandbox.Demo;

namespace Privacy.Tests;

/// <summary>What a collector would get: the bytes of each OTLP request (HTTP, protobuf), as they were sent.</summary>
sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentBag<(string Path, byte[] Body)> _got = [];

    OtlpReceiver(Uri url)
    {
        Url = url;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(url.AbsoluteUri);
        _app.MapPost("/v1/{signal}", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _got.Add((context.Request.Path, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf"; // an empty answer says that all was taken
        });
    }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver(FreePort.NextUrl());
        await receiver._app.StartAsync();
        return receiver;
    }

    public Uri Url { get; }

    /// <summary>All of one signal so far; names and attributes stand in it as they are.</summary>
    /// <param name="signal">metrics, traces.</param>
    public string TextOf(string signal) => string.Concat(_got.Where(one => one.Path == $"/v1/{signal}").Select(one => Encoding.UTF8.GetString(one.Body)));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
