using System.Buffers;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Kinds of values an export holds.</summary>
public enum Cell { Text, Number, Integer, Flag, Time }

/// <summary>Writes rows as they come from the database; whoever uses it empties <see cref="Buffer"/> now and then.</summary>
public abstract class RowWriter(ArrayBufferWriter<byte> buffer, IReadOnlyList<(string Name, Cell Cell)> columns) : IDisposable
{
    protected ArrayBufferWriter<byte> Buffer => buffer;

    /// <summary>After participant and record.</summary>
    protected IReadOnlyList<(string Name, Cell Cell)> Columns => columns;

    public abstract void Start();

    /// <param name="row">Its first column is the record's identifier, which is not written; the others are <see cref="Columns"/>.</param>
    public abstract void Row(string participant, string record, NpgsqlDataReader row);

    public abstract void End();

    public virtual void Dispose() => GC.SuppressFinalize(this);

    public static RowWriter Of(string format, ArrayBufferWriter<byte> buffer, IReadOnlyList<(string Name, Cell Cell)> columns) =>
        format == "csv" ? new CsvRows(buffer, columns) : new JsonTableRows(buffer, columns);

    /// <summary>ISO 8601, UTC, with as many digits of a second as there are.</summary>
    protected static string Time(DateTime time) => time.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'");
}

/// <summary>RFC 4180: UTF-8, comma, a header line, CRLF, quotes only where needed; nothing between two commas is null.</summary>
public sealed class CsvRows(ArrayBufferWriter<byte> buffer, IReadOnlyList<(string Name, Cell Cell)> columns) : RowWriter(buffer, columns)
{
    static readonly SearchValues<char> Quotable = SearchValues.Create(",\"\r\n");

    public override void Start() => Text(string.Join(',', Columns.Select(column => column.Name).Prepend("record").Prepend("participant")) + "\r\n");

    public override void Row(string participant, string record, NpgsqlDataReader row)
    {
        Text(participant);
        Text(",");
        Text(record);
        for (var column = 1; column < row.FieldCount; column++)
        {
            Text(",");
            if (!row.IsDBNull(column))
                Value(row, column);
        }
        Text("\r\n");
    }

    public override void End()
    {
    }

    void Value(NpgsqlDataReader row, int column)
    {
        switch (Columns[column - 1].Cell)
        {
            case Cell.Number:
                Format(row.GetDecimal(column));
                break;
            case Cell.Integer:
                Format(row.GetInt64(column));
                break;
            case Cell.Flag:
                Text(row.GetBoolean(column) ? "true" : "false");
                break;
            case Cell.Time:
                Text(Time(row.GetDateTime(column)));
                break;
            default:
                var text = row.GetString(column);
                Text(text.Length == 0 || text.AsSpan().ContainsAny(Quotable) ? $"\"{text.Replace("\"", "\"\"")}\"" : text);
                break;
        }
    }

    void Format<T>(T number) where T : IUtf8SpanFormattable
    {
        number.TryFormat(Buffer.GetSpan(64), out var length, default, null);
        Buffer.Advance(length);
    }

    void Text(string text) => Buffer.Advance(Encoding.UTF8.GetBytes(text, Buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}

/// <summary>A JSON table as pandas writes and reads it (<c>orient="table"</c>): schema.fields and data.</summary>
public sealed class JsonTableRows(ArrayBufferWriter<byte> buffer, IReadOnlyList<(string Name, Cell Cell)> columns) : RowWriter(buffer, columns)
{
    readonly Utf8JsonWriter _json = new(buffer, new() { SkipValidation = true });
    readonly JsonEncodedText[] _names = [.. columns.Select(column => JsonEncodedText.Encode(column.Name))];

    public override void Start()
    {
        _json.WriteStartObject();
        _json.WriteStartObject("schema");
        _json.WriteStartArray("fields");
        foreach (var (name, cell) in Columns.Prepend(("record", Cell.Text)).Prepend(("participant", Cell.Text)))
        {
            _json.WriteStartObject();
            _json.WriteString("name", name);
            _json.WriteString("type", cell switch { Cell.Number => "number", Cell.Integer => "integer", Cell.Flag => "boolean", Cell.Time => "datetime", _ => "string" });
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteStartArray("data");
        _json.Flush();
    }

    public override void Row(string participant, string record, NpgsqlDataReader row)
    {
        _json.WriteStartObject();
        _json.WriteString("participant"u8, participant);
        _json.WriteString("record"u8, record);
        for (var column = 1; column < row.FieldCount; column++)
        {
            _json.WritePropertyName(_names[column - 1]);
            if (row.IsDBNull(column))
                _json.WriteNullValue();
            else
                Value(row, column);
        }
        _json.WriteEndObject();
        _json.Flush();
    }

    public override void End()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public override void Dispose()
    {
        _json.Dispose();
        base.Dispose();
    }

    void Value(NpgsqlDataReader row, int column)
    {
        switch (Columns[column - 1].Cell)
        {
            case Cell.Number:
                _json.WriteNumberValue(row.GetDecimal(column));
                break;
            case Cell.Integer:
                _json.WriteNumberValue(row.GetInt64(column));
                break;
            case Cell.Flag:
                _json.WriteBooleanValue(row.GetBoolean(column));
                break;
            case Cell.Time:
                _json.WriteStringValue(Time(row.GetDateTime(column)));
                break;
            default:
                _json.WriteStringValue(row.GetString(column));
                break;
        }
    }
}
