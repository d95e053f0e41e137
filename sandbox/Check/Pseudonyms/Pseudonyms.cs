namespace Sandbox.Check;

/// <summary>Which texts share their pseudonyms. The key is not known here, so what is checked is that one text has one pseudonym and the other way round.</summary>
enum PseudonymSpace
{
    /// <summary>device and enteredBy, which keep the recognised product; in the warehouse pseudonyms of pseudonyms.</summary>
    Name,

    /// <summary>app, which reaches the warehouse as it was sent.</summary>
    App,

    /// <summary>Identifiers and the like: nothing of them stays.</summary>
    Plain,
}

/// <summary>All pseudonyms seen of one participant at one stage, judged together at the end: the more frequent pair is the right one.</summary>
sealed class Pseudonyms
{
    readonly Dictionary<(PseudonymSpace Space, string Original), Dictionary<string, List<RecordKey>>> _seen = [];
    readonly Dictionary<(PseudonymSpace Space, string Original), string> _settled = [];

    public void See(PseudonymSpace space, string original, string pseudonym, RecordKey record)
    {
        if (!_seen.TryGetValue((space, original), out var pseudonyms))
            _seen.Add((space, original), pseudonyms = new(StringComparer.Ordinal));
        if (!pseudonyms.TryGetValue(pseudonym, out var records))
            pseudonyms.Add(pseudonym, records = []);
        records.Add(record);
    }

    /// <summary>What stands for the text; null when none was seen. To be asked after <see cref="Judge"/>.</summary>
    public string? Of(PseudonymSpace space, string original) => _settled.GetValueOrDefault((space, original));

    public IEnumerable<(RecordKey Record, string What)> Judge()
    {
        var pairs = new List<(PseudonymSpace Space, string Original, string Pseudonym, List<RecordKey> Records)>();
        foreach (var ((space, original), pseudonyms) in _seen)
        {
            var byUse = pseudonyms.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => Wrong(space, original, pair.Key) is not null).ToArray();
            _settled[(space, original)] = byUse[0].Key;
            pairs.Add((space, original, byUse[0].Key, byUse[0].Value));
            foreach (var record in byUse.Skip(1).SelectMany(pair => pair.Value))
                yield return (record, "pseudonym: the same text has another one elsewhere");
        }

        foreach (var shared in pairs.GroupBy(pair => (pair.Space, pair.Pseudonym)))
        {
            var byUse = shared.OrderByDescending(pair => pair.Records.Count).ThenByDescending(pair => pair.Original == pair.Pseudonym).ToArray();
            foreach (var record in byUse.Skip(1).SelectMany(pair => pair.Records))
                yield return (record, "pseudonym: another text has the same one");
            if (Wrong(shared.Key.Space, byUse[0].Original, shared.Key.Pseudonym) is { } what)
                foreach (var record in byUse[0].Records)
                    yield return (record, $"pseudonym: {what}");
        }
    }

    static string? Wrong(PseudonymSpace space, string original, string pseudonym) =>
        space is not PseudonymSpace.Plain ? ProductNames.Wrong(original, pseudonym)
        : !pseudonym.StartsWith('~') || !ProductNames.IsPseudonym(pseudonym[1..]) ? "not ~ and ten characters"
        : pseudonym == original ? "the text itself"
        : null;
}
