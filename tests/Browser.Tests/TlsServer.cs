using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Browser.Tests;

/// <summary>Begins a safe connection with a certificate that it made for itself.</summary>
sealed class TlsServer : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, Sandbox.Demo.FreePort.Next());
    readonly X509Certificate2 _certificate = Make();

    public TlsServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    async Task AcceptAsync()
    {
        while (true)
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(_certificate);
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception refused) when (refused is IOException or AuthenticationException)
            {
                // that is what it is for
            }
    }

    static X509Certificate2 Make()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null); // a key that lives in memory only is not taken everywhere
    }
}
