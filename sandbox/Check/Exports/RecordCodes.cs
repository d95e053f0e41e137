namespace Sandbox.Check;

/// <summary>Whose record each code of a zip is: one code for one record, and none that says who it is.</summary>
sealed class RecordCodes(ExpectedExport expected, Findings findings)
{
    readonly Dictionary<string, List<(ExpectedRecord Record, bool IsWrong)>> _owners = new(StringComparer.Ordinal);

    public void Add(ExportedRecord found, ExpectedRecord record, bool isWrong)
    {
        if (expected.IsName(record.Participant, found.ParticipantCode) || found.RecordCode == record.Key.Id || found.RecordCode.Length == 0)
            Wrong(record, "an identifier instead of a code");
        if (_owners.TryGetValue(found.RecordCode, out var owners))
            owners.Add((record, isWrong));
        else
            _owners.Add(found.RecordCode, [(record, isWrong)]);
    }

    /// <returns>The record with that code; null when there is none.</returns>
    public ExpectedRecord? OwnerOf(string code) => _owners.TryGetValue(code, out var owners) ? owners[0].Record : null;

    /// <summary>Of several records under one code all but one are wrong; those already found wrong are counted as those.</summary>
    public void Complete()
    {
        foreach (var owners in _owners.Values.Where(owners => owners.Count > 1))
            foreach (var (record, _) in owners.OrderBy(owner => owner.IsWrong).Skip(1))
                Wrong(record, "record: the code of another one");
    }

    void Wrong(ExpectedRecord record, string what) => findings.Add(record.Participant, record.Key.Collection.Name, record.Key.Id, ExportZip.Stage, what);
}
