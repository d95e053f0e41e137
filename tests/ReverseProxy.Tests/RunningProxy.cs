using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sandbox.Demo;

namespace ReverseProxy.Tests;

/// <summary>The proxy on ports of its own in front of stand-ins of the sites, and a client for which every host name is this machine.</summary>
sealed class RunningProxy : IAsyncDisposable
{
    public const string Registration = "upload.example.test", Data = "data.example.test", Charts = "charts.example.test", Status = "status.example.test";

    readonly WebApplication _app;

    RunningProxy(WebApplication app, string folder, int httpPort, int httpsPort, int healthPort, ConcurrentQueue<string> log)
    {
        (_app, Folder, HttpPort, HttpsPort, HealthPort, Log) = (app, folder, httpPort, httpsPort, healthPort, log);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint.Port switch { 443 => httpsPort, 80 => httpPort, var other => other }, cancellationToken),
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        };
        Client = new(handler) { Timeout = TimeSpan.FromSeconds(20) };
    }

    public HttpClient Client { get; }

    public string Folder { get; }

    public int HttpPort { get; }

    public int HttpsPort { get; }

    public int HealthPort { get; }

    /// <summary>What the proxy logged, with its level.</summary>
    public ConcurrentQueue<string> Log { get; }

    public string Certificates => Path.Combine(Folder, "live");

    public string Webroot => Path.Combine(Folder, "webroot");

    /// <param name="settings">Of the section <c>Proxy</c>, for instance <c>Data:Destinations:0</c>.</param>
    public static Task<RunningProxy> StartAsync(Backend registration, Backend data, params (string Name, string Value)[] settings) =>
        StartAsync(null, [("Registration:Destinations:0", $"{registration.Url}"), ("Data:Destinations:0", $"{data.Url}"), .. settings]);

    public static async Task<RunningProxy> StartAsync(Action<IServiceCollection>? more, params (string Name, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("reverse-proxy-").FullName;
        var (http, https, health) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        Directory.CreateDirectory(Path.Combine(folder, "live"));
        (string Name, string Value)[] all =
        [
            ("Address", "127.0.0.1"), ("HttpPort", $"{http}"), ("HttpsPort", $"{https}"), ("HealthPort", $"{health}"), ("Certificates", Path.Combine(folder, "live")), ("Webroot", Path.Combine(folder, "webroot")),
            ("CertificatesEvery", "00:00:00.1"), ("HealthEvery", "00:00:00.2"), ("Registration:Host", Registration), ("Data:Host", Data), .. settings,
        ];
        var log = new ConcurrentQueue<string>();
        var app = Proxy.Build(["--environment=Development", "--Serilog:MinimumLevel:Default=Fatal", .. all.Select(setting => $"--Proxy:{setting.Name}={setting.Value}")], services =>
        {
            services.AddSingleton<ILoggerProvider>(new Lines(log));
            more?.Invoke(services);
        });
        await app.StartAsync();
        return new(app, folder, http, https, health, log);
    }

    /// <summary>What the site behind was asked.</summary>
    public async Task<Asked> AskAsync(string url, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await Client.SendAsync(request);
        return (await JsonSerializer.DeserializeAsync<Asked>(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync()))!;
    }

    public async Task<HttpStatusCode> StatusOfAsync(string url, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, url);
        using var answer = await Client.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>The certificate that a new connection gets, with what came along of its chain.</summary>
    /// <exception cref="AuthenticationException">The two do not agree on how to talk.</exception>
    public async Task<(X509Certificate2 Leaf, X509Certificate2Collection Chain)> CertificateOfAsync(string host, SslProtocols protocols = SslProtocols.None)
    {
        var chain = new X509Certificate2Collection();
        await using var connection = new SslStream(await ConnectAsync(HttpsPort, default));
        await connection.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, _, sent, _) =>
            {
                foreach (var element in sent!.ChainPolicy.ExtraStore)
                    chain.Add(X509CertificateLoader.LoadCertificate(element.RawData));
                return true;
            },
        });
        return (X509CertificateLoader.LoadCertificate(connection.RemoteCertificate!.GetRawCertData()), chain);
    }

    public async Task<string> NameOfCertificateAsync(string host) => (await CertificateOfAsync(host)).Leaf.SerialNumber;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token); // streams that tests left open end with it
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Waits for what happens within moments.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 15)
    {
        for (var tries = 0; !await condition(); tries++)
        {
            if (tries > seconds * 20)
                Assert.Fail($"Never {what}.");
            await Task.Delay(50);
        }
    }

    public static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    sealed class Lines(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => log.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
