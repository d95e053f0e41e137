using DataManagementApp.Accounts;
using DataManagementApp.Charts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authentication.Cookies;
using Quartz;
using ServiceDefaults;

namespace DataManagementApp;

/// <summary>Wires the service.</summary>
public static class Portal
{
    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Portal)).AddServiceDefaults().AddPostgres().AddSecrets().AddKeyRing("portal.data_protection_key");
        var options = builder.AddValidated<PortalOptions>("Portal");
        builder.AddSiteDefaults(secure: options.BaseUrl?.Scheme == "https", signInPath: "/sign-in");
        builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie =>
        {
            cookie.Events.OnValidatePrincipal = Session.ValidateAsync;
            cookie.Events.OnRedirectToAccessDenied = Session.HideAsync;
        });
        builder.Services.AddSingleton<Users>().AddSingleton<Invitations>().AddSingleton<Grants>().AddSingleton<Audit>();
        builder.Services.AddSingleton<ExportQueue>().AddSingleton<ExportBuild>().AddSingleton<ExportFiles>().AddSingleton<TakenBack>().AddSingleton<Deliveries>().AddSingleton<Metadata>();
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
        });

        var app = builder.Build();
        app.MapServiceDefaults();
        app.UseSiteDefaults();
        app.MapGet("/exports/{exportId:long}/download", DownloadExport.HandleAsync).RequireAuthorization();
        app.MapGet("/metadata.csv", Metadata.CsvAsync).RequireAuthorization();
        app.MapGet("/metadata.json", Metadata.JsonAsync).RequireAuthorization();
        app.MapCharts();
        return app;
    }
}
