using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ServiceDefaults;

/// <summary>Configuration section <c>Secrets</c>: the deployment key, which is not in the database.</summary>
public sealed record SecretsOptions : IValidatableObject
{
    /// <summary>32 random bytes in base64 (<c>openssl rand -base64 32</c>). Without it nothing that was sealed opens again: keep a copy offline.</summary>
    [Secret]
    public string Key { get; init; } = "";

    /// <summary>Keys that were used before, oldest first; what they sealed still opens, and pseudonyms keep deriving from the oldest.</summary>
    [Secret]
    public IReadOnlyList<string> OldKeys { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var key in OldKeys.Prepend(Key))
            if (!Convert.TryFromBase64String(key, new byte[64], out var length) || length != 32)
                yield return new("Secrets__Key must be 32 bytes in base64; make one with: openssl rand -base64 32", [nameof(Key)]);
    }
}

/// <summary>A sealed value that does not open: another deployment key, another context, or changed bytes.</summary>
public sealed class SealBrokenException(string message) : Exception(message);

/// <summary>
/// AES-256-GCM under a key derived from the deployment key and a salt (a participant's: destroying the salt destroys what was sealed).
/// The context — which column of which row — is authenticated with it, so that a sealed value moved elsewhere does not open.
/// </summary>
/// <remarks>Layout: version (1 byte), id of the deployment key (4), nonce (12), tag (16), ciphertext.</remarks>
public sealed class SecretBox
{
    const byte Version = 1;
    const int KeyIdLength = 4, NonceLength = 12, TagLength = 16, HeaderLength = 1 + KeyIdLength;

    readonly byte[] _current, _oldest;
    readonly Dictionary<uint, byte[]> _keys = [];

    public SecretBox(SecretsOptions options)
    {
        _current = Convert.FromBase64String(options.Key);
        _oldest = Convert.FromBase64String(options.OldKeys is [var oldest, ..] ? oldest : options.Key);
        foreach (var key in options.OldKeys.Append(options.Key))
        {
            var bytes = Convert.FromBase64String(key);
            _keys[KeyId(bytes)] = bytes;
        }
    }

    public byte[] Seal(string secret, ReadOnlySpan<byte> salt, string context)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[HeaderLength + NonceLength + TagLength + plain.Length];
        box[0] = Version;
        BitConverter.TryWriteBytes(box.AsSpan(1), KeyId(_current));
        var nonce = box.AsSpan(HeaderLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Derive(_current, salt, "seal"), TagLength);
        aes.Encrypt(nonce, plain, box.AsSpan(HeaderLength + NonceLength + TagLength), box.AsSpan(HeaderLength + NonceLength, TagLength), Encoding.UTF8.GetBytes(context));
        return box;
    }

    /// <exception cref="SealBrokenException">The value was sealed under a key that is not configured, or for another context, or was changed.</exception>
    public string Open(ReadOnlySpan<byte> box, ReadOnlySpan<byte> salt, string context)
    {
        if (box.Length < HeaderLength + NonceLength + TagLength || box[0] != Version || !_keys.TryGetValue(BitConverter.ToUInt32(box[1..]), out var key))
            throw new SealBrokenException("Sealed under a deployment key that is not configured (Secrets__Key, Secrets__OldKeys).");
        var plain = new byte[box.Length - HeaderLength - NonceLength - TagLength];
        using var aes = new AesGcm(Derive(key, salt, "seal"), TagLength);
        try
        {
            aes.Decrypt(box.Slice(HeaderLength, NonceLength), box[(HeaderLength + NonceLength + TagLength)..],
                box.Slice(HeaderLength + NonceLength, TagLength), plain, Encoding.UTF8.GetBytes(context));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new SealBrokenException("A sealed value does not belong where it was found, or was changed.");
        }
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>Whether the present key opens it, and no older one is needed.</summary>
    public bool IsSealedWithPresentKey(ReadOnlySpan<byte> box) => box.StartsWith(Header(KeyId(_current)));

    /// <summary>What values begin with that an older key sealed.</summary>
    public IReadOnlyList<byte[]> OldHeaders => [.. _keys.Keys.Where(id => id != KeyId(_current)).Select(Header)];

    /// <summary>32 bytes for one purpose, the same for the same salt also after a rotation: derived from the oldest key.</summary>
    public byte[] DeriveKey(ReadOnlySpan<byte> salt, string purpose) => Derive(_oldest, salt, purpose);

    static byte[] Derive(byte[] key, ReadOnlySpan<byte> salt, string purpose)
    {
        var derived = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, salt, Encoding.UTF8.GetBytes(purpose));
        return derived;
    }

    static byte[] Header(uint keyId) => [Version, .. BitConverter.GetBytes(keyId)];

    static uint KeyId(byte[] key) => BitConverter.ToUInt32(SHA256.HashData(key));
}

public static class Secrets
{
    public static WebApplicationBuilder AddSecrets(this WebApplicationBuilder builder)
    {
        builder.AddValidated<SecretsOptions>("Secrets");
        builder.Services.AddSingleton<SecretBox>();
        return builder;
    }
}
