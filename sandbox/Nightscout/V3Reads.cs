namespace Sandbox;

/// <summary>Looks records up as API v3 does.</summary>
static class V3Reads
{
    /// <returns>Null when there is none of that identifier, nor of that id.</returns>
    public static Record? FindV3(this SiteRecords records, string identifier)
    {
        var wanted = Scalar.Of(identifier);
        foreach (var record in records.Between(min: null, max: null, descending: true))
            if (record.Has("identifier", wanted) || record.Has("_id", wanted))
                return record;
        return null;
    }

    /// <param name="time">Unix milliseconds.</param>
    public static IEnumerable<Record> ModifiedAfter(this SiteRecords records, long time)
    {
        var dayBefore = Scalar.Of(time - TimeSpan.MillisecondsPerDay); // generated records were written when they happened: years need not be computed
        var generated = records.Generated?.Between(dayBefore, max: null, descending: false) ?? [];
        return records.Records.Concat(generated).Where(record => V3Forms.Modified(record) > time);
    }

    /// <returns>Unix milliseconds of the newest change or event; null when there is none.</returns>
    public static double? NewestV3(this SiteRecords records)
    {
        var field = V3Forms.TimeField(records.Kind);
        var newest = records.Between(min: null, max: null, descending: true)
            .Select(record => MomentText.ParseV3(RecordJson.Field(record.Json, field))?.ToUnixTimeMilliseconds())
            .Where(time => time is not null)
            .Take(field == records.Kind.TimeField ? 1 : int.MaxValue); // sorted by it
        return newest.Select(time => (double?)time).Concat(records.Records.Select(record => V3Forms.Modified(record))).Max();
    }
}
