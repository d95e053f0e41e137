using System.Net;

namespace Sandbox;

/// <summary>Where the stand-ins listen and what they start with.</summary>
public sealed record SandboxOptions
{
    /// <summary>Name by which other machines reach the stand-ins, which then listen on all addresses. Default: on loopback only.</summary>
    public string? Host { get; init; }

    /// <summary>0: a free port.</summary>
    public int OpenHumansPort { get; init; }

    /// <summary>0: a free port.</summary>
    public int NightscoutPort { get; init; }

    /// <summary>0: a free port.</summary>
    public int GooglePort { get; init; }

    /// <summary>Of the page that shows the mails; 0: a free port. Mails are taken at a free one, too.</summary>
    public int MailPort { get; init; }

    public OpenHumansOptions OpenHumans { get; init; } = new();

    /// <summary>The clock of all stand-ins, so that tests can move it. Delays of faults are real time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Starts Open Humans, Nightscout, Google and a server for mails.</summary>
public static class SandboxHost
{
    public static async Task<RunningSandbox> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        var faults = new Faults();
        var state = new OpenHumansState(options.OpenHumans, options.Time);
        var sites = new NightscoutSites(options.Time, faults);
        var google = new GoogleState(options.Time);
        var mails = new MailCatcher(options.Time);
        var servers = new List<WebApplication>();
        try
        {
            var openHumansUrl = await AddAsync(options.OpenHumansPort, app => OpenHumansServer.Map(app, state, faults));
            sites.Root = await AddAsync(options.NightscoutPort, new NightscoutServer(sites).Map);
            var googleUrl = await AddAsync(options.GooglePort, app => GoogleServer.Map(app, google, faults));
            google.TokenUrl = new(googleUrl, "/token");
            var mailUrl = await AddAsync(options.MailPort, app => MailPages.Map(app, mails));
            return new(openHumansUrl, state, sites, googleUrl, google, mailUrl, mails, faults, servers);
        }
        catch
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            await mails.DisposeAsync();
            throw;
        }

        async Task<Uri> AddAsync(int port, Action<WebApplication> map)
        {
            var (server, url) = await WebServer.StartAsync(port, map, cancellationToken, options.Host is null ? null : IPAddress.Any);
            servers.Add(server);
            return options.Host is null ? url : new UriBuilder(url) { Host = options.Host }.Uri;
        }
    }
}

/// <summary>All stand-ins, listening until disposed.</summary>
public sealed class RunningSandbox : IAsyncDisposable
{
    readonly IReadOnlyList<WebApplication> _servers;

    internal RunningSandbox(Uri openHumansUrl, OpenHumansState openHumans, NightscoutSites sites, Uri googleUrl, GoogleState google, Uri mailUrl, MailCatcher mails, Faults faults,
        IReadOnlyList<WebApplication> servers) =>
        (OpenHumansUrl, OpenHumans, Sites, GoogleUrl, Google, MailUrl, Mail, Faults, _servers) = (openHumansUrl, openHumans, sites, googleUrl, google, mailUrl, mails, faults, servers);

    public Uri OpenHumansUrl { get; }

    /// <summary>Both of the token endpoint (<c>/token</c>) and of the Sheets API.</summary>
    public Uri GoogleUrl { get; }

    /// <summary>Page with the mails.</summary>
    public Uri MailUrl { get; }

    public MailCatcher Mail { get; }

    public Uri NightscoutUrl => Sites.Root;

    public OpenHumansState OpenHumans { get; }

    public NightscoutSites Sites { get; }

    public GoogleState Google { get; }

    public Faults Faults { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await Mail.DisposeAsync();
        await Sites.DisposeAsync();
        OpenHumans.Dispose();
        Google.Dispose();
    }
}
