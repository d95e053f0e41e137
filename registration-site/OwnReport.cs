using System.Globalization;
using Glucose;
using Npgsql;

namespace RegistrationSite;

/// <summary>Glucose of one day on the participant's clock.</summary>
/// <param name="Quarters">Mean of the readings in each of the 96 quarters of an hour from midnight, mg/dL; null where there is none.</param>
public sealed record ReportDay(DateOnly Day, GlucoseHistogram Readings, IReadOnlyList<short?> Quarters)
{
    public const int QuartersOfADay = 96;

    /// <summary>Time that readings cover, in whole quarters of an hour.</summary>
    public TimeSpan SensorTime => TimeSpan.FromMinutes(15 * Quarters.Count(mean => mean is not null));

    /// <summary>Null without readings.</summary>
    public GlucoseSummary? Summary { get; } = Readings.Count == 0 ? null : GlucoseSummary.Of(Readings);
}

/// <summary>A participant's own report on whole days, of what was copied to their account: it needs no sharing.</summary>
/// <remarks>Figures are of all readings. The daily pattern is of the means of quarters of an hour, as finer ones are not kept.</remarks>
public sealed class OwnReport
{
    /// <param name="days">Those with readings.</param>
    /// <param name="begins">Day of the first reading there is, in this period or not; null: not known.</param>
    public OwnReport(DateOnly from, DateOnly to, IEnumerable<ReportDay> days, DateOnly? begins = null)
    {
        var known = days.ToDictionary(day => day.Day);
        Days = [.. Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(from.AddDays).Select(day => known.GetValueOrDefault(day) ?? new(day, new(), new short?[ReportDay.QuartersOfADay]))];
        Begins = begins > from ? begins : null;
        var readings = new GlucoseHistogram();
        foreach (var day in Days)
            readings.Add(day.Readings);
        var worn = TimeSpan.FromTicks(Days.Sum(day => day.SensorTime.Ticks));
        Glucose = new(GlucoseSummary.Of(readings), new(readings.Count, Days.Count(day => day.Readings.Count > 0), worn, 100 * worn / TimeSpan.FromDays(Days.Count)));
        Pattern = PercentileProfile.Of([.. Enumerable.Range(0, 24).Select(OfHour)]);
    }

    /// <summary>Every day of the period, oldest first.</summary>
    public IReadOnlyList<ReportDay> Days { get; }

    /// <summary>The day that the data begins on, where that lies within the period.</summary>
    public DateOnly? Begins { get; }

    /// <summary>Those from the first reading on: a day before it lacks nothing.</summary>
    public IEnumerable<ReportDay> DaysOfData => Days.Where(day => Begins is null || day.Day >= Begins);

    public GlucoseReport Glucose { get; }

    /// <summary>By hours from midnight.</summary>
    public IReadOnlyList<ProfileStep> Pattern { get; }

    /// <summary>One row a day; glucose in mg/dL, shares in percent of the readings.</summary>
    public string DaysCsv() => Csv("day,readings,mean_mgdl,very_low_percent,low_percent,in_range_percent,high_percent,very_high_percent", DaysOfData.Select(day => day.Summary is { Bands: var bands } summary
        ? string.Create(CultureInfo.InvariantCulture, $"{day.Day:yyyy-MM-dd},{day.Readings.Count},{summary.Mean:0.0},{bands.VeryLow:0.00},{bands.Low:0.00},{bands.InRange:0.00},{bands.High:0.00},{bands.VeryHigh:0.00}")
        : $"{day.Day:yyyy-MM-dd},0,,,,,,"));

    /// <summary>One row an hour of the day; glucose in mg/dL.</summary>
    public string PatternCsv() => Csv("from,quarters_with_readings,p5_mgdl,p25_mgdl,p50_mgdl,p75_mgdl,p95_mgdl", Pattern.Select(step => step.Count == 0 ? $"{step.Start:HH:mm},0,,,,," : string.Create(CultureInfo.InvariantCulture,
        $"{step.Start:HH:mm},{step.Count},{step.Percentiles.P5:0.0},{step.Percentiles.P25:0.0},{step.Percentiles.P50:0.0},{step.Percentiles.P75:0.0},{step.Percentiles.P95:0.0}")));

    GlucoseHistogram OfHour(int hour)
    {
        var histogram = new GlucoseHistogram();
        foreach (var mean in Days.SelectMany(day => day.Quarters.Skip(4 * hour).Take(4)))
            if (mean is { } mgDl)
                histogram.Add(mgDl, 1);
        return histogram;
    }

    static string Csv(string head, IEnumerable<string> rows) => string.Concat(rows.Prepend(head).Select(row => $"{row}\r\n"));
}

/// <summary>Reads what the ingester summed up.</summary>
public sealed class OwnReports(NpgsqlDataSource db, CopyStatus status)
{
    /// <param name="to">The last day, included.</param>
    public async Task<OwnReport> ReadAsync(long participantId, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var parts = new List<(DateOnly Day, short[] Glucose, short[] Readings, short?[]? Quarters)>();
        await using var command = db.CreateCommand("""
            select local_day, glucose, readings, quarters
              from ingest.day_part where participant_id = $1 and collection = 'entries' and local_day between $2 and $3 and glucose is not null
            """);
        foreach (var value in (object[])[participantId, from, to])
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken); // not by Dapper, which reads no arrays with nulls in them
        while (await reader.ReadAsync(cancellationToken))
            parts.Add((reader.GetFieldValue<DateOnly>(0), reader.GetFieldValue<short[]>(1), reader.GetFieldValue<short[]>(2), await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetFieldValue<short?[]>(3)));
        await reader.DisposeAsync();
        var begins = await status.BeginsAsync(participantId, cancellationToken);
        return new(from, to, parts.GroupBy(part => part.Day).Select(day => // a local day has parts in two or three UTC days
        {
            var readings = new GlucoseHistogram();
            var quarters = new short?[ReportDay.QuartersOfADay];
            foreach (var part in day)
            {
                foreach (var (glucose, count) in part.Glucose.Zip(part.Readings))
                    if (Reading.IsUsable(glucose))
                        readings.Add(glucose, count);
                for (var quarter = 0; quarter < part.Quarters?.Length; quarter++)
                    if (part.Quarters[quarter] is { } mean && Reading.IsUsable(mean))
                        quarters[quarter] = mean;
            }
            return new ReportDay(day.Key, readings, quarters);
        }), begins);
    }
}
