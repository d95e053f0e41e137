using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Sandbox;

/// <param name="Encoding">The <c>Content-Encoding</c> it is served with.</param>
sealed record StoredObject(ReadOnlyMemory<byte> Bytes, string ContentType, string? Encoding, string ETag)
{
    /// <summary>What S3 records for a PUT without a content type (contract §3).</summary>
    public const string Binary = "binary/octet-stream";
}

/// <summary>The bucket: objects by key, reached by URLs that are signed for one method and expire, as S3's signature version 2.</summary>
sealed class ObjectStorage(TimeProvider time)
{
    readonly ConcurrentDictionary<string, StoredObject> _objects = new();
    readonly byte[] _signingKey = RandomNumberGenerator.GetBytes(20);

    public StoredObject Put(string key, ReadOnlyMemory<byte> bytes, string contentType, string? encoding = null) =>
        _objects[key] = new(bytes, contentType, encoding, $"\"{Convert.ToHexStringLower(MD5.HashData(bytes.Span))}\"");

    public StoredObject? Find(string key) => _objects.GetValueOrDefault(key);

    public void Delete(string key) => _objects.TryRemove(key, out _);

    /// <param name="root">URL of this server.</param>
    public string SignedUrl(string root, string method, string key, TimeSpan life)
    {
        var expires = (time.GetUtcNow() + life).ToUnixTimeSeconds();
        var path = string.Join('/', key.Split('/').Select(Uri.EscapeDataString));
        return $"{root}/storage/{path}?Signature={Uri.EscapeDataString(Sign(method, key, expires))}&Expires={expires}&AWSAccessKeyId=SANDBOXACCESSKEY";
    }

    public bool IsSigned(string method, string key, string? signature, long expires) => signature == Sign(method, key, expires);

    public bool IsExpired(long expires) => time.GetUtcNow().ToUnixTimeSeconds() > expires;

    string Sign(string method, string key, long expires) =>
        Convert.ToBase64String(HMACSHA1.HashData(_signingKey, Encoding.UTF8.GetBytes($"{method}\n\n\n{expires}\n/{key}")));
}
