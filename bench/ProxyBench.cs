using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Sandbox.Demo;

namespace Bench;

/// <summary>
/// The proxy as it is deployed, but by http, with its limits and its access log, beside bare YARP (no log, no limits) and Debian's nginx and caddy (with their logs): answers of 1 KB and of 10 MB of a
/// site in this process, asked for by wrk. Rounds alternate between them; figures are medians.
/// </summary>
static partial class ProxyBench
{
    const int Rounds = 3, Seconds = 3, Connections = 16;
    const string Host = "bench.localhost";

    static readonly (string Path, string Name, int Bytes)[] Answers = [("/small", "1 KB", 1024), ("/large", "10 MB", 10 * 1024 * 1024)];

    /// <param name="PerSecond">Requests.</param>
    /// <param name="Microseconds">Of processor time for a request.</param>
    sealed record Measured(double PerSecond, double Microseconds);

    sealed record Peer(string Name, int Port, Process Process);

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var site = await StartSiteAsync(cancellationToken);
        var peers = StartPeers(settings, site.Urls.First());
        try
        {
            foreach (var peer in peers)
                await WaitAsync(peer, cancellationToken);
            var measured = new Dictionary<(string Peer, string Answer), List<Measured>>();
            for (var round = 0; round <= Rounds; round++)
                foreach (var (path, answer, _) in Answers)
                    foreach (var peer in peers)
                    {
                        var one = await MeasureAsync(peer, path, round == 0 ? 1 : Seconds, cancellationToken);
                        if (round > 0) // the first compiles and fills pools
                            (measured.TryGetValue((peer.Name, answer), out var list) ? list : measured[(peer.Name, answer)] = []).Add(one);
                    }
            return [.. Answers.SelectMany(answer => peers.Skip(1).SelectMany(peer => Compare(answer.Name, peer.Name, measured[(peers[0].Name, answer.Name)], measured[(peer.Name, answer.Name)])))];
        }
        finally
        {
            foreach (var peer in peers)
            {
                peer.Process.Kill(entireProcessTree: true);
                peer.Process.Dispose();
            }
        }
    }

    static IEnumerable<Figure> Compare(string answer, string peer, List<Measured> ours, List<Measured> theirs)
    {
        var (rate, of) = (Median(ours.Select(one => one.PerSecond)), Median(theirs.Select(one => one.PerSecond)));
        yield return new($"answers of {answer} a second, beside {peer}", rate, peer, of, of / rate, IsLimit: false);
        yield return Figure.Beside($"processor time for an answer of {answer}, µs, beside {peer}", Median(ours.Select(one => one.Microseconds)), peer, Median(theirs.Select(one => one.Microseconds)));
    }

    static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    static async Task<WebApplication> StartSiteAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, FreePort.Next()));
        var app = builder.Build();
        app.MapGet("/health/ready", () => Results.Ok());
        foreach (var (path, _, bytes) in Answers)
        {
            var body = new byte[bytes];
            app.MapGet(path, context =>
            {
                context.Response.ContentLength = body.Length;
                return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
            });
        }
        await app.StartAsync(cancellationToken);
        return app;
    }

    /// <returns>Ours first. Their logs go to files, and not through this process, which is the site.</returns>
    static List<Peer> StartPeers(DemoSettings settings, string site)
    {
        var peers = new List<Peer>();
        var ports = new { Http = FreePort.Next(), Https = FreePort.Next(), Health = FreePort.Next(), Yarp = FreePort.Next(), Nginx = FreePort.Next(), Caddy = FreePort.Next() };
        Start("our proxy", ports.Http, $"dotnet '{Path.Combine(LoadBench.Published(settings).Build, "ReverseProxy", "release", "ReverseProxy.dll")}'", new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Proxy__Plain"] = "true",
            ["Proxy__Address"] = "127.0.0.1",
            ["Proxy__HttpPort"] = $"{ports.Http}",
            ["Proxy__HttpsPort"] = $"{ports.Https}",
            ["Proxy__HealthPort"] = $"{ports.Health}",
            ["Proxy__Registration__Host"] = Host,
            ["Proxy__Registration__Destinations__0"] = site,
            ["Proxy__Registration__RequestsPerMinute"] = $"{int.MaxValue}",
            ["Proxy__Data__Host"] = $"data.{Host}",
            ["Proxy__Data__Destinations__0"] = site,
        });
        Start("bare YARP", ports.Yarp, $"dotnet '{typeof(ProxyBench).Assembly.Location}' bare-yarp --port {ports.Yarp} --to {site}", []);

        var nginx = Path.Combine(settings.Folder, "nginx.conf");
        File.WriteAllText(nginx, $$"""
            daemon off; worker_processes auto; pid {{settings.Folder}}/nginx.pid; error_log {{settings.Folder}}/nginx-error.log; events {}
            http {
              access_log {{settings.Folder}}/nginx-access.log; client_body_temp_path {{settings.Folder}}; proxy_temp_path {{settings.Folder}};
              fastcgi_temp_path {{settings.Folder}}; uwsgi_temp_path {{settings.Folder}}; scgi_temp_path {{settings.Folder}};
              upstream site { server {{new Uri(site).Authority}}; keepalive {{Connections}}; }
              server { listen 127.0.0.1:{{ports.Nginx}}; location / { proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; } }
            }
            """);
        Start("nginx", ports.Nginx, $"nginx -c '{nginx}'", []);

        var caddy = Path.Combine(settings.Folder, "Caddyfile");
        File.WriteAllText(caddy, $$"""
            {
              admin off
              auto_https off
            }
            http://:{{ports.Caddy}} {
              bind 127.0.0.1
              log {
                output file {{settings.Folder}}/caddy-access.log
              }
              reverse_proxy {{new Uri(site).Authority}}
            }
            """);
        Start("caddy", ports.Caddy, $"caddy run --config '{caddy}'", []);
        return peers;

        void Start(string name, int port, string command, Dictionary<string, string> environment)
        {
            var start = new ProcessStartInfo("bash", ["-c", $"exec {command} >'{Path.Combine(settings.Folder, $"{name}.log")}' 2>&1"]) { WorkingDirectory = settings.Folder };
            foreach (var (variable, value) in environment)
                start.Environment[variable] = value;
            peers.Add(new(name, port, Process.Start(start)!));
        }
    }

    /// <exception cref="DemoException">It ended, perhaps because it is not installed, or does not answer.</exception>
    static async Task WaitAsync(Peer peer, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        for (var tries = 0; tries < 100; tries++)
        {
            if (peer.Process.HasExited)
                throw new DemoException($"{peer.Name} ended with {peer.Process.ExitCode}; the bench proxy needs wrk, nginx and caddy (apt-get install wrk nginx caddy).");
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{peer.Port}/small") { Headers = { Host = Host } };
                using var answer = await http.SendAsync(request, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }
            await Task.Delay(100, cancellationToken);
        }
        throw new DemoException($"{peer.Name} does not answer.");
    }

    static async Task<Measured> MeasureAsync(Peer peer, string path, int seconds, CancellationToken cancellationToken)
    {
        var before = ProcessorTime.OfFamily(peer.Process.Id);
        using var wrk = Process.Start(new ProcessStartInfo("wrk", ["-t", "1", "-c", $"{Connections}", "-d", $"{seconds}s", "-H", $"Host: {Host}", $"http://127.0.0.1:{peer.Port}{path}"]) { RedirectStandardOutput = true })!;
        var output = await wrk.StandardOutput.ReadToEndAsync(cancellationToken);
        await wrk.WaitForExitAsync(cancellationToken);
        var used = ProcessorTime.OfFamily(peer.Process.Id) - before;
        if (Requests().Match(output) is not { Success: true } requests || PerSecond().Match(output) is not { Success: true } perSecond || output.Contains("Non-2xx", StringComparison.Ordinal))
            throw new DemoException($"wrk against {peer.Name}: {output}");
        return new(double.Parse(perSecond.Groups[1].Value, CultureInfo.InvariantCulture), used.TotalMicroseconds / long.Parse(requests.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex PerSecond();
}
