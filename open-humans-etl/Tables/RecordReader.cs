using System.Buffers.Binary;
using System.Globalization;
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
public sealed class RecordReader : IDisposable
{
    readonly long _participantId;
    readonly Deidentifier _deidentifier;
    readonly (Column Column, int[] Slots, bool Ignored)[][] _columns;
    readonly int[][] _present;
    readonly int _isValid;
    readonly int[] _time;
    readonly bool _hasAnyTime;
    readonly byte[] _prefix;
    readonly RecordCode _code;
    readonly (int Record, decimal? Number)[] _numbers;
    int _record;
    byte[] _line = new byte[4096];
    (byte[] Text, OrefReason Reason) _older, _newer;

    public RecordReader(WarehouseTables tables, long participantId, byte[] pseudonymKey)
    {
        _participantId = participantId;
        _code = new(participantId, tables.Collection);
        var paths = tables.Paths.ToList();
        var fields = tables.Fields().WithSlots(paths);
        FieldPaths = fields.WithNumbers();
        _deidentifier = new(fields, paths.Count, pseudonymKey, FieldPaths.Count);
        _columns = [.. tables.Tables.Select(table => table.Columns.Select(column =>
            (column, column.Paths.Select(path => paths.IndexOf(path)).ToArray(), column.Paths.Any(tables.Ignored.Contains))).ToArray())];
        _present = [.. tables.Tables.Select(table => table.Present.Select(path => paths.IndexOf(path)).ToArray())];
        _numbers = new (int, decimal?)[paths.Count];
        _isValid = paths.IndexOf("isValid");
        var time = tables.Tables[0].Columns.Single(column => column.Name == tables.Time);
        (_time, _hasAnyTime) = ([.. time.Paths.Select(path => paths.IndexOf(path))], time.HasAnyTime);
        _prefix = Encoding.UTF8.GetBytes($"{{\"participant\":\"{participantId:x16}\",\"record\":\"{new string('0', 32)}\"");
    }

    /// <summary>Of the allow-list, by number.</summary>
    public IReadOnlyList<string> FieldPaths { get; }

    public string Id { get; private set; } = "";

    /// <summary>The record was deleted at the source: it has a line in the file and no row here.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>De-identified, on one line, its first 77 bytes of fixed width; valid until the next record.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Changes with anything the warehouse keeps of the record, and with the version of what it makes of it.</summary>
    public long ContentHash { get; private set; }

    /// <summary>Values that are in the record and cannot be read as what they should be; known when its rows are written.</summary>
    public List<Problem> Problems { get; } = [];

