using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenHumans;
using ServiceDefaults;

namespace Register;

public static class RegisterExtensions
{
    /// <summary>Participants, their consent, and their Open Humans accounts.</summary>
    public static WebApplicationBuilder AddRegister(this WebApplicationBuilder builder)
    {
        builder.AddSecrets();
        var options = builder.AddValidated<OpenHumansOptions>("OpenHumans");
        builder.RefuseInProduction(CheckedSettings.IsInClear(options.BaseUrl), "OpenHumans__BaseUrl begins with http: participants' tokens would travel in clear text. Take it out; the default is the real one.");
        builder.Services.AddSingleton<ClockSkew>();
        builder.Services.AddHealthChecks().AddCheck<ClockSkew>("clock");
        builder.Services.AddSingleton<Participants>().AddSingleton<ConsentLedger>();
        builder.Services.AddSingleton<OpenHumansTokens>().AddSingleton<OpenHumansAccounts>();
        builder.Services.AddResilientClient<OpenHumansClient>(attemptTimeout: TimeSpan.FromSeconds(60), firstPause: TimeSpan.FromSeconds(1))
            .AddHttpMessageHandler(Clock).ConfigurePrimaryHttpMessageHandler(Wire);
        builder.Services.AddResilientClient<OpenHumansProject>(attemptTimeout: TimeSpan.FromSeconds(60), firstPause: TimeSpan.FromSeconds(1))
            .AddHttpMessageHandler(Clock).ConfigurePrimaryHttpMessageHandler(Wire);
        builder.Services.AddHttpClient<OpenHumansOAuth>(http => http.Timeout = TimeSpan.FromSeconds(60)).RemoveAllLoggers()
            .AddHttpMessageHandler(Clock).ConfigurePrimaryHttpMessageHandler(Wire);
        return builder;

        OpenHumansClock Clock(IServiceProvider services) => new(services.GetRequiredService<ClockSkew>(), options.BaseUrl.Host, services.GetRequiredService<TimeProvider>());
    }

    static SocketsHttpHandler Wire() => new()
    {
        AllowAutoRedirect = false, // a redirect of a download must not carry the token along
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null, // our traces are ours
    };
}

/// <summary>Opens participants' accounts.</summary>
public sealed class OpenHumansAccounts(OpenHumansClient client, OpenHumansTokens tokens)
{
    public OpenHumansAccount Of(long participantId) => new(participantId, client, tokens);
}
