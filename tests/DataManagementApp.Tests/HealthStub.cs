using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sandbox.Demo;

namespace DataManagementApp.Tests;

/// <summary>A service that says one thing of its health.</summary>
sealed class HealthStub : IAsyncDisposable
{
    readonly WebApplication _app;

    HealthStub(WebApplication app, Uri url) => (_app, Url) = (app, url);

    public Uri Url { get; }

    public static async Task<HealthStub> StartAsync(string said)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var (app, url) = (builder.Build(), FreePort.NextUrl());
        app.MapGet("/health/ready", () => Results.Text(said, "application/json"));
        app.Urls.Add(url.AbsoluteUri);
        await app.StartAsync();
        return new(app, url);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
