using System.Buffers;
using System.Text;

namespace DataManagementApp.Exports;

/// <summary>Kinds of values an export holds.</summary>
public enum Cell { Text, Number, Integer, Flag, Time, Day }

/// <summary>A column of a file.</summary>
public readonly record struct ExportColumn(string Name, Cell Cell);

/// <summary>Writes rows as the database gives them; whoever uses it empties the buffer now and then.</summary>
/// <param name="hasRecord">Rows begin with the record's identifier, in whose place its code is written.</param>
/// <param name="columns">After participant and record.</param>
public abstract class RowWriter(ArrayBufferWriter<byte> buffer, bool hasRecord, IReadOnlyList<ExportColumn> columns) : IDisposable
{
    /// <summary>Bytes of an instant as PostgreSQL writes it: <c>2026-01-31 12:00:00</c>, perhaps a fraction, <c>+00</c>.</summary>
    const int Seconds = 19, Zone = 3;

    protected ArrayBufferWriter<byte> Buffer => buffer;

    protected IReadOnlyList<ExportColumn> Columns => columns;

    /// <summary>Where <see cref="Columns"/> begin in a row.</summary>
    protected int First => hasRecord ? 1 : 0;

    /// <summary>Of the file.</summary>
    protected IEnumerable<ExportColumn> AllColumns => [new("participant", Cell.Text), .. hasRecord ? [new ExportColumn("record", Cell.Text)] : Array.Empty<ExportColumn>(), .. columns];

    public abstract void Start();

    /// <param name="record">Code; empty when there is none.</param>
    public abstract void Row(ReadOnlySpan<byte> participant, ReadOnlySpan<byte> record, CopyText row);

    public abstract void End();

    public virtual void Dispose() => GC.SuppressFinalize(this);

    public static RowWriter Of(string format, ArrayBufferWriter<byte> buffer, bool hasRecord, IReadOnlyList<ExportColumn> columns) => format switch
    {
        ExportFormat.Csv => new CsvRows(buffer, hasRecord, columns),
        ExportFormat.JsonTable => new JsonTableRows(buffer, hasRecord, columns),
        ExportFormat.Parquet => new ParquetRows(buffer, hasRecord, columns),
        _ => throw new ArgumentException($"{format} is no format of rows."),
    };

    protected static int Put(ReadOnlySpan<byte> bytes, Span<byte> to)
    {
        bytes.CopyTo(to);
        return bytes.Length;
    }

    /// <summary>ISO 8601, UTC, with as many digits of a second as there are; what is no instant, such as infinity, as it is.</summary>
    protected static int PutTime(ReadOnlySpan<byte> time, Span<byte> to)
    {
        time.CopyTo(to);
        if (time.Length < Seconds + Zone || time[10] != ' ' || !time.EndsWith("+00"u8))
            return time.Length;
        to[10] = (byte)'T';
        to[time.Length - Zone] = (byte)'Z';
        return time.Length - Zone + 1;
    }
}

/// <summary>RFC 4180: UTF-8, comma, a header line, CRLF, quotes only where needed; nothing between two commas is null.</summary>
public sealed class CsvRows(ArrayBufferWriter<byte> buffer, bool hasRecord, IReadOnlyList<ExportColumn> columns) : RowWriter(buffer, hasRecord, columns)
{
    static readonly SearchValues<byte> Quotable = SearchValues.Create(",\"\r\n"u8);

    /// <summary>A text with none of these is written as the database gives it.</summary>
    static readonly SearchValues<byte> Special = SearchValues.Create(",\"\r\n\\"u8);

    readonly Cell[] _cells = [.. columns.Select(column => column.Cell)];

    public override void Start() => Buffer.Write(Encoding.UTF8.GetBytes($"{string.Join(',', AllColumns.Select(column => column.Name))}\r\n"));

    public override void Row(ReadOnlySpan<byte> participant, ReadOnlySpan<byte> record, CopyText row)
    {
        var to = Buffer.GetSpan(2 * row.Length + 3 * _cells.Length + participant.Length + record.Length + 8); // every character doubled, every field quoted
        var at = Put(participant, to);
        if (First > 0)
        {
            to[at++] = (byte)',';
            at += Put(record, to[at..]);
        }
        for (var column = 0; column < _cells.Length; column++)
        {
            to[at++] = (byte)',';
            var raw = row.Raw(First + column);
            if (raw is not [(byte)'\\', (byte)'N'])
                at += _cells[column] switch
                {
                    Cell.Text when raw.Length == 0 || raw.ContainsAny(Special) => PutText(row.Text(First + column), to[at..]),
                    Cell.Time => PutTime(raw, to[at..]),
                    Cell.Flag => Put(raw is [(byte)'t'] ? "true"u8 : "false"u8, to[at..]),
                    _ => Put(raw, to[at..]),
                };
        }
        to[at++] = (byte)'\r';
        to[at++] = (byte)'\n';
        Buffer.Advance(at);
    }

