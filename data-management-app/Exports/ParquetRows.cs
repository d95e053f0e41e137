using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace DataManagementApp.Exports;

/// <summary>Parquet: numbers as double, integers as 64 bits, instants in microseconds UTC, days as dates, text as UTF-8; everything but participant and record may be null.</summary>
public sealed class ParquetRows : RowWriter
{
    /// <summary>So much is kept in memory before it is written as a row group.</summary>
    const int GroupBytes = 16 * 1024 * 1024, GroupRows = 200_000;

    static readonly string[] Written = ["yyyy-MM-dd HH:mm:ss.FFFFFFzz", "yyyy-MM-dd"];

    readonly ParquetFile _file;
    readonly Cell[] _cells;

    public ParquetRows(ArrayBufferWriter<byte> buffer, bool hasRecord, IReadOnlyList<ExportColumn> columns) : base(buffer, hasRecord, columns)
    {
        _cells = [.. columns.Select(column => column.Cell)];
        _file = new(buffer, [.. AllColumns.Select(column => new ParquetColumn(column.Name, column.Cell switch
        {
            Cell.Number => ParquetType.Double,
            Cell.Integer => ParquetType.Int64,
            Cell.Flag => ParquetType.Boolean,
            Cell.Time => ParquetType.Timestamp,
            Cell.Day => ParquetType.Date,
            _ => ParquetType.Text,
        }, IsOptional: column.Name is not ("participant" or "record"), HasDictionary: column is { Cell: Cell.Text, Name: not "record" }))]);
    }

    public override void Start() => _file.Start();

    public override void Row(ReadOnlySpan<byte> participant, ReadOnlySpan<byte> record, CopyText row)
    {
        _file[0].Text(participant);
        if (First > 0)
            _file[1].Text(record);
        for (var column = 0; column < _cells.Length; column++)
            Put(_file[1 + First + column], _cells[column], row, First + column);
        if (_file.EndRow() >= GroupRows || _file.HeldBytes >= GroupBytes)
            _file.EndGroup();
    }

    public override void End() => _file.End();

    static void Put(ParquetValues to, Cell cell, CopyText row, int column)
    {
        if (row.IsNull(column))
            to.Null();
        else if (cell == Cell.Text)
            to.Text(row.Text(column));
        else if (cell == Cell.Flag)
            to.Flag(row.Raw(column) is [(byte)'t']);
        else if (cell == Cell.Number && double.TryParse(row.Raw(column), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            to.Number(number);
        else if (cell == Cell.Integer && Utf8Parser.TryParse(row.Raw(column), out long integer, out _))
            to.Integer(integer);
        else if (cell is Cell.Time or Cell.Day && TryTime(row.Raw(column), out var micros))
            if (cell == Cell.Time)
                to.Integer(micros);
            else
                to.Day((int)(micros / 86_400_000_000));
        else
            to.Null(); // infinity, and what lies beyond the years 1 to 9999
    }

    /// <param name="micros">Since 1970.</param>
    static bool TryTime(ReadOnlySpan<byte> text, out long micros)
    {
        Span<char> written = stackalloc char[40];
        DateTime time = default;
        var found = text.Length <= written.Length && Encoding.ASCII.TryGetChars(text, written, out _)
            && DateTime.TryParseExact(written[..text.Length], Written, CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out time);
        micros = found ? (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond : 0;
        return found;
    }
}
