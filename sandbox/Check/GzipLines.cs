using System.IO.Compression;

namespace Sandbox.Check;

static class GzipLines
{
    /// <summary>The lines of gzipped text, one in memory at a time: each is valid until the next is asked for.</summary>
    /// <exception cref="InvalidDataException">It is not gzip, or is cut off.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(Stream gzipped)
    {
        using var unzipped = new GZipStream(gzipped, CompressionMode.Decompress);
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        while (true)
        {
            var feed = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                yield return buffer.AsMemory(start, feed);
                start += feed + 1;
                continue;
            }
            if (start > 0)
                buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = unzipped.Read(buffer, end, buffer.Length - end);
            if (read == 0)
                break;
            end += read;
        }
        if (end > 0)
            yield return buffer.AsMemory(0, end); // a last line without a feed
    }
}
