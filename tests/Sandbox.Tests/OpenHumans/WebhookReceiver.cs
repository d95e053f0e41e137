using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Sandbox.Tests;

sealed record Received(string Body, string? Signature, string? ContentType);

/// <summary>A project's webhook that answers as it is told.</summary>
sealed class WebhookReceiver : IAsyncDisposable
{
    readonly WebApplication _app;

    WebhookReceiver(WebApplication app) => _app = app;

    public List<Received> Received { get; } = [];
    public Uri Url => new(new Uri(_app.Urls.First()), "deauth/");

    public static async Task<WebhookReceiver> StartAsync(params int[] answers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            receiver.Received.Add(new(await reader.ReadToEndAsync(), context.Request.Headers["X-OpenHumans-Webhooks-Signature"],
                context.Request.ContentType));
            context.Response.StatusCode = answers[receiver.Received.Count - 1];
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
