namespace Sandbox;

/// <summary>Where the stand-ins listen and what they start with.</summary>
public sealed record SandboxOptions
{
    /// <summary>0: a free port.</summary>
    public int OpenHumansPort { get; init; }

    /// <summary>0: a free port.</summary>
    public int NightscoutPort { get; init; }

    public OpenHumansOptions OpenHumans { get; init; } = new();

    /// <summary>The clock of both stand-ins, so that tests can move it. Delays of faults are real time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Starts Open Humans and Nightscout on this machine's loopback interface.</summary>
public static class SandboxHost
{
    public static async Task<RunningSandbox> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        var faults = new Faults();
        var state = new OpenHumansState(options.OpenHumans, options.Time);
        var sites = new NightscoutSites(options.Time, faults);
        var (openHumans, openHumansUrl) = await WebServer.StartAsync(options.OpenHumansPort, app => OpenHumansServer.Map(app, state, faults),
            cancellationToken);
        try
        {
            var (nightscout, nightscoutUrl) = await WebServer.StartAsync(options.NightscoutPort, new NightscoutServer(sites).Map, cancellationToken);
            sites.Root = nightscoutUrl;
            return new(openHumansUrl, state, sites, faults, [openHumans, nightscout]);
        }
        catch
        {
            await openHumans.DisposeAsync();
            throw;
        }
    }
}

/// <summary>Both stand-ins, listening until disposed.</summary>
public sealed class RunningSandbox : IAsyncDisposable
{
    readonly WebApplication[] _servers;

    internal RunningSandbox(Uri openHumansUrl, OpenHumansState openHumans, NightscoutSites sites, Faults faults, WebApplication[] servers) =>
        (OpenHumansUrl, OpenHumans, Sites, Faults, _servers) = (openHumansUrl, openHumans, sites, faults, servers);

    public Uri OpenHumansUrl { get; }

    public Uri NightscoutUrl => Sites.Root;

    public OpenHumansState OpenHumans { get; }

    public NightscoutSites Sites { get; }

    public Faults Faults { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await Sites.DisposeAsync();
        OpenHumans.Dispose();
    }
}
