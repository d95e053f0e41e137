using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace DataManagementApp.Exports;

/// <summary>The values of one column and row group.</summary>
public sealed class ParquetValues
{
    /// <summary>Beyond so many a dictionary saves nothing.</summary>
    const int MostInDictionary = 20_000;

    readonly ParquetColumn _column;
    readonly ArrayBufferWriter<byte> _plain = new(4096), _data = new(4096);
    readonly List<int> _isThere = [], _small = []; // 1: there is a value; bits or places in the dictionary
    readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _places = new Dictionary<byte[], int>(new SameBytes()).GetAlternateLookup<ReadOnlySpan<byte>>();

    public ParquetValues(ParquetColumn column)
    {
        _column = column;
        UsesDictionary = column.HasDictionary;
    }

    public bool UsesDictionary { get; private set; }

    public int DictionaryCount => _places.Dictionary.Count;

    public long HeldBytes => _plain.WrittenCount + 4L * (_isThere.Count + _small.Count);

    public void Null() => _isThere.Add(0);

    public void Flag(bool value)
    {
        _isThere.Add(1);
        _small.Add(value ? 1 : 0);
    }

    public void Integer(long value)
    {
        _isThere.Add(1);
        BinaryPrimitives.WriteInt64LittleEndian(_plain.GetSpan(8), value);
        _plain.Advance(8);
    }

    /// <param name="value">Days since 1970.</param>
    public void Day(int value)
    {
        _isThere.Add(1);
        BinaryPrimitives.WriteInt32LittleEndian(_plain.GetSpan(4), value);
        _plain.Advance(4);
    }

    public void Number(double value)
    {
        _isThere.Add(1);
        BinaryPrimitives.WriteDoubleLittleEndian(_plain.GetSpan(8), value);
        _plain.Advance(8);
    }

    /// <param name="value">UTF-8.</param>
    public void Text(ReadOnlySpan<byte> value)
    {
        _isThere.Add(1);
        if (!UsesDictionary)
            Put(value);
        else if (_places.TryGetValue(value, out var place))
            _small.Add(place);
        else if (DictionaryCount < MostInDictionary)
        {
            _small.Add(DictionaryCount);
            _places[value] = DictionaryCount;
            Put(value);
        }
        else
        {
            LeaveDictionary();
            Put(value);
        }
    }

    /// <summary>Valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Dictionary() => _plain.WrittenSpan;

    /// <summary>Definition levels and values; valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Data()
    {
        if (_column.IsOptional)
        {
            _data.GetSpan(4);
            _data.Advance(4); // length, known below
            Hybrid(_isThere, width: 1);
            BinaryPrimitives.WriteInt32LittleEndian(System.Runtime.InteropServices.MemoryMarshal.AsMemory(_data.WrittenMemory).Span, _data.WrittenCount - 4);
        }
        if (_column.Type == ParquetType.Boolean)
            Bits(_small, 0, _small.Count, width: 1);
        else if (UsesDictionary)
        {
            var width = Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(0, DictionaryCount - 1)));
            Byte(width);
            Hybrid(_small, width);
        }
        else
            _data.Write(_plain.WrittenSpan);
        return _data.WrittenSpan;
    }

    public void Clear()
    {
        _plain.ResetWrittenCount();
        _data.ResetWrittenCount();
        _isThere.Clear();
        _small.Clear();
        _places.Dictionary.Clear();
        UsesDictionary = _column.HasDictionary;
    }

    /// <summary>Writes the values so far as they are.</summary>
    void LeaveDictionary()
    {
        var values = new byte[DictionaryCount][];
        foreach (var (value, place) in _places.Dictionary)
            values[place] = value;
        _plain.ResetWrittenCount();
        foreach (var place in _small)
            Put(values[place]);
        _places.Dictionary.Clear();
        _small.Clear();
        UsesDictionary = false;
    }

    void Put(ReadOnlySpan<byte> value)
    {
        var to = _plain.GetSpan(4 + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(to, value.Length);
        value.CopyTo(to[4..]);
        _plain.Advance(4 + value.Length);
    }

    /// <summary>Parquet's hybrid of runs and packed bits: eight or more equal values as a run, the others in packed groups of eight.</summary>
    void Hybrid(List<int> values, int width)
    {
        for (var at = 0; at < values.Count;)
        {
            var run = Run(values, at);
            if (run >= 8 || at + run == values.Count)
            {
                Variable((uint)run << 1);
                for (var bits = 0; bits < width; bits += 8)
                    Byte(values[at] >> bits);
                at += run;
                continue;
            }
            var start = at;
            while (at < values.Count && Run(values, at) < 16)
                at += 8;
            var groups = (Math.Min(at, values.Count) - start + 7) / 8;
            Variable((uint)groups << 1 | 1);
            Bits(values, start, groups * 8, width);
            at = Math.Min(values.Count, start + groups * 8);
        }
    }

    /// <returns>How many equal values follow from there, itself included.</returns>
    static int Run(List<int> values, int at)
    {
        var end = at + 1;
        while (end < values.Count && values[end] == values[at])
            end++;
        return end - at;
    }

    /// <summary>Values beyond the last are 0.</summary>
    void Bits(List<int> values, int start, int count, int width)
    {
        var (held, bits) = (0UL, 0);
        for (var at = start; at < start + count; at++)
        {
            held |= (ulong)(uint)(at < values.Count ? values[at] : 0) << bits;
            for (bits += width; bits >= 8; bits -= 8, held >>= 8)
                Byte((int)(byte)held);
        }
        if (bits > 0)
            Byte((int)(byte)held);
    }

    void Variable(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((int)(value | 0x80));
        Byte((int)value);
    }

    void Byte(int value)
    {
        _data.GetSpan(1)[0] = (byte)value;
        _data.Advance(1);
    }

    sealed class SameBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
