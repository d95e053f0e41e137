using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ServiceDefaults;

namespace Nightscout;

/// <summary>Configuration section <c>Nightscout</c>.</summary>
public sealed record NightscoutOptions
{
    /// <summary>Whether sites on this machine may be read. For the demo and tests; refused in production. Default: false.</summary>
    public bool AllowLoopback { get; init; }
}

public static class NightscoutExtensions
{
    /// <summary>The client for participants' sites, behind <see cref="PublicInternet"/>.</summary>
    /// <param name="wakePause">Before a host is tried again that answers in place of a site which is starting.</param>
    public static WebApplicationBuilder AddNightscout(this WebApplicationBuilder builder, TimeSpan attemptTimeout, TimeSpan firstPause, TimeSpan wakePause, int? breakAfter = null)
    {
        var options = builder.AddValidated<NightscoutOptions>("Nightscout");
        builder.RefuseInProduction(options.AllowLoopback, "Nightscout__AllowLoopback is for the demo and tests: it would open this machine to participants' addresses. Take it out.");
        builder.Services.AddResilientClient<NightscoutClient>(attemptTimeout, firstPause, wakePause, breakAfter)
            .ConfigurePrimaryHttpMessageHandler(() => PublicInternet.Handler(options.AllowLoopback));
        builder.Services.AddTransient<FirstLook>();
        return builder;
    }
}
