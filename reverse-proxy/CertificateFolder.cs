using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReverseProxy;

/// <param name="Names">Host names it is for, in small letters, perhaps with a first label <c>*</c>.</param>
/// <param name="IsSelfSigned">Nobody else vouches for it.</param>
sealed record ServedCertificate(SslStreamCertificateContext Context, IReadOnlyList<string> Names, DateTimeOffset Ends, bool IsSelfSigned);

/// <summary>A folder with <c>fullchain.pem</c> and <c>privkey.pem</c>, by certbot or by hand. What cannot be used changes nothing of what is served.</summary>
sealed class CertificateFolder(string path)
{
    readonly string _chainPath = Path.Combine(path, "fullchain.pem"), _keyPath = Path.Combine(path, "privkey.pem");

    (string, DateTime, string, DateTime) _stamp;
    string? _problem;

    public ServedCertificate? Served { get; private set; }

    /// <summary>Reads the files when they are not those that were read last; when they cannot be used, again with each look, and says why once.</summary>
    /// <returns>Whether something else is served from now on.</returns>
    public bool Look(DateTimeOffset now, ILogger log)
    {
        try
        {
            var stamp = Stamp(_chainPath, _keyPath);
            if (stamp == _stamp)
                return false;
            Served = Read(now);
            (_stamp, _problem) = (stamp, null);
            log.LogInformation("Certificate {Name:l}: for {Names:l}, until {Ends:yyyy-MM-dd}.", Path.GetFileName(path), string.Join(", ", Served.Names), Served.Ends);
            return true;
        }
        catch (Exception problem) when (Explain(problem) is { } text)
        {
            if (text != _problem)
                log.LogError("Certificate {Name:l} is not used: {Problem:l}. {Instead:l}", Path.GetFileName(path), text, Served is null ? "Its hosts are served with a certificate nobody trusts." : "The one before stays in use.");
            _problem = text;
            return false;
        }
    }

    ServedCertificate Read(DateTimeOffset now)
    {
        var (chainText, keyText) = (File.ReadAllText(_chainPath), File.ReadAllText(_keyPath));
        var leaf = X509Certificate2.CreateFromPem(chainText, keyText); // refuses a key of another certificate
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(chainText);
        string[] names = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Select(name => name.ToLowerInvariant())];
        if (names.Length == 0)
            throw new UnusableCertificateException("it names no host");
        if (leaf.NotAfter.ToUniversalTime() <= now.UtcDateTime)
            throw new UnusableCertificateException($"it ended on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime)
            throw new UnusableCertificateException($"it begins on {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}");
        return new(SslStreamCertificateContext.Create(leaf, chain, offline: true), names, leaf.NotAfter.ToUniversalTime(), leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData));
    }

    /// <summary>certbot swaps links, people overwrite files: where they lead and when that was written tells both.</summary>
    static (string, DateTime, string, DateTime) Stamp(string chainPath, string keyPath)
    {
        var (chain, key) = (Target(chainPath), Target(keyPath));
        return (chain.FullName, chain.LastWriteTimeUtc, key.FullName, key.LastWriteTimeUtc);

        static FileSystemInfo Target(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
    }

    /// <returns>Why the files cannot be used, without anything that is in them; null when that is no matter of the files.</returns>
    static string? Explain(Exception problem) => problem switch
    {
        UnusableCertificateException => problem.Message,
        FileNotFoundException or DirectoryNotFoundException => "fullchain.pem or privkey.pem is missing",
        UnauthorizedAccessException => "fullchain.pem or privkey.pem may not be read by this process's user",
        CryptographicException or ArgumentException => "fullchain.pem is no certificate, or privkey.pem is not its private key, in PEM",
        IOException => $"fullchain.pem or privkey.pem cannot be read, {problem.GetType().Name}",
        _ => null,
    };

    sealed class UnusableCertificateException(string message) : Exception(message);
}
