namespace Sandbox.Check;

enum ColumnType
{
    Number,
    Text,
    Bool,
    Time,
    Whole,

    /// <summary>A product and a pseudonym, or a pseudonym alone.</summary>
    Name,

    Pseudonym,

    /// <summary>Always null: free text.</summary>
    Nothing,
}

/// <param name="From">Paths in the record; the first that can be read counts.</param>
sealed record Column(string Name, ColumnType Type, params string[] From)
{
    public bool ZeroMeansNone { get; init; }

    /// <summary>Beyond them a number is none.</summary>
    public (decimal Least, decimal Most)? Limits { get; init; }

    /// <summary>A time is one of 2000 to 2039, or none.</summary>
    public bool HasAnyTime { get; init; }

    public Column Within(decimal least, decimal most) => this with { Limits = (least, most) };

    public PseudonymSpace? Space => Type switch
    {
        ColumnType.Name => PseudonymSpace.Name,
        ColumnType.Pseudonym => PseudonymSpace.Plain,
        _ => null,
    };

    public static Column Number(string name, params string[] from) => new(name, ColumnType.Number, from);

    public static Column Text(string name, params string[] from) => new(name, ColumnType.Text, from);

    public static Column Bool(string name, params string[] from) => new(name, ColumnType.Bool, from);

    public static Column Time(string name, params string[] from) => new(name, ColumnType.Time, from);
}

/// <summary>A table of schema openaps, and the entity of an export.</summary>
/// <param name="TimeColumn">What a range of dates selects by.</param>
/// <param name="Only">Field that must be an object for the record to have a row; null: every record has one.</param>
sealed record Table(string Name, Collection Collection, string IdColumn, string TimeColumn, string? Only, params Column[] Columns)
{
    /// <summary>One row as JSON, which keeps all digits of numerics; the connection's time zone is UTC.</summary>
    public string Sql => $"select to_jsonb(found)::text from openaps.{Name} found where participant_id = $1";

    public int TimeIndex { get; } = Array.FindIndex(Columns, column => column.Name == TimeColumn);
}
