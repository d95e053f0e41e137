using System.Buffers.Text;
using System.Text.Json;
using OpenHumansEtl.AllowList;

namespace OpenHumansEtl.Tables;

/// <summary>The record's values that a column is worked out of, by the place of their paths among the column's.</summary>
public readonly ref struct FieldValues
{
    readonly RecordReader _record;
    readonly ReadOnlySpan<int> _slots;

    internal FieldValues(RecordReader record, ReadOnlySpan<int> slots)
    {
        _record = record;
        _slots = slots;
    }

    public int Length => _slots.Length;

    public FieldValues Slice(int start, int length) => new(_record, _slots.Slice(start, length));

    /// <summary>An object, or a value that is not null.</summary>
    public bool IsThere(int path) => _record.TypeOf(_slots[path]) != JsonTokenType.None;

    /// <summary>As UTF-8, a number or a flag as written; empty when there is none.</summary>
    public ReadOnlySpan<byte> Text(int path) => _record.TextOf(_slots[path]);

    /// <summary>True, also as text.</summary>
    public bool IsTrue(int path) => _record.TypeOf(_slots[path]) switch
    {
        JsonTokenType.True => true,
        JsonTokenType.String => Utf8Parser.TryParse(Text(path), out bool value, out var read) && value && read == Text(path).Length,
        _ => false,
    };

    /// <summary>A number, also as text; null when there is none.</summary>
    public decimal? Number(int path) => _record.NumberOf(_slots[path]);

    /// <summary>The first of the paths that holds a number; -1 when none does.</summary>
    public int FirstWithNumber()
    {
        for (var path = 0; path < Length; path++)
            if (Number(path) is not null)
                return path;
        return -1;
    }

    public decimal? FirstNumber() => FirstWithNumber() is var path and >= 0 ? Number(path) : null;

    /// <summary>What the reason says that stands there.</summary>
    public OrefReason? Reason(int path) => _record.ReasonOf(_slots[path]);

    /// <summary>Notes why a value could not be worked out.</summary>
    public void Report(Problem problem) => _record.Problems.Add(problem);
}
