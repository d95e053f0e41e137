using Microsoft.AspNetCore.Authentication.Cookies;
using Nightscout;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>Wires the service.</summary>
public static class Registration
{
    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Registration)).AddServiceDefaults().AddPostgres().AddRegister().AddKeyRing("register.data_protection_key");
        var options = builder.AddValidated<RegistrationOptions>("Registration");
        builder.AddNightscout(attemptTimeout: TimeSpan.FromSeconds(25), firstPause: TimeSpan.FromSeconds(1)); // somebody waits in front of the page
        builder.AddSiteDefaults(secure: options.BaseUrl?.Scheme == "https", signInPath: "/");
        builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie => cookie.Events.OnValidatePrincipal = SignIn.ValidateAsync);
        builder.Services.AddSingleton<SignIn>().AddSingleton<OwnAccount>().AddSingleton<CopyStatus>().AddSingleton<OwnReports>().AddSingleton<Deauthorisation>().AddSingleton<Erasure>();
        builder.Services.AddSingleton<AddressTries>().AddSingleton<TestedSites>();

        var app = builder.Build();
        app.MapServiceDefaults();
        app.UseSiteDefaults();
        app.MapGet("/sign-in", (SignIn signIn, HttpContext context) => signIn.Start(context)).AllowAnonymous();
        app.MapPost("/deauth", (Deauthorisation deauthorisation, HttpContext context) => deauthorisation.ReceiveAsync(context)).AllowAnonymous().DisableAntiforgery();
        return app;
    }
}
