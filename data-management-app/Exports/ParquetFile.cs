using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace DataManagementApp.Exports;

public enum ParquetType { Boolean, Int64, Double, Text, Timestamp, Date }

/// <param name="HasDictionary">Text that repeats: each value is kept once as long as there are few.</param>
public sealed record ParquetColumn(string Name, ParquetType Type, bool IsOptional, bool HasDictionary)
{
    /// <summary>As the format numbers them.</summary>
    public int PhysicalType => Type switch
    {
        ParquetType.Boolean => 0,
        ParquetType.Date => 1, // INT32
        ParquetType.Int64 or ParquetType.Timestamp => 2, // INT64
        ParquetType.Double => 5,
        _ => 6, // BYTE_ARRAY
    };
}

/// <summary>
/// Writes flat Parquet files, as https://parquet.apache.org/docs/file-format/ has it: version 1 data pages, one a column and row group, PLAIN or dictionary encoding,
/// gzip. Memory is that of a row group.
/// </summary>
/// <param name="buffer">Where the file goes; it may be emptied between any two calls.</param>
public sealed class ParquetFile(ArrayBufferWriter<byte> buffer, IReadOnlyList<ParquetColumn> columns)
{
    const int Gzip = 2, DataPage = 0, DictionaryPage = 2, Plain = 0, Rle = 3, ByDictionary = 8;

    sealed record Chunk(int Column, long DictionaryAt, long DataAt, long Raw, long Packed);

    sealed record Group(int Rows, IReadOnlyList<Chunk> Chunks);

    readonly ParquetValues[] _values = [.. columns.Select(column => new ParquetValues(column))];
    readonly List<Group> _groups = [];
    long _at, _rows;
    int _inGroup;

    /// <summary>Takes the value of a column of the present row; each column takes one.</summary>
    public ParquetValues this[int column] => _values[column];

    /// <summary>Held back until <see cref="EndGroup"/>.</summary>
    public long HeldBytes
    {
        get
        {
            var held = 0L;
            foreach (var values in _values)
                held += values.HeldBytes;
            return held;
        }
    }

    public void Start() => Put("PAR1"u8);

    /// <returns>Rows in the present group.</returns>
    public int EndRow()
    {
        _rows++;
        return ++_inGroup;
    }

    public void EndGroup()
    {
        if (_inGroup == 0)
            return;
        var chunks = new List<Chunk>();
        for (var column = 0; column < columns.Count; column++)
        {
            var (values, start, dictionaryAt, raw) = (_values[column], _at, -1L, 0L);
            if (values.UsesDictionary)
            {
                dictionaryAt = _at;
                raw += Page(values.Dictionary(), DictionaryPage, values.DictionaryCount, Plain);
            }
            var dataAt = _at;
            raw += Page(values.Data(), DataPage, _inGroup, values.UsesDictionary ? ByDictionary : Plain);
            chunks.Add(new(column, dictionaryAt, dataAt, raw, _at - start));
            values.Clear();
        }
        _groups.Add(new(_inGroup, chunks));
        _inGroup = 0;
    }

