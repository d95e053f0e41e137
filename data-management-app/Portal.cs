using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using DataManagementApp.Alerts;
using DataManagementApp.Api;
using DataManagementApp.Charts;
using DataManagementApp.Exports;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp;

/// <summary>Wires the service.</summary>
public static class Portal
{
    static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    /// <param name="more">Changes what is registered.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? more = null)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Portal)).AddServiceDefaults().AddPostgres().AddSecrets().AddKeyRing("portal.data_protection_key");
        var options = builder.AddValidated<PortalOptions>("Portal");
        var smtp = builder.AddValidated<SmtpOptions>("Smtp");
        builder.RefuseInProduction(!options.AdministratorsNeedSecondFactor, "Portal__AdministratorsNeedSecondFactor=false is for the demo and tests: a password alone would open everything. Take it out.");
        builder.RefuseInProduction(CheckedSettings.IsInClear(options.BaseUrl), "Portal__BaseUrl begins with http: sessions and data would travel in clear text. Give the address with https.");
        builder.WarnOfExample("Portal__BaseUrl", options.BaseUrl?.Host);
        builder.WarnInProduction(smtp.Host.Length == 0, "Smtp__Host is not set: mails wait, and nobody gets any.");
        builder.WarnInProduction(smtp.Host.Length > 0 && !smtp.StartTls, "Smtp__StartTls=false sends mails in clear text: only to a relay on this machine or a private network.");
        builder.AddQueueGauges();
        builder.AddDiskHealth(options.ExportFolder, "Portal__ExportFolder", options.LeastFreeSpace);
        builder.AddSiteDefaults(secure: options.BaseUrl?.Scheme == "https", signInPath: "/sign-in");
        builder.Services.AddAuthentication().AddCookie(Session.Half, cookie =>
        {
            cookie.Cookie = SiteDefaults.SiteCookie("half-session", options.BaseUrl?.Scheme == "https");
            cookie.ExpireTimeSpan = TimeSpan.FromMinutes(15);
            cookie.SlidingExpiration = false;
        });
        builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie =>
        {
            cookie.Events.OnValidatePrincipal = Session.ValidateAsync;
            cookie.Events.OnRedirectToAccessDenied = Session.HideAsync;
        });
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(Session.MaySeeUnmarked).Build());
        builder.Services.AddLimits(options);
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null);
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddApiDocument();
        builder.Services.AddSingleton<Users>().AddSingleton<OneTimeLinks>().AddSingleton<Invitations>().AddSingleton<SecondFactor>().AddSingleton<Grants>().AddSingleton<Audit>();
        builder.Services.AddSingleton<AcceptedTerms>().AddSingleton<Applications>().AddSingleton<Review>().AddSingleton<Studies>();
        builder.Services.AddSingleton<Outbox>().AddSingleton<Postman>().AddSingleton<PortalMails>();
        builder.Services.AddSingleton<Administration.People>().AddSingleton<Retries>();
        builder.Services.AddHttpClient<ServicesHealth>().RemoveAllLoggers();
        builder.Services.AddHttpClient<ServiceInstances>().RemoveAllLoggers();
        var alerts = builder.AddAlerts();
        builder.Services.AddSingleton<ExportQueue>().AddSingleton<ExportBuild>().AddSingleton<ExportFiles>().AddSingleton<TakenBack>().AddSingleton<Deliveries>().AddSingleton<Metadata>();
        builder.Services.AddSingleton<ExportEstimates>().AddSingleton<ExportEvents>().AddSingleton<DownloadExport>().AddSingleton<Releases>().AddSingleton<DownloadRelease>().AddSingleton<ReleaseTexts>();
        builder.AddCharts();
        builder.AddClock("data-management-app", quartz =>
        {
            quartz.ScheduleJob<ExportJob>(trigger => trigger
                .WithIdentity(nameof(ExportJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.Beat).RepeatForever()));
            quartz.ScheduleJob<WithdrawalJob>(trigger => trigger
                .WithIdentity(nameof(WithdrawalJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.WithdrawalBeat).RepeatForever()));
            quartz.ScheduleJob<MailJob>(trigger => trigger
                .WithIdentity(nameof(MailJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.MailBeat).RepeatForever()));
            quartz.ScheduleJob<AlertJob>(trigger => trigger
                .WithIdentity(nameof(AlertJob))
                .StartAt(DateTimeOffset.UtcNow + alerts.Beat) // whoever starts with us is not ready yet either
                .WithSimpleSchedule(schedule => schedule.WithInterval(alerts.Beat).RepeatForever()));
            quartz.ScheduleJob<ExpiryJob>(trigger => trigger
                .WithIdentity(nameof(ExpiryJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(TimeSpan.FromHours(1)).RepeatForever()));
        });

        more?.Invoke(builder.Services);
        var app = builder.BuildChecked();
        app.MapServiceDefaults();
        app.UseSiteDefaults(early => early.UseRateLimiter());
        app.UseApiProblems();
        app.MapMethods("/exports/{exportId:long}/download", GetAndHead, DownloadExport.ZipAsync).RequireAuthorization();
        app.MapMethods("/exports/{exportId:long}/files/{number:int}", GetAndHead, DownloadExport.FileAsync).RequireAuthorization();
        app.MapGet("/exports/{exportId:long}/download.sh", DownloadExport.ScriptAsync).RequireAuthorization();
        app.MapGet("/exports/sample/{entity}/{table}", ExportSample.HandleAsync).RequireAuthorization();
        app.MapGet("/exports/events", ExportEvents.Handle).RequireAuthorization();
        TokenAuthentication.AllowBoth(app.MapMethods("/releases/{number:int}/files/{name}", GetAndHead, DownloadRelease.FileAsync), Scopes.Download);
        app.MapGet("/metadata.csv", Metadata.CsvAsync).RequireAuthorization();
        app.MapGet("/metadata.json", Metadata.JsonAsync).RequireAuthorization();
        app.MapApi();
        app.MapApiDocument();
        app.MapCharts();
        return app;
    }

    static AlertOptions AddAlerts(this WebApplicationBuilder builder)
    {
        var options = builder.AddValidated<AlertOptions>("Alerts");
        builder.RefuseInProduction(CheckedSettings.IsInClear(options.SlackWebhook) || CheckedSettings.IsInClear(options.SlackApi), "Alerts__SlackWebhook or Alerts__SlackApi begins with http: who listens could write in the channel. Give an address with https.");
        builder.WarnInProduction(options is { Mail: AlertOptions.Nobody or "", HasSlack: false }, "Alerts__Mail is none, and Slack is not set: nobody is told when something goes wrong.");
        builder.Services.AddSingleton<Watch>().AddSingleton<AlertBook>().AddSingleton<SlackQueue>().AddSingleton<TestAlert>();
        Slack.Add(builder.Services);
        return options;
    }
}
