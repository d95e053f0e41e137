using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>Which pseudonyms of a zip stand for which of the warehouse: one for one, and none the same.</summary>
sealed partial class ExportedPseudonyms
{
    readonly Dictionary<(string Participant, string Pseudonym), string> _inZip = [], _inWarehouse = [];

    /// <summary>What is left to compare without them.</summary>
    public static string? TakenOut(ColumnType type, string? cell) => type is ColumnType.Name or ColumnType.Pseudonym && cell is not null ? Pseudonym.Replace(cell, "~") : cell;

    /// <returns>What is wrong, null when nothing is.</returns>
    public string? Difference(Table[] tables, ExpectedRecord expected, ExportedRecord found)
    {
        for (var part = 0; part < tables.Length; part++)
            if (expected.Parts[part] is { } cells && found.Parts[part] is { } others)
                for (var index = 0; index < tables[part].Columns.Length; index++)
                    if (tables[part].Columns[index].Space is not null && cells[index] is { } one && others[index] is { } other && Pseudonym.IsMatch(one))
                    {
                        if (one == other)
                            return $"{tables[part].Name}.{tables[part].Columns[index].Name}: the pseudonym of the warehouse";
                        if (!IsOf(_inZip, expected.Participant, one, other) || !IsOf(_inWarehouse, expected.Participant, other, one))
                            return $"{tables[part].Name}.{tables[part].Columns[index].Name}: the pseudonym of another one";
                    }
        return null;
    }

    static bool IsOf(Dictionary<(string, string), string> known, string participant, string one, string other) =>
        known.TryAdd((participant, one), other) || known[(participant, one)] == other;

    [GeneratedRegex("~[a-z0-9]{10}")]
    static partial Regex Pseudonym { get; }
}
