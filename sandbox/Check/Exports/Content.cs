namespace Sandbox.Check;

/// <summary>Compares the rows of one record, expected and found, over all tables of its collection.</summary>
sealed class Content(Table[] tables)
{
    const long Prime = 1_099_511_628_211; // FNV-1a
    const long MicrosPerMillisecond = 1000;

    readonly Column[][] _columns = Array.ConvertAll(tables, ExportFile.ColumnsOf);

    /// <summary>The same for equal contents; times count to the millisecond, since they may differ by a microsecond.</summary>
    public long Hash(string?[]?[] parts)
    {
        var hash = unchecked((long)14_695_981_039_346_656_037);
        for (var part = 0; part < parts.Length; part++)
        {
            hash = (hash ^ part) * Prime;
            if (parts[part] is { } cells)
                for (var index = 0; index < cells.Length; index++)
                    hash = (hash ^ OfCell(_columns[part][index].Type, cells[index])) * Prime;
        }
        return hash;

        static long OfCell(ColumnType type, string? cell) =>
            cell is null ? -1 : type is ColumnType.Time && long.TryParse(cell, out var micros) ? micros / MicrosPerMillisecond : ExportedPseudonyms.TakenOut(type, cell)!.GetHashCode(StringComparison.Ordinal);
    }

    /// <returns>The first difference, null when there is none.</returns>
    public string? Difference(string?[]?[] expected, string?[]?[] found)
    {
        for (var part = 0; part < tables.Length; part++)
        {
            if (expected[part] is null != found[part] is null)
                return $"{tables[part].Name}: {(found[part] is null ? "no row of that code" : "a row too many")}";
            if (expected[part] is not { } cells)
                continue;
            for (var index = 0; index < cells.Length; index++)
                if (!AreEqual(_columns[part][index].Type, cells[index], found[part]![index]))
                    return $"{tables[part].Name}.{_columns[part][index].Name}: {Findings.Short(found[part]![index])} instead of {Findings.Short(cells[index])}";
        }
        return null;
    }

    /// <summary>How many cells are equal, empty ones apart.</summary>
    public int Likeness(string?[]?[] expected, string?[]?[] found)
    {
        var equal = 0;
        for (var part = 0; part < tables.Length; part++)
            if (expected[part] is { } cells && found[part] is { } others)
                for (var index = 0; index < cells.Length; index++)
                    if (cells[index] is not null && AreEqual(_columns[part][index].Type, cells[index], others[index]))
                        equal++;
        return equal;
    }

    /// <summary>Pseudonyms are others in each study: <see cref="ExportedPseudonyms"/> compares them.</summary>
    static bool AreEqual(ColumnType type, string? expected, string? found) => Cells.AreEqual(type, ExportedPseudonyms.TakenOut(type, expected), ExportedPseudonyms.TakenOut(type, found));

    /// <summary>The time of the record to the millisecond; null when it has none.</summary>
    public long? Time(string?[]?[] parts)
    {
        for (var part = 0; part < tables.Length; part++)
            if (parts[part] is { } cells && long.TryParse(cells[tables[part].TimeIndex], out var micros))
                return micros / MicrosPerMillisecond;
        return null;
    }
}
