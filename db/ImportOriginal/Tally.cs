namespace Db.ImportOriginal;

/// <summary>How many rows of a table were taken over and how many were left out, each with the reason in words. Holds no values.</summary>
public sealed class Tally(string what, string table)
{
    readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal), _leftOut = new(StringComparer.Ordinal);

    /// <summary>Null: the original has no such table.</summary>
    public int? Read { get; init; }

    public int Done(string how, int count = 1) => Add(_done, how, count);

    public int LeftOut(string why, int count = 1) => Add(_leftOut, why, count);

    public async Task WriteAsync(TextWriter output)
    {
        await output.WriteLineAsync(Read is { } read ? $"{what} ({table}): {read:N0} read" : $"{what}: left out, the original has no table {table}");
        foreach (var (how, count) in _done)
            await output.WriteLineAsync($"  {count,7:N0}  {how}");
        if (_leftOut.Count > 0)
            await output.WriteLineAsync("  left out:");
        foreach (var (why, count) in _leftOut)
            await output.WriteLineAsync($"  {count,7:N0}  {why}");
        await output.WriteLineAsync();
    }

    static int Add(SortedDictionary<string, int> counts, string what, int count) => count == 0 ? 0 : counts[what] = counts.GetValueOrDefault(what) + count;
}
