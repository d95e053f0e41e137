using System.IO.Compression;
using System.Security.Cryptography;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>A gzipped NDJSON file ready to be uploaded; its bytes go with it.</summary>
/// <param name="First">Time of its first record; null when no record has one.</param>
/// <param name="Last">Of its last record.</param>
public sealed record SealedFile(FileStream Bytes, long Length, byte[] Sha256, byte[] Md5, int Records, DateTimeOffset? First, DateTimeOffset? Last) : IAsyncDisposable
{
    /// <param name="lines">Records, each one line without its end.</param>
    public static async Task<SealedFile> WriteAsync(IEnumerable<byte[]> lines, int records, DateTimeOffset? first, DateTimeOffset? last, string folder, CancellationToken cancellationToken)
    {
        var file = TemporaryFile.Create(folder, "ingest");
        try
        {
            await using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
                foreach (var line in lines)
                {
                    await gzip.WriteAsync(line, cancellationToken);
                    gzip.WriteByte((byte)'\n');
                }
            file.Position = 0;
            var sha256 = await SHA256.HashDataAsync(file, cancellationToken);
            file.Position = 0;
            var md5 = await MD5.HashDataAsync(file, cancellationToken);
            return new(file, file.Length, sha256, md5, records, first, last);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Bytes.DisposeAsync();
}
