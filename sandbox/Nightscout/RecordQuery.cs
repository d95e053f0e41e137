using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>One list request: which records, in which order, how many (contract §1).</summary>
sealed record RecordQuery(Find Find, string SortField, bool Descending, int Count, bool IsPlain)
{
    /// <param name="fixedFind">What the path adds, as in <c>/entries/sgv</c>.</param>
    public static RecordQuery Read(
        RecordKind kind, NightscoutSite site, IQueryCollection query, DateTimeOffset now, (string Field, string Value)? fixedFind = null)
    {
        var tree = QueryTree.Parse(query);
        var find = tree["find"] as JsonObject ?? [];
        var isPlain = tree["sort"] is null && (find.Count == 0 || kind == RecordKind.Entries && find.Count == 1 && find.ContainsKey("type"));
        if (fixedFind is var (field, value))
            find[field] = value;
        var sort = (tree["sort"] as JsonObject)?.FirstOrDefault();
        return new(
            new FindReader(kind, idsAreComparable: site.IsAtLeast(15, 0, 7), now).Read(find),
            sort?.Key ?? kind.TimeField,
            sort is null || sort.Value.Value?.ToString().StartsWith('-') == true,
            CountOf(tree["count"]?.ToString(), kind, find.Count > 0, site),
            isPlain);
    }

    /// <summary>parseInt into MongoDB's limit: 0 and text mean all, a negative number means as many.</summary>
    static int CountOf(string? text, RecordKind kind, bool hasFind, NightscoutSite site)
    {
        if (!string.IsNullOrEmpty(text))
            return MomentText.ParseInt(text) is { } count and not 0 ? (int)Math.Min(Math.Abs(count), int.MaxValue) : int.MaxValue;
        if (kind == RecordKind.Treatments && !site.IsAtLeast(13, 0, 0))
            return int.MaxValue;
        var standard = hasFind ? kind.DefaultCountWithFind : kind.DefaultCount;
        return standard == 0 ? int.MaxValue : standard;
    }

    /// <param name="isThere">What else a record must be.</param>
    public List<Record> Run(SiteRecords records, Func<Record, bool>? isThere = null)
    {
        var isByTime = SortField == records.Kind.TimeField;
        var matches = records.Between(Find.Min, Find.Max, isByTime && Descending).Where(Find.Test).Where(isThere ?? (_ => true));
        if (!isByTime)
            matches = Descending ? matches.OrderByDescending(SortKey) : matches.OrderBy(SortKey);
        return [.. matches.Take(Count)];
    }

    Scalar SortKey(Record record) => RecordJson.Field(record.Json, SortField);
}
