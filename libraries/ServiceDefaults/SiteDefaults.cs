using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;

namespace ServiceDefaults;

/// <summary>What both web sites have: sessions in a signed cookie, antiforgery on every form, headers that let nothing foreign in.</summary>
public static class SiteDefaults
{
    /// <summary>Where a reverse proxy may stand, besides 127.0.0.0/8 and ::1.</summary>
    static readonly System.Net.IPNetwork[] ProxyNetworks = [.. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7" }.Select(System.Net.IPNetwork.Parse)];

    /// <param name="secure">Whether the site is reached by https: cookies are then bound to the host and never sent otherwise.</param>
    public static WebApplicationBuilder AddSiteDefaults(this WebApplicationBuilder builder, bool secure, string signInPath)
    {
        builder.WebHost.UseStaticWebAssets(); // also when run from the build output in another environment than Development
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie = SiteCookie("session", secure);
            cookie.LoginPath = signInPath;
            cookie.AccessDeniedPath = signInPath;
            cookie.ExpireTimeSpan = TimeSpan.FromHours(12);
            cookie.SlidingExpiration = true;
        });
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            // of one proxy, the last to add to them; what a browser sends of them counts for nothing. Without the second no form is shown by https.
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            foreach (var network in ProxyNetworks)
                forwarded.KnownIPNetworks.Add(network);
        });
        builder.Services.AddAuthorization();
        builder.Services.AddAntiforgery(options => options.Cookie = SiteCookie("form", secure));
        builder.Services.AddRazorPages().AddMvcOptions(mvc => mvc.ModelBindingMessageProvider.SetAttemptedValueIsInvalidAccessor(
            (value, _) => $"“{value}” is not a day. Please write it like 2026-01-31.")); // days are the only typed fields
        return builder;
    }

    public static CookieBuilder SiteCookie(string name, bool secure) => new()
    {
        Name = secure ? $"__Host-{name}" : name,
        HttpOnly = true,
        SameSite = SameSiteMode.Lax, // Strict would drop it on the way back from Open Humans
        SecurePolicy = secure ? CookieSecurePolicy.Always : CookieSecurePolicy.None,
        Path = "/",
        IsEssential = true,
    };

    /// <param name="early">What stands before it is known who asks, and after it is known from where.</param>
    public static WebApplication UseSiteDefaults(this WebApplication app, Action<WebApplication>? early = null)
    {
        app.UseForwardedHeaders();
        app.UseExceptionHandler("/error");
        app.UseStatusCodePagesWithReExecute("/error");
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            (headers.CacheControl, headers.Pragma) = ("no-cache, no-store", "no-cache"); // pages hold what only one person may see; static files set their own
            return next();
        });
        early?.Invoke(app);
        app.UseDatabaseRestarts();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapRazorPages().WithStaticAssets();
        return app;
    }
}
