namespace DataManagementApp.Charts;

/// <param name="Name">As it heads the column of the table and of the CSV file.</param>
/// <param name="Unit">Empty: a count or words.</param>
/// <param name="Decimals">Shown on the page and in files: what is unrounded tells more by subtraction than anybody needs.</param>
public sealed record Column(string Name, string Unit = "", int Decimals = 0)
{
    public string Heading => Unit.Length == 0 ? Name : $"{Name} ({Unit})";
}

/// <summary>How a chart's numbers came about, in plain words.</summary>
/// <param name="Words">What was done, step by step.</param>
/// <param name="Formula">As the code has it; empty: counting alone.</param>
/// <param name="Sources">Columns of schema research, as <c>view.column</c>; what each means is told by the database itself.</param>
public sealed record How(string Words, string Formula, params string[] Sources);

/// <summary>A chart as numbers: the picture, the table under it, JSON and CSV are all made of this.</summary>
/// <param name="Id">Part of addresses.</param>
/// <param name="Shape">How <c>charts.js</c> draws it.</param>
/// <param name="Summary">What a reader should see in it, in one or two sentences.</param>
/// <param name="Rows">Text, numbers or null, one for each column; a null in a row of <see cref="Hidden"/> is hidden.</param>
public sealed record Chart(string Id, string Title, string Shape, string Summary, IReadOnlyList<Column> Columns, IReadOnlyList<object?[]> Rows, How How)
{
    /// <summary>Indices of rows whose numbers are of too few participants.</summary>
    public IReadOnlySet<int> Hidden { get; init; } = new HashSet<int>();

    /// <summary>A sentence where there is nothing to draw; null: there is.</summary>
    public string? Empty { get; init; }

    /// <summary>As it leaves the portal: rounded, and of a chart with nothing to draw no number stays, nor a sentence made of them.</summary>
    public Chart Published => Empty is null ? this with { Rows = [.. Rows.Select(row => row.Select((value, i) => value is double number && double.IsFinite(number) ? Math.Round(number, Columns[i].Decimals) : value).ToArray())] }
        : this with { Summary = "", Rows = [], Hidden = new HashSet<int>() };
}

/// <summary>What a page, a JSON or a CSV answer shows.</summary>
/// <param name="Participants">Null: fewer than 5, and there are no charts.</param>
/// <param name="Problem">Why there are no charts; null: there are.</param>
public sealed record ChartSet(int? Participants, string? Problem, IReadOnlyList<Chart> Charts)
{
    public static ChartSet None(string problem) => new(null, problem, []);
}