    /// <returns>Null, or why the line cannot be loaded at all.</returns>
    public Problem? Read(ReadOnlyMemory<byte> record)
    {
        _record++;
        Problems.Clear();
        if (record.IsEmpty)
            return new("", Reason.TooLong);
        ReadOnlyMemory<byte> fields;
        try
        {
            fields = _deidentifier.Reduce(record.Span);
        }
        catch (JsonException)
        {
            return new("", Reason.NoObject); // the exception quotes the line
        }
        Id = _deidentifier.Id.Length > 0 ? _deidentifier.Id : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(record.Span).AsSpan(0, 16))}";
        IsDeleted = _deidentifier.Values[_isValid].Type == JsonTokenType.False;
        Compose(fields.Span);
        return null;
    }

    /// <summary>The UTC day that the record's rows stand on; <see cref="Period.NoDay"/> when it has no usable time.</summary>
    public DateOnly Day
    {
        get
        {
            foreach (var slot in _time)
                if (TextOf(slot) is { IsEmpty: false } text && Column.TryReadTime(text, _hasAnyTime, out var time))
                    return DateOnly.FromDateTime(time.UtcDateTime);
            return Period.NoDay;
        }
    }

    /// <summary>Adds the record's rows, of each table it has one in.</summary>
    /// <param name="rows">By table.</param>
    /// <param name="record">Rising number of the record within them.</param>
    public void Write(CopyRows[] rows, int record, string period)
    {
        for (var table = 0; table < _columns.Length; table++)
        {
            if (!IsPresent(_present[table]))
                continue;
            var row = rows[table];
            row.Begin(record, 4 + _columns[table].Length);
            row.Integer(_participantId);
            row.Text(Id);
            row.Text(period);
            row.Integer(ContentHash);
            foreach (ref readonly var column in _columns[table].AsSpan())
                WriteValue(in column, row);
        }
    }

    bool IsPresent(int[] slots)
    {
        foreach (var slot in slots)
            if (_deidentifier.Values[slot].Type == JsonTokenType.StartObject)
                return true;
        return slots.Length == 0;
    }

    /// <summary>Counts the fields that were kept of the last record.</summary>
    public void CountFields(ObservedFields counts) => _deidentifier.CountFields(counts);

    void WriteValue(in (Column Column, int[] Slots, bool Ignored) source, CopyRows row)
    {
        var column = source.Column;
        if (column.Derive is { } derive)
        {
            derive(new(this, source.Slots), row);
            return;
        }
        var (refused, impossible) = (false, false);
        foreach (var slot in source.Slots)
        {
            if (TypeOf(slot) == JsonTokenType.None && !_deidentifier.Refused[slot]) // as most are
                continue;
            var text = TextOf(slot);
            if (column.TryWrite(text, row))
                return;
            refused |= _deidentifier.Refused[slot] || !text.IsEmpty && !text.SequenceEqual("0"u8);
            impossible |= !text.IsEmpty && column.IsImpossible(text);
        }
        row.Null();
        if ((impossible || refused && !source.Ignored) && !Problems.Exists(problem => problem.Field == column.Paths[0]))
            Problems.Add(new(column.Paths[0], impossible ? column.WhyImpossible : column.WhyUnreadable));
    }

    internal JsonTokenType TypeOf(int slot) => _deidentifier.Values[slot].Type;

    internal ReadOnlySpan<byte> TextOf(int slot) =>
        _deidentifier.Values[slot] is { Type: not (JsonTokenType.None or JsonTokenType.StartObject) } value ? _deidentifier.TextOf(value) : [];

    /// <summary>Many columns are worked out of the same number: it is read once.</summary>
    internal decimal? NumberOf(int slot)
    {
        ref var number = ref _numbers[slot];
        if (number.Record != _record)
            number = (_record, TypeOf(slot) is JsonTokenType.Number or JsonTokenType.String && decimal.TryParse(TextOf(slot), NumberStyles.Float, CultureInfo.InvariantCulture, out var read) ? read : null);
        return number.Number;
    }

    /// <summary>Many columns are worked out of a record's two reasons, which are mostly the same: they are read once.</summary>
    internal OrefReason? ReasonOf(int slot)
    {
        var text = TextOf(slot);
        if (text.IsEmpty)
            return null;
        if (text.SequenceEqual(_older.Text))
            return _older.Reason;
        if (!text.SequenceEqual(_newer.Text))
        {
            _older = _newer;
            _newer = (text.ToArray(), OrefReason.Read(Encoding.UTF8.GetString(text)));
        }
        return _newer.Reason;
    }

    public void Dispose() => _code.Dispose();

    /// <summary>Prefix with both codes, the fields, the closing brace; and the hash of all that.</summary>
    void Compose(ReadOnlySpan<byte> fields)
    {
        var length = _prefix.Length + (fields.IsEmpty ? 0 : 1 + fields.Length) + 1;
        if (_line.Length < length)
            _line = new byte[length * 2];
        _prefix.CopyTo(_line, 0);
        _code.Write(Id, _line.AsSpan()[CodeRange]);
        var at = _prefix.Length;
        if (!fields.IsEmpty)
        {
            _line[at++] = (byte)',';
            fields.CopyTo(_line.AsSpan(at));
            at += fields.Length;
        }
        _line[at] = (byte)'}';
        Line = _line.AsMemory(0, length);
        ContentHash = Hash(Line.Span) ^ SourceFile.LoaderVersion;
    }

    /// <summary>Tells one version of a record from the next. Nobody gains by two that look the same, so it need not be cryptographic.</summary>
    static long Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var rest in bytes)
            hash = Fold(hash ^ rest);
        return (long)hash;
    }

    static ulong Fold(ulong value) => Math.BigMul(value, 0x9E3779B97F4A7C15, out var low) ^ low;

    /// <summary>Where the record code stands in a raw line.</summary>
    public static Range CodeRange => 44..76;
}
