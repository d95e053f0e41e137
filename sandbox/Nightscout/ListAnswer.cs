using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Sends JSON as the server does: a weak ETag over the whole, 304 if the client has it, gzip if it takes it.</summary>
/// <param name="ownTag">The ETag, when it says something else than what the body is.</param>
sealed class ListAnswer(IReadOnlyList<ReadOnlyMemory<byte>> pieces, int status = 200, string? ownTag = null) : IResult
{
    const int WorthCompressing = 1024;

    public static ListAnswer Of(IReadOnlyList<ReadOnlyMemory<byte>> records) => new([.. List(records)]);

    /// <summary>In the envelope of API v3.</summary>
    public static ListAnswer ResultOf(IReadOnlyList<ReadOnlyMemory<byte>> records, string? tag = null) =>
        new([ResultOpening, .. List(records), ResultClosing], ownTag: tag);

    public static ListAnswer ResultOf(ReadOnlyMemory<byte> record) => new([ResultOpening, record, ResultClosing]);

    static IEnumerable<ReadOnlyMemory<byte>> List(IReadOnlyList<ReadOnlyMemory<byte>> records) =>
        [.. records.SelectMany((record, index) => (ReadOnlyMemory<byte>[])[index == 0 ? Opening : Comma, record]), records.Count == 0 ? Empty : Closing];

    public static ListAnswer Of(JsonNode? body, int status = 200) => new([Encoding.UTF8.GetBytes(body?.ToJsonString(Answers.Unescaped) ?? "null")], status);

    static readonly byte[] Opening = "["u8.ToArray();
    static readonly byte[] Comma = ","u8.ToArray();
    static readonly byte[] Closing = "]"u8.ToArray();
    static readonly byte[] Empty = "[]"u8.ToArray();
    static readonly byte[] ResultOpening = "{\"status\":200,\"result\":"u8.ToArray();
    static readonly byte[] ResultClosing = "}"u8.ToArray();

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var length = pieces.Sum(piece => (long)piece.Length);
        var tag = ownTag ?? Tag(length);
        response.StatusCode = status;
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept-Encoding";
        if (request.Headers.IfNoneMatch == tag && !request.Headers.CacheControl.ToString().Contains("no-cache"))
        {
            response.StatusCode = 304;
            return;
        }

        response.ContentType = "application/json; charset=utf-8";
        if (length < WorthCompressing || !request.Headers.AcceptEncoding.ToString().Contains("gzip"))
        {
            response.ContentLength = length;
            await WriteAsync(response.Body, httpContext.RequestAborted);
            return;
        }
        response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await WriteAsync(gzip, httpContext.RequestAborted);
    }

    async Task WriteAsync(Stream body, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream(64 * 1024); // a write per record would be a packet per record
        foreach (var piece in pieces)
        {
            buffer.Write(piece.Span);
            if (buffer.Length < 48 * 1024)
                continue;
            await body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
            buffer.SetLength(0);
        }
        await body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
    }

    string Tag(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        foreach (var piece in pieces)
            hash.AppendData(piece.Span);
        return $"W/\"{length:x}-{Convert.ToBase64String(hash.GetHashAndReset())[..27]}\"";
    }
}
