using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataManagementApp.Exports;

/// <summary>
/// A zip of files that are on disk already: what they hold is not copied, only what a zip has around them is made. Gzipped files enter with the deflated bytes they have.
/// Follows APPNOTE 6.3.9 with ZIP64 where sizes or numbers need it.
/// </summary>
public sealed class ExportZip
{
    const ushort Stored = 0, Deflated = 8, Version = 45, Utf8 = 0x0800;
    const uint Full = uint.MaxValue;

    readonly List<Piece> _pieces = [];

    /// <param name="at">Time the files are given, UTC.</param>
    public ExportZip(IEnumerable<ExportedFile> files, Func<ExportedFile, string> pathOf, DateTime at)
    {
        var (central, count) = (new MemoryStream(), 0);
        var time = (ushort)(at.Hour << 11 | at.Minute << 5 | at.Second / 2);
        var date = (ushort)(Math.Clamp(at.Year - 1980, 0, 127) << 9 | at.Month << 5 | at.Day);
        foreach (var file in files)
        {
            var (skipped, stored) = file.Packed ? (PackedFile.HeaderLength, file.FileBytes - PackedFile.HeaderLength - PackedFile.TrailerLength) : (0, file.FileBytes);
            var name = Encoding.UTF8.GetBytes(file.Name);
            var isLarge = stored >= Full || file.Length >= Full;
            var at64 = Length >= Full;

            var fields = new BinaryWriter(central); // as in both headers
            central.Write("PK\x1\x2"u8);
            fields.Write(Version);
            var common = Common(Version, file.Packed ? Deflated : Stored, time, date, (uint)file.Crc32, isLarge ? Full : (uint)stored, isLarge ? Full : (uint)file.Length, (ushort)name.Length);
            fields.Write(common);
            fields.Write((ushort)((isLarge || at64 ? 4 : 0) + (isLarge ? 16 : 0) + (at64 ? 8 : 0)));
            fields.Write(new byte[2 + 2 + 2 + 4]); // comment, disk, attributes
            fields.Write(at64 ? Full : (uint)Length);
            fields.Write(name);
            if (isLarge || at64)
            {
                fields.Write((ushort)1);
                fields.Write((ushort)((isLarge ? 16 : 0) + (at64 ? 8 : 0)));
                if (isLarge)
                {
                    fields.Write(file.Length);
                    fields.Write(stored);
                }
                if (at64)
                    fields.Write(Length);
            }
            AddBytes([.. "PK\x3\x4"u8, .. common, .. Short(isLarge ? 20 : 0), .. name, .. isLarge ? [.. Short(1), .. Short(16), .. Long(file.Length), .. Long(stored)] : Array.Empty<byte>()]);
            Add(new(null, pathOf(file), skipped, stored));
            count++;
        }
        End(central.ToArray(), count);
    }

    /// <summary>Bytes of the whole zip.</summary>
    public long Length { get; private set; }

    /// <summary>Reads it; seekable, so that any part of it can be given out.</summary>
    public Stream Open() => new PiecesStream(_pieces);

    public async Task<byte[]> Sha256Async(CancellationToken cancellationToken)
    {
        await using var zip = Open();
        return await SHA256.HashDataAsync(zip, cancellationToken);
    }

    void End(byte[] central, int count)
    {
        var at = Length;
        AddBytes(central);
        if (at >= Full || count >= ushort.MaxValue)
        {
            var end64 = Length;
            AddBytes([.. "PK\x6\x6"u8, .. Long(44), .. Short(Version), .. Short(Version), .. new byte[8], .. Long(count), .. Long(count), .. Long(central.Length), .. Long(at)]);
            AddBytes([.. "PK\x6\x7"u8, .. new byte[4], .. Long(end64), 1, 0, 0, 0]);
        }
        var few = Short(Math.Min(count, ushort.MaxValue));
        AddBytes([.. "PK\x5\x6"u8, .. new byte[4], .. few, .. few, .. Int((uint)central.Length), .. Int((uint)Math.Min(at, Full)), 0, 0]);
    }

    void AddBytes(byte[] bytes) => Add(new(bytes, "", 0, bytes.Length));

    void Add(Piece piece)
    {
        _pieces.Add(piece);
        Length += piece.Length;
    }

    static byte[] Common(ushort version, ushort method, ushort time, ushort date, uint crc32, uint stored, uint length, ushort name) =>
        [.. Short(version), .. Short(Utf8), .. Short(method), .. Short(time), .. Short(date), .. Int(crc32), .. Int(stored), .. Int(length), .. Short(name)];

    static byte[] Short(int value) => [(byte)value, (byte)(value >> 8)];

    static byte[] Int(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    static byte[] Long(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}

/// <summary>Bytes at hand, or a part of a file.</summary>
/// <param name="Bytes">Null: of the file.</param>
/// <param name="From">Where it begins in the file.</param>
public sealed record Piece(byte[]? Bytes, string Path, long From, long Length);

/// <summary>Pieces one after the other, as one stream that can be read from anywhere; holds one file open at a time.</summary>
public sealed class PiecesStream : Stream
{
    readonly IReadOnlyList<Piece> _pieces;
    readonly long[] _starts;
    FileStream? _file;
    int _open = -1;

    public PiecesStream(IReadOnlyList<Piece> pieces)
    {
        (_pieces, _starts) = (pieces, new long[pieces.Count]);
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            _starts[piece] = Length;
            Length += pieces[piece].Length;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        var place = Array.BinarySearch(_starts, Position);
        if (place < 0)
            place = ~place - 1;
        while (Position - _starts[place] >= _pieces[place].Length) // an empty one begins where the next does
            place++;
        var (piece, inside) = (_pieces[place], Position - _starts[place]);
        buffer = buffer[..(int)Math.Min(buffer.Length, piece.Length - inside)];
        if (piece.Bytes is { } bytes)
            bytes.AsMemory((int)inside, buffer.Length).CopyTo(buffer);
        else
        {
            await OpenAsync(place);
            _file!.Position = piece.From + inside;
            await _file.ReadExactlyAsync(buffer, cancellationToken);
        }
        Position += buffer.Length;
        return buffer.Length;
    }

    async ValueTask OpenAsync(int place)
    {
        if (_open == place)
            return;
        if (_file is not null)
            await _file.DisposeAsync();
        _file = new(_pieces[place].Path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, Options = FileOptions.Asynchronous, BufferSize = 0 });
        _open = place;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file?.Dispose();
        base.Dispose(disposing);
    }
}
