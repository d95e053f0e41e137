using System.CommandLine;
using System.Net;
using Yarp.ReverseProxy.Configuration;

namespace Bench;

/// <summary>A peer of the proxy: the same YARP with one route and nothing else, as a process of its own.</summary>
static class BareYarp
{
    public static Command Command()
    {
        var (port, to) = (new Option<int>("--port") { Required = true }, new Option<string>("--to") { Required = true });
        var command = new Command("bare-yarp", "Used by the bench proxy.") { port, to };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(port), parsed.GetRequiredValue(to), cancellationToken));
        return command;
    }

    static async Task RunAsync(int port, string to, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "one", Match = new() { Path = "/{**rest}" } }],
            [new ClusterConfig { ClusterId = "one", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = to } } }]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
    }
}
