using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>A row of an exported file; both codes are the study's.</summary>
sealed record ExportedRow(string ParticipantCode, string RecordCode, string?[] Cells);

/// <summary>One file of an exported zip: a table and the range of days it covers.</summary>
sealed partial record ExportFile(string Name, Table Table, DateOnly From, DateOnly To, byte[] Bytes)
{
    static readonly Column SourceEntity = new("source_entity", ColumnType.Whole);

    /// <summary>The columns of a table as its view has them, without the two that codes stand for and those of <see cref="MadeOf"/>.</summary>
    public static Column[] ColumnsOf(Table table) => [.. table.Columns, SourceEntity];

    /// <summary>Columns behind those, made of them and of other records: not compared.</summary>
    public static string[] MadeOf(Table table) => table.Name switch
    {
        "entries" => ["sgv_mgdl", "mbg_mgdl", "glucose_unit", "glucose_unit_evidence"],
        "treatments" => ["glucose_mgdl", "target_top_mgdl", "target_bottom_mgdl", "glucose_unit", "glucose_unit_evidence"],
        _ => [],
    };

    /// <returns>Null for a file that is no table.</returns>
    public static ExportFile? Of(string name, byte[] bytes)
    {
        var parts = FileName.Match(name);
        return parts.Success && Array.Find(Tables.All, table => table.Name == parts.Groups["table"].Value) is { } table
            ? new(name, table, Day(parts.Groups["from"]), Day(parts.Groups["to"]), bytes)
            : null;
    }

    /// <summary>Whether a row of that time belongs into the file: both days are included.</summary>
    public bool Covers(string?[] cells) =>
        cells[Table.TimeIndex] is { } time && long.TryParse(time, out var micros) && Moment.Day(micros) is var day && day >= From && day <= To;

    /// <exception cref="InvalidDataException">The columns are not those of the view, or the file cannot be read.</exception>
    public IEnumerable<ExportedRow> Rows()
    {
        var columns = ColumnsOf(Table);
        string[] names = ["participant", "record", .. columns.Select(column => column.Name), .. MadeOf(Table)];
        var isHeader = true;
        foreach (var fields in Name.EndsWith(".json", StringComparison.Ordinal) ? JsonTable.Read(Bytes) : CsvTable.Read(new StreamReader(new MemoryStream(Bytes), Encoding.UTF8)))
        {
            if (isHeader && !fields.SequenceEqual(names))
                throw new InvalidDataException("The columns are not those of the view.");
            if (!isHeader && fields.Length != names.Length)
                throw new InvalidDataException($"A row has {fields.Length} fields instead of {names.Length}.");
            if (!isHeader)
                yield return new(fields[0], fields[1], [.. columns.Select((column, index) => Cells.Found(column.Type, fields[index + 2]))]);
            isHeader = false;
        }
    }

    static DateOnly Day(Group day) => DateOnly.ParseExact(day.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<table>[a-z_]+)_(?<from>\d{4}-\d\d-\d\d)_(?<to>\d{4}-\d\d-\d\d)\.(csv|json)$", RegexOptions.ExplicitCapture)]
    static partial Regex FileName { get; }
}
