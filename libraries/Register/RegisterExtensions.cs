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
        builder.AddValidated<OpenHumansOptions>("OpenHumans");
        builder.Services.AddSingleton<Participants>().AddSingleton<ConsentLedger>();
        builder.Services.AddSingleton<OpenHumansTokens>().AddSingleton<OpenHumansAccounts>();
        builder.Services.AddResilientClient<OpenHumansClient>(attemptTimeout: TimeSpan.FromSeconds(60), firstPause: TimeSpan.FromSeconds(1))
            .ConfigurePrimaryHttpMessageHandler(Wire);
        builder.Services.AddResilientClient<OpenHumansProject>(attemptTimeout: TimeSpan.FromSeconds(60), firstPause: TimeSpan.FromSeconds(1))
            .ConfigurePrimaryHttpMessageHandler(Wire);
        builder.Services.AddHttpClient<OpenHumansOAuth>(http => http.Timeout = TimeSpan.FromSeconds(60)).RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(Wire);
        return builder;
    }

    static SocketsHttpHandler Wire() => new()
    {
        AllowAutoRedirect = false, // a redirect of a download must not carry the token along
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}

/// <summary>Opens participants' accounts.</summary>
public sealed class OpenHumansAccounts(OpenHumansClient client, OpenHumansTokens tokens)
{
    public OpenHumansAccount Of(long participantId) => new(participantId, client, tokens);
}
