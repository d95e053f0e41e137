namespace Sandbox.Check;

/// <summary>Compares the records of one collection in one zip.</summary>
sealed class ExportedCollection(
    Collection collection, Content content, Dictionary<string, string> participants, RecordCodes codes, ExportedPseudonyms pseudonyms, HashSet<(string, RecordKey)> exported, Findings findings)
{
    readonly List<(ExpectedRecord Expected, ExportedRecord Found)> _altered = [];

    public void Compare(List<ExportedRecord> found, Matching matching)
    {
        var left = new List<ExportedRecord>();
        foreach (var record in found)
            if (participants.TryGetValue(record.ParticipantCode, out var participant) && matching.Take(record, participant) is { } expected)
                Matched(expected, record, null);
            else
                left.Add(record);

        left.RemoveAll(record => TakeFromAnyone(record, matching));
        foreach (var ofOne in left.GroupBy(record => participants.GetValueOrDefault(record.ParticipantCode)).ToArray())
            if (ofOne.Key is { } participant)
                foreach (var (expected, record) in matching.TakeAlike([.. ofOne], participant))
                {
                    _altered.Add((expected, record));
                    left.Remove(record);
                    Matched(expected, record, content.Difference(expected.Parts, record.Parts));
                }
        foreach (var record in left)
            Extra(record);
        foreach (var expected in matching.Unmatched)
            Wrong(expected.Participant, expected.Key.Id, "not exported");
    }

    /// <summary>A row under a code that is not its participant's.</summary>
    bool TakeFromAnyone(ExportedRecord record, Matching matching)
    {
        foreach (var participant in matching.ParticipantsWith(record))
            if (matching.Take(record, participant) is { } expected)
            {
                Matched(expected, record, "participant: the code of another one");
                return true;
            }
        return false;
    }

    void Matched(ExpectedRecord expected, ExportedRecord found, string? difference)
    {
        exported.Add((expected.Participant, expected.Key));
        codes.Add(found, expected, difference is not null);
        difference ??= pseudonyms.Difference(Tables.Of(collection), expected, found);
        if (difference is not null)
            Wrong(expected.Participant, expected.Key.Id, difference);
    }

    void Extra(ExportedRecord record)
    {
        var participant = participants.GetValueOrDefault(record.ParticipantCode);
        if (participant is not null && OtherHalf(record, participant) is { } half)
            Wrong(participant, half.Key.Id, "device_status and its metrics under two codes");
        else if (codes.OwnerOf(record.RecordCode) is { } owner && owner.Participant == participant && owner.Key.Collection == collection)
            Wrong(participant, owner.Key.Id, "twice");
        else
        {
            exported.Add((participant ?? record.ParticipantCode, new(collection, record.RecordCode)));
            Wrong(participant ?? record.ParticipantCode, record.RecordCode, participant is null ? "a row of nobody who shares" : "a row of no record");
        }
    }

    /// <summary>A row under a wrong code is missing in one record and left over as another: both are one.</summary>
    ExpectedRecord? OtherHalf(ExportedRecord record, string participant) => _altered
        .Where(pair => pair.Expected.Participant == participant
            && record.Parts.Index().All(part => part.Item is null || pair.Found.Lacks(part.Index) && pair.Expected.Parts[part.Index] is not null))
        .Select(pair => pair.Expected)
        .MaxBy(candidate => content.Likeness(candidate.Parts, record.Parts));

    void Wrong(string participant, string record, string what) => findings.Add(participant, collection.Name, record, ExportZip.Stage, what);
}