    public override void End()
    {
    }

    /// <returns>Bytes written, at most two more than twice the text's.</returns>
    public static int PutText(ReadOnlySpan<byte> text, Span<byte> to)
    {
        if (text.Length > 0 && text.IndexOfAny(Quotable) < 0)
            return Put(text, to);
        var at = 0;
        to[at++] = (byte)'"';
        foreach (var octet in text)
        {
            if (octet == '"')
                to[at++] = octet;
            to[at++] = octet;
        }
        to[at++] = (byte)'"';
        return at;
    }
}

/// <summary>A JSON table as pandas writes and reads it (<c>orient="table"</c>): schema.fields and data.</summary>
public sealed class JsonTableRows(ArrayBufferWriter<byte> buffer, bool hasRecord, IReadOnlyList<ExportColumn> columns) : RowWriter(buffer, hasRecord, columns)
{
    readonly Cell[] _cells = [.. columns.Select(column => column.Cell)];
    readonly byte[][] _names = [.. columns.Select(column => Encoding.UTF8.GetBytes($",\"{column.Name}\":"))];
    bool _any;

    public override void Start() => Buffer.Write(Encoding.UTF8.GetBytes(
        $$"""{"schema":{"fields":[{{string.Join(',', AllColumns.Select(column => $$"""{"name":"{{column.Name}}",{{Type(column.Cell)}}}"""))}}],"pandas_version":"1.4.0"},"data":["""));

    public override void Row(ReadOnlySpan<byte> participant, ReadOnlySpan<byte> record, CopyText row)
    {
        var to = Buffer.GetSpan(6 * row.Length + _names.Sum(name => name.Length + 8) + participant.Length + record.Length + 64); // every character as \u0000
        var at = Put(_any ? ",{\"participant\":\""u8 : "{\"participant\":\""u8, to);
        _any = true;
        at += Put(participant, to[at..]);
        if (First > 0)
        {
            at += Put("\",\"record\":\""u8, to[at..]);
            at += Put(record, to[at..]);
        }
        to[at++] = (byte)'"';
        for (var column = 0; column < _cells.Length; column++)
        {
            at += Put(_names[column], to[at..]);
            at += row.IsNull(First + column) ? Put("null"u8, to[at..]) : Value(_cells[column], row, First + column, to[at..]);
        }
        to[at++] = (byte)'}';
        Buffer.Advance(at);
    }

    public override void End() => Buffer.Write("]}"u8);

    static int Value(Cell cell, CopyText row, int column, Span<byte> to)
    {
        switch (cell)
        {
            case Cell.Number or Cell.Integer:
                return row.Raw(column) is [.., >= (byte)'0' and <= (byte)'9'] number ? Put(number, to) : Put("null"u8, to); // JSON has no NaN
            case Cell.Flag:
                return Put(row.Raw(column) is [(byte)'t'] ? "true"u8 : "false"u8, to);
            case Cell.Text:
                return PutString(row.Text(column), to);
            default:
                to[0] = (byte)'"';
                var length = 1 + (cell == Cell.Time ? PutTime(row.Raw(column), to[1..]) : Put(row.Raw(column), to[1..]));
                to[length++] = (byte)'"';
                return length;
        }
    }

    static int PutString(ReadOnlySpan<byte> text, Span<byte> to)
    {
        var at = 0;
        to[at++] = (byte)'"';
        foreach (var octet in text)
            if (octet is (byte)'"' or (byte)'\\')
            {
                to[at++] = (byte)'\\';
                to[at++] = octet;
            }
            else if (octet < 0x20)
            {
                at += Put("\\u00"u8, to[at..]);
                to[at++] = (byte)('0' + (octet >> 4));
                to[at++] = "0123456789abcdef"u8[octet & 15];
            }
            else
                to[at++] = octet;
        to[at++] = (byte)'"';
        return at;
    }

    /// <summary>What may be null is given the pandas type that can be.</summary>
    static string Type(Cell cell) => cell switch
    {
        Cell.Number => "\"type\":\"number\"",
        Cell.Integer => "\"type\":\"integer\",\"extDtype\":\"Int64\"",
        Cell.Flag => "\"type\":\"boolean\",\"extDtype\":\"boolean\"",
        Cell.Time => "\"type\":\"datetime\"",
        _ => "\"type\":\"string\"",
    };
}