    public void End()
    {
        EndGroup();
        var footer = new ThriftWriter();
        footer.Integer(1, 1); // version of the format
        footer.List(2, columns.Count + 1, ThriftWriter.StructType);
        footer.Enter();
        footer.Text(4, "schema");
        footer.Integer(5, columns.Count);
        footer.Leave();
        foreach (var column in columns)
            Schema(footer, column);
        footer.Long(3, _rows);
        footer.List(4, _groups.Count, ThriftWriter.StructType);
        foreach (var group in _groups)
            RowGroup(footer, group);
        footer.Text(6, "Diabetes data commons"); // what wrote it
        footer.Leave();
        Put(footer.Written);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Written.Length);
        Put(length);
        Put("PAR1"u8);
    }

    static void Schema(ThriftWriter footer, ParquetColumn column)
    {
        footer.Enter();
        footer.Integer(1, column.PhysicalType);
        footer.Integer(3, column.IsOptional ? 1 : 0);
        footer.Text(4, column.Name);
        switch (column.Type)
        {
            case ParquetType.Text:
                footer.Integer(6, 0); // UTF8
                footer.Struct(10);
                footer.Struct(1);
                footer.Leave();
                footer.Leave();
                break;
            case ParquetType.Date:
                footer.Integer(6, 6);
                footer.Struct(10);
                footer.Struct(6);
                footer.Leave();
                footer.Leave();
                break;
            case ParquetType.Timestamp:
                footer.Integer(6, 10); // TIMESTAMP_MICROS
                footer.Struct(10);
                footer.Struct(8);
                footer.True(1); // UTC
                footer.Struct(2);
                footer.Struct(2); // microseconds
                footer.Leave();
                footer.Leave();
                footer.Leave();
                footer.Leave();
                break;
        }
        footer.Leave();
    }

    void RowGroup(ThriftWriter footer, Group group)
    {
        footer.Enter();
        footer.List(1, group.Chunks.Count, ThriftWriter.StructType);
        foreach (var chunk in group.Chunks)
        {
            var (column, hasDictionary) = (columns[chunk.Column], chunk.DictionaryAt >= 0);
            footer.Enter();
            footer.Long(2, hasDictionary ? chunk.DictionaryAt : chunk.DataAt);
            footer.Struct(3);
            footer.Integer(1, column.PhysicalType);
            footer.List(2, hasDictionary ? 3 : 2, ThriftWriter.IntegerType);
            footer.Element(Plain);
            footer.Element(Rle);
            if (hasDictionary)
                footer.Element(ByDictionary);
            footer.List(3, 1, ThriftWriter.BinaryType);
            footer.Element(column.Name);
            footer.Integer(4, Gzip);
            footer.Long(5, group.Rows);
            footer.Long(6, chunk.Raw);
            footer.Long(7, chunk.Packed);
            footer.Long(9, chunk.DataAt);
            if (hasDictionary)
                footer.Long(11, chunk.DictionaryAt);
            footer.Leave();
            footer.Leave();
        }
        footer.Long(2, group.Chunks.Sum(chunk => chunk.Raw));
        footer.Long(3, group.Rows);
        footer.Leave();
    }

    /// <returns>Bytes before packing, with the page's header.</returns>
    long Page(ReadOnlySpan<byte> raw, int kind, int count, int encoding)
    {
        using var packed = new MemoryStream(raw.Length / 3 + 64);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(raw); // an empty page too: a gzip stream of nothing
        if (packed.Length == 0)
            packed.Write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var header = new ThriftWriter();
        header.Integer(1, kind);
        header.Integer(2, raw.Length);
        header.Integer(3, (int)packed.Length);
        header.Struct(kind == DataPage ? 5 : 7);
        header.Integer(1, count);
        header.Integer(2, encoding);
        if (kind == DataPage)
        {
            header.Integer(3, Rle); // of definition levels
            header.Integer(4, Rle); // of repetition levels
        }
        header.Leave();
        header.Leave();
        Put(header.Written);
        Put(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        return header.Written.Length + raw.Length;
    }

    void Put(ReadOnlySpan<byte> bytes)
    {
        buffer.Write(bytes);
        _at += bytes.Length;
    }
}

/// <summary>Thrift's compact protocol, as far as Parquet's headers and footers need it.</summary>
sealed class ThriftWriter
{
    public const int IntegerType = 5, BinaryType = 8, StructType = 12;

    const int TrueType = 1, LongType = 6, ListType = 9;

    readonly ArrayBufferWriter<byte> _bytes = new();
    readonly Stack<int> _fields = new([0]);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Integer(int field, int value)
    {
        Begin(field, IntegerType);
        Element(value);
    }

    public void Long(int field, long value)
    {
        Begin(field, LongType);
        Variable((ulong)(value << 1 ^ value >> 63));
    }

    public void True(int field) => Begin(field, TrueType);

    public void Text(int field, string value)
    {
        Begin(field, BinaryType);
        Element(value);
    }

    public void List(int field, int count, int type)
    {
        Begin(field, ListType);
        if (count < 15)
            Byte(count << 4 | type);
        else
        {
            Byte(0xF0 | type);
            Variable((ulong)count);
        }
    }

    public void Element(int value) => Variable((ulong)((long)value << 1 ^ (long)value >> 63));

    public void Element(string value)
    {
        Variable((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
    }

    public void Struct(int field)
    {
        Begin(field, StructType);
        Enter();
    }

    public void Enter() => _fields.Push(0);

    public void Leave()
    {
        Byte(0);
        _fields.Pop();
    }

    void Begin(int field, int type)
    {
        Byte(field - _fields.Pop() << 4 | type); // fields come in order, and never more than 15 apart
        _fields.Push(field);
    }

    void Variable(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((int)(value | 0x80) & 0xFF);
        Byte((int)value);
    }

    void Byte(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
    }
}
