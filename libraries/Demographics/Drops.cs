namespace Demographics;

/// <summary>How many rows and values were left out, by reason. Holds no values.</summary>
public sealed class Drops
{
    readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public void Add(string reason) => _counts[reason] = _counts.GetValueOrDefault(reason) + 1;

    /// <summary>Null, counted, when the value is not between the bounds (inclusive) that a living person's lies in.</summary>
    public decimal? Plausible(decimal? value, decimal least, decimal most, string what)
    {
        if (value is null || value >= least && value <= most)
            return value;
        Add($"{what}: not plausible");
        return null;
    }

    /// <summary>Counts an answer that was given and not understood.</summary>
    public T? Understood<T>(T? value, string? text, string what)
    {
        if (value is null && !string.IsNullOrWhiteSpace(text))
            Add($"{what}: not understood");
        return value;
    }
}
