using DataManagementApp.Accounts;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServiceDefaults;

namespace DataManagementApp.Charts;

/// <summary>Wires the charts.</summary>
public static class ChartsHost
{
    public static WebApplicationBuilder AddCharts(this WebApplicationBuilder builder)
    {
        var metabase = builder.AddValidated<MetabaseOptions>("Metabase");
        builder.RefuseInProduction(CheckedSettings.IsInClear(metabase.SiteUrl), "Metabase__SiteUrl begins with http: dashboards and the tokens that open them would travel in clear text. Give the address with https.");
        builder.Services.AddHttpClient(Metabase.Client).RemoveAllLoggers();
        builder.Services.AddSingleton<Analytics>().AddSingleton<Metabase>();
        if (metabase.IsConfigured)
            builder.Services.AddHealthChecks().AddCheck<DashboardsHealth>("dashboards", failureStatus: HealthStatus.Degraded);
        return builder;
    }

    public static WebApplication MapCharts(this WebApplication app)
    {
        app.MapGet("/analytics/{topic}.json", ChartFiles.JsonAsync).RequireAuthorization();
        app.MapGet("/analytics/{topic}/{chart}.csv", ChartFiles.CsvAsync).RequireAuthorization();
        app.MapGet("/analytics/{topic}/embed", EmbedAsync).RequireAuthorization();
        return app;
    }

    /// <summary>A new token before the old one ends.</summary>
    static async Task<IResult> EmbedAsync(string topic, HttpContext context, Metabase metabase, Grants grants, CancellationToken cancellationToken) =>
        Topic.Find(topic) is not null && ChartFilter.Of(context.Request.Query) is { Problem: null } filter
        && await grants.CurrentAsync(Session.UserId(context.User), cancellationToken) is { } grant
        && await metabase.FindAsync(grant, topic, filter.Commons, cancellationToken) is { } embed
            ? Results.Json(new { url = embed.Url.AbsoluteUri, seconds = (int)Metabase.ValidFor.TotalSeconds }) : Results.NotFound();
}
