namespace Sandbox.Check;

/// <summary>The rows of one record in an export: of a device_status its own and its metrics'.</summary>
/// <param name="Parts">One row per table of the collection; null: none there.</param>
sealed record ExportedRecord(string ParticipantCode, string RecordCode, string?[]?[] Parts)
{
    public bool Lacks(int part) => Parts[part] is null;

    /// <summary>Joins the rows of a collection's tables by their codes.</summary>
    public static List<ExportedRecord> Join(Table[] tables, IReadOnlyList<ExportedRow>[] rows)
    {
        var records = rows[0].Select(row => new ExportedRecord(row.ParticipantCode, row.RecordCode, [row.Cells, .. new string?[tables.Length - 1][]])).ToList();
        for (var part = 1; part < tables.Length; part++)
        {
            var byCode = records.ToLookup(record => record.RecordCode, StringComparer.Ordinal);
            foreach (var row in rows[part])
            {
                bool IsAt(ExportedRecord record) => record.Parts[0] is { } first && first[tables[0].TimeIndex] == row.Cells[tables[part].TimeIndex];

                var open = byCode[row.RecordCode].Where(record => record.Lacks(part) && record.ParticipantCode == row.ParticipantCode).ToArray();
                var joined = Array.Find(open, IsAt) ?? open.FirstOrDefault(); // of several under one code the one of that time
                if (joined is null)
                    records.Add(joined = new(row.ParticipantCode, row.RecordCode, new string?[tables.Length][]));
                joined.Parts[part] = row.Cells;
            }
        }
        return records;
    }
}
