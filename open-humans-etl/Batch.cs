using Nightscout;
using OpenHumansEtl.AllowList;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl;

/// <param name="Number">Of its rows, and of its line in the raw segment.</param>
/// <param name="Day">UTC; <see cref="Period.NoDay"/> without a time.</param>
readonly record struct BatchRecord(int Number, long ContentHash, DateOnly Day);

/// <summary>What some lines of a file become. Its records are numbered as the lines of the raw segment.</summary>
/// <param name="tables">How many the collection has.</param>
sealed class Batch(RecordReader record, int tables) : IDisposable
{
    public CopyRows[] Rows { get; } = [.. Enumerable.Range(0, tables).Select(_ => new CopyRows())];
    public RawSegment Raw { get; } = new();
    public ObservedFields Fields { get; } = new(record.FieldPaths);

    /// <summary>By record id; of a record that stands there several times the last one.</summary>
    public Dictionary<string, BatchRecord> Last { get; } = new(StringComparer.Ordinal);

    public HashSet<int> Repeated { get; } = [];
    public List<(long Line, Problem Problem)> BadLines { get; } = [];
    public Dictionary<Problem, (long Line, long Count)> BadFields { get; } = [];
    public List<string> Deleted { get; } = [];
    public HashSet<DateOnly> Days { get; } = [];
    public long LinesRead { get; private set; }

    /// <summary>The file goes on behind it.</summary>
    public bool More { get; private set; }

    /// <summary>Empties it, then reads lines until it is full.</summary>
    /// <param name="more">Whether <paramref name="lines"/> stands on a line.</param>
    public Batch Read(IEnumerator<RecordLine> lines, bool more, Period period, EtlOptions options)
    {
        Clear();
        for (var bytes = 0L; more && LinesRead < options.BatchLines && bytes < options.BatchBytes; more = lines.MoveNext())
        {
            LinesRead++;
            bytes += lines.Current.Json.Length;
            Add(lines.Current, period);
        }
        More = more;
        return this;
    }

    void Add(RecordLine line, Period period)
    {
        if (record.Read(line.Json) is { } problem)
        {
            BadLines.Add((line.Number, problem));
            return;
        }
        if (Last.Remove(record.Id, out var before))
        {
            Repeated.Add(before.Number);
            foreach (var rows in Rows)
                rows.Remove(before.Number);
        }
        if (record.IsDeleted)
        {
            Deleted.Add(record.Id);
            return;
        }
        var number = Raw.Add(record.Line.Span);
        Last[record.Id] = new(number, record.ContentHash, record.Day);
        record.Write(Rows, number, period.Name);
        record.CountFields(Fields);
        Days.Add(record.Day);
        foreach (var field in record.Problems)
            BadFields[field] = BadFields.TryGetValue(field, out var found) ? (found.Line, found.Count + 1) : (line.Number, 1);
    }

    void Clear()
    {
        foreach (var rows in Rows)
            rows.Clear();
        Raw.Clear();
        Fields.Clear();
        Last.Clear();
        Repeated.Clear();
        BadLines.Clear();
        BadFields.Clear();
        Deleted.Clear();
        Days.Clear();
        (LinesRead, More) = (0, false);
    }

    public void Dispose()
    {
        Raw.Dispose();
        foreach (var rows in Rows)
            rows.Dispose();
    }
}
