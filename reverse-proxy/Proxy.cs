using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Serilog.Extensions.Logging;
using ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;
using Yarp.ReverseProxy.Transforms;

namespace ReverseProxy;

/// <summary>Wires the service.</summary>
public static class Proxy
{
    /// <param name="more">Changes what is registered.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? more = null)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Proxy)).AddServiceDefaults();
        var options = builder.AddValidated<ProxyOptions>("Proxy");
        builder.RefuseInProduction(options.Plain, "Proxy__Plain=true is for one's own machine: sessions and data would travel in clear text. Take it out.");
        foreach (var (name, host) in new[] { ("Registration", options.Registration.Host), ("Data", options.Data.Host), ("Charts", options.Charts.Host), ("Status", options.Status.Host) })
            builder.WarnOfExample($"Proxy__{name}__Host", host);
        builder.Logging // by provider, as Serilog's own filter is
            .AddFilter<SerilogLoggerProvider>("Yarp", LogLevel.Error) // below that it writes whole addresses, and a stack trace with each probe of a service that is stopped
            .AddFilter<SerilogLoggerProvider>("Yarp.ReverseProxy.Health.DestinationHealthUpdater", LogLevel.Information) // the same once, in a line
            .AddFilter<SerilogLoggerProvider>("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Error) // degraded: /health/ready says so
            .AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error) // its ports are its own settings, whatever an image says
            .AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider(); // YARP wants it for cookies of affinity, which no route has: no key is written
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, kestrel.ApplicationServices.GetRequiredService<ProxyOptions>()));
        builder.Services.AddSingleton<Certificates>().AddHostedService(services => services.GetRequiredService<Certificates>());
        builder.Services.AddHealthChecks().AddCheck<CertificatesHealth>("certificates").AddCheck<DestinationsHealth>("destinations");
        builder.Services.AddRateLimits(options);
        builder.Services.AddSingleton<DistributedContextPropagator>(new OwnTraces());
        builder.Services.AddSingleton<IProxyConfigProvider>(services =>
        {
            var valid = services.GetRequiredService<ProxyOptions>(); // throws with what to change
            return new InMemoryConfigProvider(Routes.Of(valid), Routes.ClustersOf(valid));
        });
        builder.Services.AddSingleton<IDestinationResolver>(new Replicas(Dns.GetHostAddressesAsync));
        builder.Services.AddReverseProxy().AddTransforms(transforms =>
        {
            transforms.AddOriginalHost(); // X-Forwarded-* are set anew by default: what a visitor sends of them counts for nothing
            transforms.AddRequestHeaderRemove("Forwarded");
            transforms.AddRequestHeaderRemove("X-Real-IP");
            if (transforms.Route.RouteId == Routes.Embed)
                transforms.ResponseTransforms.Add(Embeds.FramedOnlyBy(options.PortalOrigin));
            if (transforms.Route.RouteId == Routes.Properties)
            {
                transforms.AddRequestHeaderRemove("Accept-Encoding");
                transforms.ResponseTransforms.Add(Embeds.WithoutSetupToken);
            }
            transforms.AddResponseTransform(BeginStreamAsync);
        });

        more?.Invoke(builder.Services);
        var app = builder.BuildChecked();
        app.MapServiceDefaults();
        app.UseMiddleware<AccessLog>();
        app.UseMiddleware<AcmeChallenges>();
        app.UseMiddleware<Entrance>();
        app.UseRateLimiter();
        app.MapReverseProxy(proxy =>
        {
            proxy.Use(AnotherReplica.AskAsync);
            proxy.UseLoadBalancing();
        });
        return app;
    }

    /// <summary>Headers wait for the first byte of a body; a page that listens for events wants to know before that it is connected.</summary>
    static async ValueTask BeginStreamAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse?.Content.Headers.ContentType?.MediaType == "text/event-stream")
            await context.HttpContext.Response.Body.FlushAsync(context.CancellationToken);
    }

    static void Listen(KestrelServerOptions kestrel, ProxyOptions options)
    {
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(2)); // programs read records at their own pace
        (kestrel.Limits.Http2.KeepAlivePingDelay, kestrel.Limits.Http2.KeepAlivePingTimeout) = (TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30)); // a stream to nobody ends

        var certificates = kestrel.ApplicationServices.GetRequiredService<Certificates>();
        On(options.HttpPort, _ => { });
        On(options.HealthPort, _ => { });
        On(options.HttpsPort, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = connection => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificates.For(connection.ClientHelloInfo.ServerName),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, // ciphers: .NET's own choice, which has forward secrecy only; naming them would end resumption of sessions
            }),
        }));

        void On(int port, Action<ListenOptions> configure)
        {
            if (IPAddress.TryParse(options.Address, out var address))
                kestrel.Listen(address, port, configure);
            else
                kestrel.ListenAnyIP(port, configure);
        }
    }
}
