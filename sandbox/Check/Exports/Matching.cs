namespace Sandbox.Check;

/// <summary>Pairs the records found in an export with the expected ones of the same content, and what is left with what is most like it.</summary>
sealed class Matching
{
    const int MostLookedAt = 500;

    readonly Content _content;
    readonly Dictionary<(string Participant, long Hash), List<ExpectedRecord>> _open = [];
    readonly ILookup<long, string> _participants;

    public Matching(Content content, IReadOnlyList<ExpectedRecord> expected)
    {
        _content = content;
        var hashed = expected.Select(record => (record.Participant, Hash: content.Hash(record.Parts), Record: record)).ToArray();
        foreach (var (participant, hash, record) in hashed)
            if (_open.TryGetValue((participant, hash), out var same))
                same.Add(record);
            else
                _open.Add((participant, hash), [record]);
        _participants = hashed.Select(record => (record.Hash, record.Participant)).Distinct().ToLookup(record => record.Hash, record => record.Participant);
    }

    public IEnumerable<ExpectedRecord> Unmatched => _open.Values.SelectMany(records => records);

    /// <summary>Participants who have a record of that content.</summary>
    public IEnumerable<string> ParticipantsWith(ExportedRecord found) => _participants[_content.Hash(found.Parts)];

    /// <summary>Takes the expected record of that content out; null when the participant has none left.</summary>
    public ExpectedRecord? Take(ExportedRecord found, string participant)
    {
        if (!_open.TryGetValue((participant, _content.Hash(found.Parts)), out var same))
            return null;
        var record = same.Find(record => _content.Difference(record.Parts, found.Parts) is null);
        if (record is not null)
            same.Remove(record);
        return record;
    }

    /// <summary>Pairs what is left of a participant, the most alike first.</summary>
    public List<(ExpectedRecord Expected, ExportedRecord Found)> TakeAlike(IReadOnlyList<ExportedRecord> found, string participant)
    {
        var left = Unmatched.Where(record => record.Participant == participant).ToList();
        var byTime = left.ToLookup(record => _content.Time(record.Parts));
        var alike =
            from record in found
            from candidate in _content.Time(record.Parts) is { } time && byTime.Contains(time) ? byTime[time] : left.Take(MostLookedAt)
            let likeness = _content.Likeness(candidate.Parts, record.Parts)
            where likeness > 0
            orderby likeness descending
            select (Expected: candidate, Found: record);

        var pairs = new List<(ExpectedRecord Expected, ExportedRecord Found)>();
        var (taken, paired) = (new HashSet<ExpectedRecord>(ReferenceEqualityComparer.Instance), new HashSet<ExportedRecord>(ReferenceEqualityComparer.Instance));
        foreach (var pair in alike)
        {
            if (taken.Contains(pair.Expected) || !paired.Add(pair.Found))
                continue;
            taken.Add(pair.Expected);
            pairs.Add(pair);
            _open[(participant, _content.Hash(pair.Expected.Parts))].Remove(pair.Expected);
        }
        return pairs;
    }
}
