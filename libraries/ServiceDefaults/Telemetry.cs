using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ServiceDefaults;

/// <summary>
/// Metrics and traces, sent by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (all standard <c>OTEL_*</c> settings count), and nothing otherwise.
/// What leaves the house are names, numbers and causes of ours: no address, token, e-mail, query or member id, and not even a participant's number.
/// </summary>
public static class Telemetry
{
    /// <summary>Of the meter and of the source of traces.</summary>
    public const string Name = "openaps";

    const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", Disabled = "OTEL_SDK_DISABLED";

    static readonly string[] Protocols = ["grpc", "http/protobuf"], Samplers = ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    /// <summary>What OpenTelemetry would pass over in silence, or break off at with the value.</summary>
    static readonly (string Name, Func<string, bool> IsRight, string Expected)[] Settings =
    [
        (Endpoint, value => Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https", "an address that begins with http:// or https://"),
        (Disabled, value => bool.TryParse(value, out _), "true or false"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", Protocols.Contains, string.Join(" or ", Protocols)),
        ("OTEL_EXPORTER_OTLP_HEADERS", ArePairs, "name=value, with commas between"),
        ("OTEL_METRIC_EXPORT_INTERVAL", value => int.TryParse(value, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0, "a whole number of milliseconds, 1 or more"),
        ("OTEL_TRACES_SAMPLER", value => Samplers.Contains(value, StringComparer.OrdinalIgnoreCase), $"one of {string.Join(", ", Samplers)}"),
        ("OTEL_TRACES_SAMPLER_ARG", value => double.TryParse(value, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1, "a number from 0 to 1"),
        ("OTEL_RESOURCE_ATTRIBUTES", ArePairs, "name=value, with commas between"),
    ];

    public static Meter Meter { get; } = new(Name);

    public static ActivitySource Traces { get; } = new(Name);

    /// <summary>Whether anything is sent.</summary>
    public static bool HasTelemetry(this WebApplicationBuilder builder) =>
        builder.Configuration[Endpoint] is { Length: > 0 } && !(bool.TryParse(builder.Configuration[Disabled], out var disabled) && disabled);

    /// <summary>Runs work as a trace of its own, whatever it is called from.</summary>
    /// <param name="name">What is done: ingest, load, export.</param>
    public static Activity? Begin(string name)
    {
        Activity.Current = null; // else a beat of the clock would be the parent of all that it starts
        return Traces.StartActivity(name);
    }

    /// <summary>How the work of a trace ended.</summary>
    /// <param name="isFault">A fault of ours, not one of the many ways in which others can be unavailable.</param>
    public static void End(this Activity? trace, string outcome, bool isFault)
    {
        trace?.SetTag("openaps.outcome", outcome);
        if (isFault)
            trace?.SetStatus(ActivityStatusCode.Error);
    }

    internal static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (!builder.HasTelemetry())
            return;
        foreach (var (name, isRight, expected) in Settings)
            if (builder.Configuration[name] is { Length: > 0 } value && !isRight(value))
                SettingsCheck.Of(builder).Refuse($"{name} must be {expected}.");
        builder.Services.AddHostedService(services => new TelemetryExport(builder.Configuration, ServiceHost.NameOf(builder.Environment)));
    }

    static bool ArePairs(string value) => value.Split(',').All(pair => pair.IndexOf('=', StringComparison.Ordinal) > 0);

    /// <summary>What a trace of a request tells: method, route in place of the path, and status; the framework itself tells nothing of them.</summary>
    internal static void UseTracedRequests(this WebApplication app) => app.Use(async (context, next) =>
    {
        var activity = context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } recorded ? recorded : null;
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route) // before the page of errors takes its place
            activity?.SetTag(TracedAttributes.Route, $"/{route.TrimStart('/')}"); // those of pages begin without
        await next(context);
        activity?.SetTag("http.request.method", context.Request.Method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" ? context.Request.Method : "_OTHER");
        activity?.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            activity?.SetStatus(ActivityStatusCode.Error);
    });

    /// <summary>Sends until the service stops. An endpoint that does not answer costs nothing: what waits is bounded, and dropped.</summary>
    sealed class TelemetryExport(IConfiguration configuration, string service) : IHostedService
    {
        static readonly string[] Meters = [Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime"];

        /// <summary>Besides them there is the pool's name, which is the connection as it is set: machine, database and user.</summary>
        static readonly string[] OfNpgsql = ["db.system.name", "db.client.connection.state", "error.type"];

        MeterProvider? _metrics;
        TracerProvider? _traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration)) // secrets may be files: OTEL_EXPORTER_OTLP_HEADERS
                .ConfigureResource(Describe)
                .AddMeter(Meters)
                .AddView(instrument => instrument.Meter.Name != "Npgsql" ? null : instrument.IsObservable ? MetricStreamConfiguration.Drop : new() { TagKeys = OfNpgsql })
                .AddOtlpExporter()
                .Build();
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .ConfigureResource(Describe)
                .AddSource(Name, "Microsoft.AspNetCore")
                .AddProcessor(new TracedAttributes())
                .AddOtlpExporter()
                .Build();
            return Task.CompletedTask;

            void Describe(ResourceBuilder resource)
            {
                if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]))
                    resource.AddService(service, serviceVersion: Instance.Version, serviceInstanceId: Instance.Name);
            }
        }

        /// <summary>The rest is sent, within seconds.</summary>
        public Task StopAsync(CancellationToken cancellationToken)
        {
            _metrics?.Dispose();
            _traces?.Dispose();
            return Task.CompletedTask;
        }
    }
}

/// <summary>Lets through what is known to be harmless: the framework's own attributes of a request hold its path, query and the visitor's program.</summary>
sealed class TracedAttributes : BaseProcessor<Activity>
{
    public const string Route = "http.route";

    static readonly HashSet<string> Allowed = [Route, "http.request.method", "http.response.status_code", "error.type", "url.scheme", "network.protocol.version"];

    public override void OnEnd(Activity data)
    {
        data.TraceStateString = null; // a visitor's own
        foreach (var name in data.TagObjects.Select(tag => tag.Key).Where(name => !Allowed.Contains(name) && !name.StartsWith("openaps.", StringComparison.Ordinal)).ToList())
            data.SetTag(name, null);
        if (data.Source.Name == Telemetry.Name)
            return;
        var route = data.GetTagItem(Route) as string;
        data.DisplayName = route is null ? "request" : $"request {route}";
        if (route?.StartsWith("/health/", StringComparison.Ordinal) == true)
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded; // asked every other second: not sent
    }
}
