namespace Sandbox.Check;

/// <summary>What was found wrong: the first thing per record and stage, since one is enough to look at the record.</summary>
sealed class Findings
{
    const int LongestValue = 60;

    readonly HashSet<(string Participant, string Collection, string Record, string Stage)> _seen = [];
    readonly HashSet<(string Participant, string Collection, string Record)> _records = [];
    readonly List<Mismatch> _mismatches = [];

    public IReadOnlyList<Mismatch> All => _mismatches;

    public void Add(string participant, string collection, string record, string stage, string what)
    {
        if (!_seen.Add((participant, collection, record, stage)))
            return;
        _records.Add((participant, collection, record));
        _mismatches.Add(new(participant, collection, record, stage, what));
    }

    public bool Holds(string participant, string collection, string record) => _records.Contains((participant, collection, record));

    /// <summary>A value as a message shows it.</summary>
    public static string Short(string? value) =>
        value is null ? "nothing" : value.Length <= LongestValue ? value : string.Concat(value.AsSpan(0, LongestValue - 1), "…");
}
