using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

namespace ServiceDefaults;

public static class ServiceDefaultsExtensions
{
    /// <summary>What every service has: JSON logs on stdout, health checks, metrics and traces where they are wanted, a clock.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Error) // degraded: /health/ready says so, every few seconds
            .MinimumLevel.Override("Quartz", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .ReadFrom.Configuration(builder.HasSoundLevels() ? builder.Configuration : new ConfigurationManager())
            .Enrich.FromLogContext()
            .Enrich.WithProperty("service", builder.Environment.ApplicationName)
            .WriteTo.Console(new JsonLogLines())
            .CreateLogger();
        builder.Logging.ClearProviders().AddSerilog(logger, dispose: true);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddTelemetry();
        builder.Services.AddHealthChecks();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(25)); // below the 30 s a container is given
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        return builder;
    }

    /// <summary>Serilog itself breaks off at a level that is none, and quotes it.</summary>
    static bool HasSoundLevels(this WebApplicationBuilder builder)
    {
        var (check, minimum) = (SettingsCheck.Of(builder), builder.Configuration.GetSection("Serilog:MinimumLevel"));
        return minimum.GetSection("Override").GetChildren().Append(minimum).Append(minimum.GetSection("Default"))
            .SelectMany(level => check.RefuseMalformed(level, typeof(LogEventLevel))).ToList().Count == 0;
    }

    /// <summary>
    /// <c>/health/live</c>: the process answers, with a <see cref="Liveness"/>. <c>/health/ready</c>: so does what it depends on; 503 when something does not. For each part
    /// <c>{"status":"Healthy"}</c>, or <c>{"status":"Degraded","cause":"what is wrong; what to do"}</c>, without secrets, addresses and people.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseTracedRequests();
        app.MapHealthChecks("/health/live", new HealthCheckOptions
        {
            Predicate = _ => false,
            ResponseWriter = (context, _) => context.Response.WriteAsJsonAsync(new Liveness(Instance.Name, Instance.Version, Instance.StartedAt), context.RequestAborted),
        }).AllowAnonymous().DisableHttpMetrics();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(report.Entries.ToDictionary(entry => entry.Key, entry => PartHealth.Of(entry.Value)), PartHealth.Json, context.RequestAborted),
        }).AllowAnonymous().DisableHttpMetrics();
        return app;
    }
}

/// <summary>What <c>/health/live</c> answers.</summary>
public sealed record Liveness(string Instance, string Version, DateTimeOffset StartedAt);
