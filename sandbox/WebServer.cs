using System.Net;

namespace Sandbox;

/// <summary>A Kestrel without logging, configuration files or environment: only what it is told.</summary>
static class WebServer
{
    /// <param name="port">0: a free one.</param>
    /// <param name="address">Default: loopback.</param>
    public static async Task<(WebApplication App, Uri Url)> StartAsync(int port, Action<WebApplication> map, CancellationToken cancellationToken, IPAddress? address = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address ?? IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null; // tests send and read slowly on purpose
            kestrel.Limits.MinResponseDataRate = null;
        });
        var app = builder.Build();
        map(app);
        await app.StartAsync(cancellationToken);
        return (app, new(app.Urls.First()));
    }

    /// <summary>The usual one would take Ctrl-C from the process that a sandbox runs in.</summary>
    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
