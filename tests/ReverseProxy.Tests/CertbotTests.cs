using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Sandbox.Demo;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>The real thing: certbot asks pebble, the test server of Let's Encrypt, which comes to the proxy's http port to see that the hosts are ours.</summary>
public sealed class CertbotTests
{
    readonly List<Process> _running = [];

    [TearDown]
    public void Stop()
    {
        foreach (var process in _running)
        {
            process.Kill();
            process.Dispose();
        }
        _running.Clear();
    }

    [Test]
    public async Task Certbot_gets_a_certificate_through_the_proxy_and_renews_it_while_a_stream_and_a_download_go_on()
    {
        EnsureInstalled("pebble", "pebble-challtestsrv", "certbot");
        await using var site = await Backend.StartAsync("site");
        var certbot = Directory.CreateTempSubdirectory("certbot-").FullName;
        await using var proxy = await StartAsync(site, site, ("Certificates", Path.Combine(certbot, "conf", "live")));
        Directory.CreateDirectory(proxy.Webroot);
        var (acme, management) = await StartPebbleAsync(proxy, certbot);
        Assert.That((await proxy.CertificateOfAsync(Data)).Leaf.Subject, Is.EqualTo("CN=fallback.invalid"));

        await CertbotAsync(certbot, "certonly", "--agree-tos", "-m", "operator@example.test", "--no-eff-email", "--webroot", "-w", proxy.Webroot, "-d", Registration, "-d", Data, "--server", $"{acme}dir");
        await UntilAsync(async () => (await proxy.CertificateOfAsync(Data)).Leaf.Issuer.Contains("Pebble", StringComparison.Ordinal), "served what was issued");
        var first = await proxy.CertificateOfAsync(Data);
        Assert.That(await IsTrustedAsync(first, management), Is.True, "the chain leads to the issuer's root");
        Assert.That(await proxy.NameOfCertificateAsync(Registration), Is.EqualTo(first.Leaf.SerialNumber));
        Assert.That((await proxy.Client.GetAsync($"https://{Data}/")).Headers.Contains("Strict-Transport-Security"), Is.True);
        Assert.That(await proxy.StatusOfAsync($"http://{Data}/"), Is.EqualTo(HttpStatusCode.PermanentRedirect));

        await using var streams = await OpenStreams.StartAsync(proxy, site, Data);
        await CertbotAsync(certbot, "renew", "--force-renewal", "--no-random-sleep-on-renew"); // http redirects by now; the answers to pebble do not
        await UntilAsync(async () => await proxy.NameOfCertificateAsync(Data) != first.Leaf.SerialNumber, "served the renewed one");

        await streams.GoOnAsync();
        Assert.That(await IsTrustedAsync(await proxy.CertificateOfAsync(Data), management), Is.True);
        Directory.Delete(certbot, recursive: true);
    }

    /// <returns>Its address for certbot, and the one that gives its root.</returns>
    async Task<(Uri Acme, Uri Management)> StartPebbleAsync(RunningProxy proxy, string folder)
    {
        var (acme, management, dns) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        var (chain, key, _) = Pki.Issue("localhost");
        await File.WriteAllTextAsync(Path.Combine(folder, "pebble.pem"), chain);
        await File.WriteAllTextAsync(Path.Combine(folder, "pebble.key"), key);
        await File.WriteAllTextAsync(Path.Combine(folder, "root.pem"), Pki.RootPem);
        await File.WriteAllTextAsync(Path.Combine(folder, "pebble.json"), JsonSerializer.Serialize(new
        {
            pebble = new
            {
                listenAddress = $"127.0.0.1:{acme}",
                managementListenAddress = $"127.0.0.1:{management}",
                certificate = Path.Combine(folder, "pebble.pem"),
                privateKey = Path.Combine(folder, "pebble.key"),
                httpPort = proxy.HttpPort,
                tlsPort = proxy.HttpsPort,
                ocspResponderURL = "",
                externalAccountBindingRequired = false,
            },
        }));
        Start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", $"127.0.0.1:{dns}", "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", $"127.0.0.1:{FreePort.Next()}");
        Start("pebble", "-config", Path.Combine(folder, "pebble.json"), "-dnsserver", $"127.0.0.1:{dns}");
        await UntilAsync(async () =>
        {
            try
            {
                return await proxy.StatusOfAsync($"https://localhost:{acme}/dir") == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false; // not listening yet
            }
        }, "started pebble");
        return (new($"https://localhost:{acme}"), new($"https://localhost:{management}"));

        void Start(string program, params string[] arguments)
        {
            var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["PEBBLE_VA_NOSLEEP"] = "1" } })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _running.Add(process);
        }
    }

    static async Task CertbotAsync(string folder, params string[] arguments)
    {
        string[] own = ["-n", "--config-dir", Path.Combine(folder, "conf"), "--work-dir", Path.Combine(folder, "work"), "--logs-dir", Path.Combine(folder, "logs")];
        using var certbot = Process.Start(new ProcessStartInfo("certbot", [.. arguments, .. own])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["REQUESTS_CA_BUNDLE"] = Path.Combine(folder, "root.pem") },
        })!;
        var problems = certbot.StandardError.ReadToEndAsync();
        var output = await certbot.StandardOutput.ReadToEndAsync();
        await certbot.WaitForExitAsync();
        Assert.That(certbot.ExitCode, Is.Zero, $"{output}{await problems}");
    }

    static async Task<bool> IsTrustedAsync((X509Certificate2 Leaf, X509Certificate2Collection Chain) served, Uri management)
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(await http.GetStringAsync(new Uri(management, "/roots/0"))));
        chain.ChainPolicy.ExtraStore.AddRange(served.Chain);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(served.Leaf);
    }

    static void EnsureInstalled(params string[] programs)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (programs.Where(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program)))).ToList() is not { Count: > 0 } missing)
            return;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail($"missing: {string.Join(", ", missing)}");
        Assert.Ignore($"missing: {string.Join(", ", missing)}; ./test installs them as root");
    }
}
