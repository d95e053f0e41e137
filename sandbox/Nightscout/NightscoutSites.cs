using System.Collections.Concurrent;

namespace Sandbox;

/// <summary>All Nightscout sites of a sandbox. Safe to use from any thread while they serve.</summary>
public sealed class NightscoutSites : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, NightscoutSite> _sites = new();
    readonly ConcurrentBag<WebApplication> _ownPorts = [];

    internal NightscoutSites(TimeProvider time, Faults faults) => (Time, Faults) = (time, faults);

    /// <summary>URL of the shared port.</summary>
    public Uri Root { get; internal set; } = null!;

    /// <summary>What was served, the oldest first, on the shared and on own ports.</summary>
    public RequestLog Requests { get; } = new();

    public IReadOnlyList<NightscoutSite> All => [.. _sites.Values.OrderBy(site => site.Name, StringComparer.Ordinal)];

    internal TimeProvider Time { get; }
    internal Faults Faults { get; }

    /// <summary>Adds an empty site.</summary>
    /// <param name="name">First segment of its path: letters, digits, dashes.</param>
    /// <exception cref="ArgumentException">There is a site of that name.</exception>
    public NightscoutSite Add(string name, SiteOptions? options = null) => Add(new NightscoutSite(name, options));

    /// <summary>Serves a site, for instance one of <see cref="Synthetic"/>.</summary>
    /// <exception cref="ArgumentException">There is a site of that name.</exception>
    public NightscoutSite Add(NightscoutSite site)
    {
        if (!_sites.TryAdd(site.Name, site))
            throw new ArgumentException($"There is a site {site.Name}.", nameof(site));
        site.Time = Time;
        return site;
    }

    /// <returns>Null when there is none of that name.</returns>
    public NightscoutSite? Find(string name) => _sites.GetValueOrDefault(name);

    /// <summary>Takes a site away: its paths are 404 from then on.</summary>
    public bool Remove(string name) => _sites.TryRemove(name, out _);

    /// <summary>The site's address on the shared port; ends in a slash.</summary>
    public Uri UrlOf(NightscoutSite site) => new(Root, $"{site.Name}/");

    /// <summary>Serves a site at the root of a port of its own as well.</summary>
    /// <param name="port">0: a free one.</param>
    public async Task<Uri> OpenPortAsync(NightscoutSite site, int port = 0, CancellationToken cancellationToken = default)
    {
        var (app, url) = await WebServer.StartAsync(port, new NightscoutServer(this, site).Map, cancellationToken);
        _ownPorts.Add(app);
        return url;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _ownPorts)
            await app.DisposeAsync();
    }
}
