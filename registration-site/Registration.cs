using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication.Cookies;
using Nightscout;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>Wires the service.</summary>
public static class Registration
{
    /// <summary>Reading all that there is of somebody is work.</summary>
    public const string DownloadLimit = "download";

    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Registration)).AddServiceDefaults().AddPostgres().AddRegister().AddKeyRing("register.data_protection_key");
        var options = builder.AddValidated<RegistrationOptions>("Registration");
        builder.RefuseInProduction(CheckedSettings.IsInClear(options.BaseUrl), "Registration__BaseUrl begins with http: sessions would travel in clear text. Give the address with https.");
        builder.WarnOfExample("Registration__BaseUrl", options.BaseUrl?.Host);
        builder.WarnInProduction(options.WebhookSecret.Length == 0, "Registration__WebhookSecret is not set: no message of Open Humans that somebody left counts as signed.");
        builder.WarnInProduction(options.ErasureList.Length == 0, "Registration__ErasureList is not set: keep what list-erasures prints outside of the backups, or a restore brings back who was erased.");
        builder.AddNightscout(attemptTimeout: TimeSpan.FromSeconds(25), firstPause: TimeSpan.FromSeconds(1), wakePause: TimeSpan.FromSeconds(1)); // somebody waits in front of the page
        builder.AddSiteDefaults(secure: options.BaseUrl?.Scheme == "https", signInPath: "/");
        builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie => cookie.Events.OnValidatePrincipal = SignIn.ValidateAsync);
        builder.Services.AddSingleton<SignIn>().AddSingleton<OwnAccount>().AddSingleton<CopyStatus>().AddSingleton<OwnReports>().AddSingleton<Deauthorisation>().AddSingleton<Messages>().AddSingleton<SiteSurvey>().AddHostedService<MessageRounds>().AddSingleton<Erasure>();
        builder.Services.AddSingleton<AddressTries>().AddSingleton<TestedSites>().AddSingleton<KeptLooks>();
        builder.Services.AddSingleton<Leaving>().AddSingleton<OwnFiles>().AddSingleton<OwnData>().AddSingleton<OwnDataPage>().AddSingleton<Deliveries>();
        builder.Services.AddRateLimiter(limiter => limiter.AddPolicy(DownloadLimit, context => RateLimitPartition.GetFixedWindowLimiter(
            context.User.Identity?.Name ?? "", _ => new() { PermitLimit = 5, Window = TimeSpan.FromMinutes(10) })).RejectionStatusCode = StatusCodes.Status429TooManyRequests);

        var app = builder.BuildChecked();
        app.MapServiceDefaults();
        app.UseSiteDefaults();
        app.UseRateLimiter();
        app.MapGet("/sign-in", (SignIn signIn, HttpContext context) => signIn.Start(context)).AllowAnonymous();
        app.MapPost("/deauth", (Deauthorisation deauthorisation, HttpContext context) => deauthorisation.ReceiveAsync(context)).AllowAnonymous().DisableAntiforgery();
        app.MapGet("/my-data.zip", (OwnData data, HttpContext context) => data.SendAsync(context)).RequireAuthorization().RequireRateLimiting(DownloadLimit);
        return app;
    }
}
