namespace Sandbox.Check;

/// <summary>Compares one exported zip with what it should hold. Codes cannot be computed here: rows are recognised by their content.</summary>
sealed class ExportCheck(ExpectedExport expected, long? ignoreAfter, Findings findings)
{
    readonly HashSet<(string Participant, RecordKey Record)> _exported = [];

    /// <summary>Distinct records found in the zips run so far.</summary>
    public int Exported => _exported.Count;

    public void Run(string path)
    {
        var files = new ExportZip(path, findings).Read();
        var byTable = files.ToLookup(file => file.File.Table, file => file.File);
        var groups = Array.ConvertAll(Collection.All, collection =>
        {
            var tables = Tables.Of(collection);
            var rows = Array.ConvertAll(tables, table => (IReadOnlyList<ExportedRow>)[.. files.Where(file => file.File.Table == table).SelectMany(file => file.Rows)
                .Where(row => !IsTooNew(row.Cells[table.TimeIndex]))]);
            var content = new Content(tables);
            return (Collection: collection, Content: content, Found: ExportedRecord.Join(tables, rows), Matching: new Matching(content, expected.Of(collection, byTable)));
        });
        var participants = ParticipantCodes.Assign(groups.SelectMany(group => group.Found.Select(record => (record.ParticipantCode, group.Matching.ParticipantsWith(record)))));
        var (codes, pseudonyms) = (new RecordCodes(expected, findings), new ExportedPseudonyms());
        foreach (var (collection, content, found, matching) in groups)
            new ExportedCollection(collection, content, participants, codes, pseudonyms, _exported, findings).Compare(found, matching);
        codes.Complete();
    }

    bool IsTooNew(string? time) => ignoreAfter is { } limit && long.TryParse(time, out var micros) && micros > limit;
}
