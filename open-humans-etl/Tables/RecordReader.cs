using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenHumansEtl.AllowList;
using Register;

namespace OpenHumansEtl.Tables;

/// <summary>Why a line, or one value of it, was not loaded.</summary>
/// <param name="Field">Empty: the whole line.</param>
public sealed record Problem(string Field, string Reason);

/// <summary>
/// Turns a record, as it stands in a file, into what the warehouse keeps of it: the values of its rows and its de-identified line.
/// </summary>
public sealed class RecordReader
{
    readonly WarehouseTables _tables;
    readonly long _participantId;
    readonly Deidentifier _deidentifier;
    readonly (Column Column, int[] Slots, bool Ignored)[][] _columns;
    readonly int[] _present;
    readonly int _isValid;
    readonly byte[] _prefix;
    byte[] _line = new byte[4096];

    public RecordReader(WarehouseTables tables, long participantId, byte[] pseudonymKey)
    {
        (_tables, _participantId) = (tables, participantId);
        var paths = tables.Paths.ToList();
        _deidentifier = new(tables.Fields().WithSlots(paths), paths.Count, pseudonymKey);
        _columns = [.. tables.Tables.Select(table => table.Columns.Select(column =>
            (column, column.Paths.Select(path => paths.IndexOf(path)).ToArray(), column.Paths.Any(tables.Ignored.Contains))).ToArray())];
        _present = [.. tables.Tables.Select(table => table.Present is null ? -1 : paths.IndexOf(table.Present))];
        _isValid = paths.IndexOf("isValid");
        _prefix = Encoding.UTF8.GetBytes($"{{\"participant\":\"{participantId:x16}\",\"record\":\"{new string('0', 32)}\"");
        Values = [.. tables.Tables.Select(table => new object?[table.Columns.Length])];
    }

    public string Id { get; private set; } = "";

    /// <summary>The record was deleted at the source: it has a line in the file and no row here.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>By table and column; the array is used again for the next record.</summary>
    public object?[][] Values { get; }

    /// <summary>Whether a table gets a row of this record.</summary>
    public bool HasRow(int table) => _present[table] < 0 || _deidentifier.Values[_present[table]].Type == JsonTokenType.StartObject;

    /// <summary>De-identified, on one line, its first 77 bytes of fixed width; valid until the next record.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Changes with anything the warehouse keeps of the record.</summary>
    public long ContentHash { get; private set; }

    /// <summary>Values that are in the record and cannot be read as what they should be.</summary>
    public List<Problem> Problems { get; } = [];

    /// <returns>Null, or why the line cannot be loaded at all.</returns>
    public Problem? Read(ReadOnlyMemory<byte> record)
    {
        Problems.Clear();
        if (record.IsEmpty)
            return new("", "longer than any record");
        ReadOnlyMemory<byte> fields;
        try
        {
            fields = _deidentifier.Reduce(record.Span);
        }
        catch (JsonException)
        {
            return new("", "not a JSON object"); // the exception quotes the line
        }
        Id = _deidentifier.Id.Length > 0 ? _deidentifier.Id : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(record.Span).AsSpan(0, 16))}";
        if (Id.Length > 200)
            return new("_id", "longer than any identifier");
        IsDeleted = _deidentifier.Values[_isValid].Type == JsonTokenType.False;
        Compose(fields.Span);
        for (var table = 0; table < _columns.Length; table++)
            for (var column = 0; column < _columns[table].Length; column++)
                Values[table][column] = Take(_columns[table][column], reportProblems: table == 0 || HasRow(table));
        return null;
    }

    object? Take((Column Column, int[] Slots, bool Ignored) source, bool reportProblems)
    {
        var refused = false;
        foreach (var slot in source.Slots)
        {
            var captured = _deidentifier.Values[slot];
            if (source.Column.Convert(captured) is { } value)
                return value;
            refused |= _deidentifier.Refused[slot] || captured.Text is { Length: > 0 } and not "0";
        }
        if (refused && !source.Ignored && reportProblems && !Problems.Exists(problem => problem.Field == source.Column.Paths[0]))
            Problems.Add(new(source.Column.Paths[0], source.Column.Type == NpgsqlTypes.NpgsqlDbType.Text ? "not one of the known words" : $"not a {Noun(source.Column)}"));
        return null;
    }

    static string Noun(Column column) => column.Type switch
    {
        NpgsqlTypes.NpgsqlDbType.TimestampTz => "time",
        NpgsqlTypes.NpgsqlDbType.Boolean => "true or false",
        _ => "number",
    };

    /// <summary>Prefix with both codes, the fields, the closing brace; and the hash of all that.</summary>
    void Compose(ReadOnlySpan<byte> fields)
    {
        var length = _prefix.Length + (fields.IsEmpty ? 0 : 1 + fields.Length) + 1;
        if (_line.Length < length)
            _line = new byte[length * 2];
        _prefix.CopyTo(_line, 0);
        Encoding.ASCII.GetBytes(RecordCode.Of(_participantId, _tables.Collection, Id), _line.AsSpan()[CodeRange]);
        var at = _prefix.Length;
        if (!fields.IsEmpty)
        {
            _line[at++] = (byte)',';
            fields.CopyTo(_line.AsSpan(at));
            at += fields.Length;
        }
        _line[at] = (byte)'}';
        Line = _line.AsMemory(0, length);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Line.Span, hash);
        ContentHash = BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    /// <summary>Where the record code stands in a raw line.</summary>
    public static Range CodeRange => 44..76;
}
