using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Microsoft.IO;
using Npgsql;

namespace OpenHumansEtl.Tables;

/// <summary>
/// Rows of one table in the format of PostgreSQL's binary COPY (https://www.postgresql.org/docs/current/sql-copy.html). Encoded once, while a file is read;
/// sent to the table itself, or where that holds the record already and it is another now, to a staging table.
/// </summary>
public sealed class CopyRows : IDisposable
{
    static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xff, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];
    static readonly byte[] End = [0xff, 0xff];
    static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    readonly List<(int Record, long Start)> _rows = [];
    readonly HashSet<int> _removed = [];
    RecyclableMemoryStream _bytes = Buffers.New();
    byte[] _row = new byte[4096];
    int _length;

    /// <param name="record">Rising number of the record within these rows.</param>
    public void Begin(int record, int columns)
    {
        EndRow();
        _rows.Add((record, _bytes.Length));
        BinaryPrimitives.WriteInt16BigEndian(Take(2), (short)columns);
    }

    /// <summary>Leaves the record's row out, when it has one.</summary>
    public void Remove(int record)
    {
        var at = _rows.BinarySearch((record, 0), Comparer<(int Record, long Start)>.Create((one, other) => one.Record.CompareTo(other.Record)));
        if (at >= 0)
            _removed.Add(at);
    }

    public void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    public void Integer(long value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(4), 8);
        BinaryPrimitives.WriteInt64BigEndian(Take(8), value);
    }

    public void Flag(bool value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(4), 1);
        Take(1)[0] = value ? (byte)1 : (byte)0;
    }

    public void Time(DateTime utc) => Integer((utc - Epoch).Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Without the NUL characters that PostgreSQL's text cannot hold.</summary>
    public void Text(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0) || !Utf8.IsValid(text))
            text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace("\0", ""));
        BinaryPrimitives.WriteInt32BigEndian(Take(4), text.Length);
        text.CopyTo(Take(text.Length));
    }

    public void Text(string text)
    {
        Take(4);
        var start = _length;
        var written = Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetMaxByteCount(text.Length)));
        BinaryPrimitives.WriteInt32BigEndian(_row.AsSpan(start - 4), written);
        _length = start + written;
    }

    /// <summary>A decimal number, digit by digit as written; one with an exponent, or of more than 28 digits, as <see cref="decimal"/> holds it.</summary>
    /// <returns>False, and nothing was written, when it is no number.</returns>
    public bool TryNumeric(ReadOnlySpan<byte> text)
    {
        if (text.Length <= 28 && TryDigits(text))
            return true;
        Span<byte> usual = stackalloc byte[64];
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number.TryFormat(usual, out var length, default, CultureInfo.InvariantCulture) && TryDigits(usual[..length]);
    }

    public void Number(decimal number)
    {
        Span<byte> usual = stackalloc byte[64];
        number.TryFormat(usual, out var length, default, CultureInfo.InvariantCulture);
        TryDigits(usual[..length]);
    }

    bool TryDigits(ReadOnlySpan<byte> text)
    {
        var isNegative = text is [(byte)'-', ..];
        var digits = isNegative || text is [(byte)'+', ..] ? text[1..] : text;
        var point = digits.IndexOf((byte)'.');
        var whole = (point < 0 ? digits : digits[..point]).TrimStart((byte)'0');
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (digits.IsEmpty || digits.Length == 1 && point == 0 || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        // groups of four digits to both sides of the point, without groups of zeros at the ends: https://github.com/postgres/postgres, numeric_send
        Span<short> groups = stackalloc short[24];
        var count = 0;
        var weight = (whole.Length + 3) / 4 - 1;
        for (var at = whole.Length % 4 is var odd and > 0 ? odd - 4 : 0; at < whole.Length; at += 4)
            groups[count++] = Group(whole, at);
        for (var at = 0; at < fraction.Length; at += 4)
            groups[count++] = Group(fraction, at);
        var first = 0;
        for (; first < count && groups[first] == 0; first++)
            weight--;
        while (count > first && groups[count - 1] == 0)
            count--;
        var used = groups[first..Math.Max(first, count)];

        BinaryPrimitives.WriteInt32BigEndian(Take(4), 8 + 2 * used.Length);
        var number16 = Take(8 + 2 * used.Length);
        BinaryPrimitives.WriteInt16BigEndian(number16, (short)used.Length);
        BinaryPrimitives.WriteInt16BigEndian(number16[2..], (short)(used.IsEmpty ? 0 : weight));
        BinaryPrimitives.WriteUInt16BigEndian(number16[4..], isNegative && !used.IsEmpty ? (ushort)0x4000 : (ushort)0);
        BinaryPrimitives.WriteInt16BigEndian(number16[6..], (short)fraction.Length);
        for (var i = 0; i < used.Length; i++)
            BinaryPrimitives.WriteInt16BigEndian(number16[(8 + 2 * i)..], used[i]);
        return true;
    }

    /// <param name="copy"><c>copy … from stdin (format binary)</c> with the columns that were written.</param>
    /// <param name="includes">Whether a record's row is sent; null: every one is.</param>
    public async Task SendAsync(NpgsqlConnection connection, string copy, Func<int, bool>? includes, CancellationToken cancellationToken)
    {
        EndRow();
        var parts = Parts(includes ?? (_ => true)).ToList();
        if (parts.Count == 0)
            return;
        var bytes = _bytes.GetReadOnlySequence();
        await using var stream = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        await stream.WriteAsync(Header, cancellationToken);
        foreach (var (start, end) in parts)
            await SendAsync(stream, bytes.Slice(start, end - start), cancellationToken);
        await stream.WriteAsync(End, cancellationToken);
    }

    /// <summary>Bytes of rows that are sent, as few stretches as there are.</summary>
    IEnumerable<(long Start, long End)> Parts(Func<int, bool> includes)
    {
        long? start = null;
        for (var at = 0; at < _rows.Count; at++)
        {
            var isSent = !_removed.Contains(at) && includes(_rows[at].Record);
            if (isSent)
                start ??= _rows[at].Start;
            else if (start is { } from)
            {
                yield return (from, _rows[at].Start);
                start = null;
            }
        }
        if (start is { } last)
            yield return (last, _bytes.Length);
    }

    static async Task SendAsync(Stream stream, ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        foreach (var part in bytes)
            await stream.WriteAsync(part, cancellationToken);
    }

    public void Clear()
    {
        _rows.Clear();
        _removed.Clear();
        _length = 0;
        _bytes.Dispose();
        _bytes = Buffers.New();
    }

    public void Dispose() => _bytes.Dispose();

    void EndRow()
    {
        _bytes.Write(_row, 0, _length);
        _length = 0;
    }

    /// <summary>Four digits from a place on; what lies before or behind the text counts as zero.</summary>
    static short Group(ReadOnlySpan<byte> digits, int at)
    {
        var value = 0;
        for (var i = at; i < at + 4; i++)
            value = value * 10 + (i >= 0 && i < digits.Length ? digits[i] - '0' : 0);
        return (short)value;
    }

    Span<byte> Take(int length)
    {
        if (_length + length > _row.Length)
            Array.Resize(ref _row, Math.Max(_row.Length * 2, _length + length));
        _length += length;
        return _row.AsSpan(_length - length, length);
    }
}
