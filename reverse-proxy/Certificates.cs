using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ServiceDefaults;

namespace ReverseProxy;

/// <summary>
/// The certificate of each host name, read again whenever its files change. A connection keeps the one it began with, so that a renewal cuts
/// nothing; a name that has none yet is served with one that we sign ourselves, because certbot needs us to answer before it can get any.
/// </summary>
public sealed class Certificates(ProxyOptions options, TimeProvider time, ILogger<Certificates> log) : BackgroundService
{
    readonly Dictionary<string, CertificateFolder> _folders = [];
    readonly SslStreamCertificateContext _fallback = SslStreamCertificateContext.Create(SelfSigned(time.GetUtcNow()), null, offline: true);

    readonly Meter _meter = new(Telemetry.Name);

    volatile IReadOnlyDictionary<string, ServedCertificate> _byName = new Dictionary<string, ServedCertificate>();
    string? _problem;

    /// <param name="name">What the browser asks for (SNI); empty when it does not say.</param>
    public SslStreamCertificateContext For(string name) => Find(name)?.Context ?? _fallback;

    /// <summary>Whether a browser that trusts the issuer is content with what is served for the host; nobody trusts one that signs for itself.</summary>
    public bool Covers(string host) => Find(host) is { IsSelfSigned: false } found && found.Ends > time.GetUtcNow();

    /// <returns>When the certificate of a host ends; null when it has none.</returns>
    public DateTimeOffset? EndOf(string host) => Find(host)?.Ends;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Look();
        _meter.CreateObservableGauge("openaps.certificate.days_left", () => options.Hosts.Select(host =>
            new Measurement<double>(Math.Max(0, (EndOf(host) - time.GetUtcNow())?.TotalDays ?? 0), new KeyValuePair<string, object?>("server.address", host))), "d", "Until the certificate of a host ends; 0: it has none, or it ended");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.CertificatesEvery);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    ServedCertificate? Find(string name)
    {
        var served = _byName;
        var lower = name.ToLowerInvariant();
        return served.GetValueOrDefault(lower) ?? (lower.IndexOf('.') is > 0 and var dot ? served.GetValueOrDefault($"*{lower[dot..]}") : null);
    }

    void Look()
    {
        foreach (var path in Folders().Where(path => !_folders.ContainsKey(path)))
            _folders[path] = new(path);
        var changed = false;
        foreach (var folder in _folders.Values)
            changed |= folder.Look(time.GetUtcNow(), log);
        if (changed)
            _byName = _folders.Values.Where(folder => folder.Served is not null)
                .SelectMany(folder => folder.Served!.Names, (folder, name) => (name, folder.Served))
                .GroupBy(one => one.name)
                .ToDictionary(alike => alike.Key, alike => alike.MaxBy(one => one.Served!.Ends).Served!); // of several that name the host, the one that lasts longest
    }

    string[] Folders()
    {
        try
        {
            var folders = Directory.Exists(options.Certificates) ? Directory.GetDirectories(options.Certificates) : [];
            Tell(folders.Length == 0 && _folders.Count == 0 ? "there is none" : null);
            return folders;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Tell(problem is UnauthorizedAccessException ? "the folder may not be read by this process's user, as whom certbot has to run" : $"the folder cannot be read, {problem.GetType().Name}");
            return [];
        }
    }

    void Tell(string? problem)
    {
        if (problem is not null && problem != _problem)
            log.LogWarning("Certificates in {Folder:l}: {Problem:l}.", options.Certificates, problem);
        _problem = problem;
    }

    static X509Certificate2 SelfSigned(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fallback.invalid", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("fallback.invalid");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(2));
    }
}
