using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace DataManagementApp.Exports;

/// <summary>What is known of a file when its last byte is written.</summary>
/// <param name="Length">Bytes, not packed.</param>
/// <param name="Crc32">Of the content, not packed.</param>
/// <param name="Sha256">Of the content, not packed.</param>
/// <param name="FileBytes">On disk.</param>
/// <param name="FileSha256">Of the file on disk.</param>
public sealed record PackedTotals(long Length, uint Crc32, byte[] Sha256, long FileBytes, byte[] FileSha256);

/// <summary>
/// Writes a file, gzipped block by block on other cores while the next block is being filled; memory is that of a few blocks. What lies between
/// header and trailer is one deflate stream, which a zip can take as it is.
/// </summary>
/// <param name="file">Written from its present position; not closed.</param>
/// <param name="pack">False: written as it is.</param>
/// <param name="workers">Blocks packed at the same time.</param>
public sealed class PackedFile(Stream file, bool pack, int workers) : IAsyncDisposable
{
    /// <summary>Of a gzip file, around the deflate stream.</summary>
    public const int HeaderLength = 10, TrailerLength = 8;

    const int BlockLength = 512 * 1024;

    static readonly byte[] Header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

    readonly Crc32 _crc32 = new();
    readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256), _written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly Queue<(byte[] Block, int Length, Task<ReadOnlyMemory<byte>> Packed)> _inHand = [];
    byte[] _block = ArrayPool<byte>.Shared.Rent(BlockLength);
    int _filled;
    long _length, _fileBytes;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var taken = Math.Min(bytes.Length, BlockLength - _filled);
            bytes[..taken].CopyTo(_block.AsMemory(_filled));
            bytes = bytes[taken..];
            _filled += taken;
            if (_filled == BlockLength)
                await EndBlockAsync(cancellationToken);
        }
    }

    public async Task<PackedTotals> CompleteAsync(CancellationToken cancellationToken)
    {
        await EndBlockAsync(cancellationToken);
        while (_inHand.Count > 0)
            await TakeAsync(cancellationToken);
        if (pack)
        {
            var trailer = new byte[2 + TrailerLength];
            trailer[0] = 3; // an empty last block
            BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(2), _crc32.GetCurrentHashAsUInt32());
            BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(6), (uint)_length);
            await PutAsync(_fileBytes == 0 ? [.. Header, .. trailer] : trailer, cancellationToken);
        }
        await file.FlushAsync(cancellationToken);
        return new(_length, _crc32.GetCurrentHashAsUInt32(), _content.GetHashAndReset(), _fileBytes, _written.GetHashAndReset());
    }

    async ValueTask EndBlockAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
            return;
        var (block, length) = (_block, _filled);
        _inHand.Enqueue((block, length, pack ? Task.Run(() => Deflate(block, length), cancellationToken) : Task.FromResult<ReadOnlyMemory<byte>>(block.AsMemory(0, length))));
        (_block, _filled) = (ArrayPool<byte>.Shared.Rent(BlockLength), 0);
        _content.AppendData(block, 0, length);
        _crc32.Append(block.AsSpan(0, length));
        _length += length;
        while (_inHand.Count > workers || _inHand.Count > 0 && _inHand.Peek().Packed.IsCompleted)
            await TakeAsync(cancellationToken);
    }

    async Task TakeAsync(CancellationToken cancellationToken)
    {
        var (block, _, packing) = _inHand.Dequeue();
        var packed = await packing;
        if (pack && _fileBytes == 0)
            await PutAsync(Header, cancellationToken);
        await PutAsync(packed, cancellationToken);
        ArrayPool<byte>.Shared.Return(block);
    }

    async Task PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _written.AppendData(bytes.Span);
        _fileBytes += bytes.Length;
        await file.WriteAsync(bytes, cancellationToken);
    }

    static ReadOnlyMemory<byte> Deflate(byte[] block, int length)
    {
        var packed = new MemoryStream(length / 3);
        using var deflate = new DeflateStream(packed, CompressionLevel.Fastest);
        deflate.Write(block, 0, length);
        deflate.Flush(); // ends on a whole byte, and is not the last block: the next one goes behind it
        var end = (int)packed.Length;
        return packed.GetBuffer().AsMemory(0, end);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, _, packed) in _inHand)
            await ((Task)packed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // nobody wants it any more
        _content.Dispose();
        _written.Dispose();
    }
}
