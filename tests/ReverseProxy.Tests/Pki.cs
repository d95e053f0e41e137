using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReverseProxy.Tests;

/// <summary>Certificates as an issuer makes them, and as they lie in the folder.</summary>
static class Pki
{
    static readonly (X509Certificate2 Issuer, string RootPem) Made = MakeIssuer();

    /// <summary>What clients have to trust.</summary>
    public static string RootPem => Made.RootPem;

    static X509Certificate2 Issuer => Made.Issuer;

    /// <returns>The chain and its key in PEM, and the serial number.</returns>
    public static (string Chain, string Key, string Serial) Issue(string host, DateTimeOffset? begins = null, DateTimeOffset? ends = null, bool rsa = false)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA of ? new CertificateRequest($"CN={host}", of, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest($"CN={host}", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (host == "localhost")
            names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] = 0x11;
        using var signed = request.Create(Issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(Issuer.GetECDsaPrivateKey()!), begins ?? DateTimeOffset.UtcNow.AddDays(-30), ends ?? DateTimeOffset.UtcNow.AddDays(60), serial);
        return ($"{signed.ExportCertificatePem()}\n{Issuer.ExportCertificatePem()}\n", key.ExportPkcs8PrivateKeyPem(), signed.SerialNumber);
    }

    /// <returns>One that its own key signed.</returns>
    public static (string Chain, string Key, string Serial) SelfSigned(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(60));
        return (signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), signed.SerialNumber);
    }

    /// <summary>Puts them where the proxy looks, the key last.</summary>
    public static void Put(RunningProxy proxy, string name, string chain, string key)
    {
        var folder = Directory.CreateDirectory(Path.Combine(proxy.Certificates, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), chain);
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), key);
    }

    /// <returns>Its serial number.</returns>
    public static string IssueInto(RunningProxy proxy, string host)
    {
        var (chain, key, serial) = Issue(host);
        Put(proxy, host, chain, key);
        return serial;
    }

    /// <summary>Under a root, as issuers are, which servers do not send.</summary>
    static (X509Certificate2, string) MakeIssuer()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=Root of tests", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(5));
        using var issuer = Authority("CN=Issuer of tests", key).Create(root, DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(4), [1, 2, 3]);
        return (issuer.CopyWithPrivateKey(key), root.ExportCertificatePem());
    }

    static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }
}
