using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>A file of records in a participant's Open Humans account: docs/data-way.md §1.</summary>
sealed partial record DataFile(long Id, string Name, string Member, Collection Collection, string Period, Uri Download, JsonElement Metadata)
{
    /// <returns>Null for a file that is none of records: the address, the consent, a file of the system before.</returns>
    public static DataFile? Of(JsonElement listed)
    {
        var name = listed.GetProperty("basename").Text();
        var parts = FileName.Match(name);
        if (!parts.Success || Array.Find(Collection.All, collection => collection.Name == parts.Groups["collection"].Value) is not { } collection)
            return null;
        return new(
            listed.GetProperty("id").GetInt64(), name, parts.Groups["member"].Value, collection, parts.Groups["period"].Value,
            new Uri(listed.GetProperty("download_url").Text()), listed.GetProperty("metadata").Clone());
    }

    /// <summary>Whether a record of that time belongs into this file: the one of its UTC day or of its month.</summary>
    public bool Covers(long? time) => time is { } micros
        ? Period == Moment.Day(micros).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            || Period == Moment.Day(micros).ToString("yyyy-MM", CultureInfo.InvariantCulture)
        : Period == "undated";

    [GeneratedRegex(@"^(?<member>\d+)_(?<collection>[a-z]+)_(?<period>\d{4}-\d\d(-\d\d)?|undated)\.ndjson\.gz$", RegexOptions.ExplicitCapture)]
    static partial Regex FileName { get; }
}
