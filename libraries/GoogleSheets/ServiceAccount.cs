using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GoogleSheets;

/// <summary>A Google service account: signs the assertion that is exchanged for an access token (RFC 7523, RS256).</summary>
/// <remarks>https://developers.google.com/identity/protocols/oauth2/service-account</remarks>
sealed class ServiceAccount : IDisposable
{
    const string Scope = "https://www.googleapis.com/auth/spreadsheets.readonly";

    /// <summary>Google allows an hour; one exchange needs seconds, and clocks differ.</summary>
    static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    readonly RSA _key = RSA.Create();
    readonly KeyFile _file;

    ServiceAccount(KeyFile file)
    {
        _file = file;
        _key.ImportFromPem(file.PrivateKey);
    }

    /// <exception cref="GoogleSettingsException">There is no such file, or it is no key of a service account.</exception>
    public static async Task<ServiceAccount> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
            throw new GoogleSettingsException("Set Google__KeyFile: the path of the service account's key file (JSON).");
        try
        {
            await using var file = File.OpenRead(path);
            return new(await JsonSerializer.DeserializeAsync(file, Wire.Default.KeyFile, cancellationToken) ?? throw new JsonException());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new GoogleSettingsException("The file that Google__KeyFile names cannot be read.");
        }
        catch (Exception problem) when (problem is JsonException or ArgumentException or CryptographicException) // without the cause: it may quote the key
        {
            throw new GoogleSettingsException("The file that Google__KeyFile names is not the key of a service account: make one in the Google Cloud console (IAM, Service Accounts, Keys, JSON).");
        }
    }

    public string Assertion(Uri audience, DateTimeOffset now)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new("RS256", "JWT", _file.PrivateKeyId), Wire.Default.JwtHeader);
        var claims = JsonSerializer.SerializeToUtf8Bytes(
            new(_file.ClientEmail, Scope, audience.AbsoluteUri, now.ToUnixTimeSeconds(), (now + Life).ToUnixTimeSeconds()), Wire.Default.JwtClaims);
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public void Dispose() => _key.Dispose();
}
