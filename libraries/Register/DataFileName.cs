using System.Text.RegularExpressions;

namespace Register;

/// <summary>Names of data files on Open Humans (docs/data-way.md).</summary>
/// <param name="Revision">Of a whole-history file: the Unix milliseconds in its name. Of a period's file: 0, its metadata has it.</param>
public sealed partial record DataFileName(string ProjectMemberId, string Collection, Period Period, long Revision)
{
    /// <summary>The name of a period's file: <c>01234567_entries_2026-11-20.ndjson.gz</c>.</summary>
    public static string Of(string projectMemberId, string collection, Period period) => $"{projectMemberId}_{collection}_{period.Name}.ndjson.gz";

    /// <summary>Reads our own names and those of the system this one replaces: <c>1571000000000_01234567_entries.json</c>, also with <c>.gz</c>.</summary>
    /// <returns>Null when it is neither.</returns>
    public static DataFileName? TryRead(string name)
    {
        if (Ours().Match(name) is { Success: true } ours && Period.Named(ours.Groups[3].Value) is { } period && period != Period.Whole)
            return new(ours.Groups[1].Value, ours.Groups[2].Value, period, 0);
        if (Original().Match(name) is { Success: true } original && long.TryParse(original.Groups[1].Value, out var written))
            return new(original.Groups[2].Value, original.Groups[3].Value, Period.Whole, written);
        return null;
    }

    [GeneratedRegex(@"^(\d{1,16})_(entries|treatments|devicestatus|profile)_([a-z0-9-]+)\.ndjson\.gz$")]
    private static partial Regex Ours();

    [GeneratedRegex(@"^(\d{1,18})_(\d{1,16})_(entries|treatments|devicestatus|profile)\.json(\.gz)?$")]
    private static partial Regex Original();
}
