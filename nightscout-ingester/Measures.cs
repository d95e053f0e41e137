using System.Diagnostics.Metrics;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>The numbers of copying (docs/operations.md, "Metrics").</summary>
static class Measures
{
    static readonly Histogram<double> Duration = Telemetry.Meter.CreateHistogram<double>("openaps.copying.duration", "s", "Runs of participants by how they ended",
        advice: new() { HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 1800, 3600] });

    static readonly Counter<long> Records = Telemetry.Meter.CreateCounter<long>("openaps.copying.records", "{record}", "Records read from sites");
    static readonly Counter<long> Bytes = Telemetry.Meter.CreateCounter<long>("openaps.copying.io", "By", "Bytes to and from Open Humans, and from sites");

    /// <summary>Who paused or left waits for nothing.</summary>
    const string Queue = """
        select 'openaps.copying.participants' as name, case when p.paused_at is not null then 'paused' when p.suspended_at is not null then 'suspended' else outcome end as label, count(*)::float8 as value
          from ingest.participant i left join register.participant p using (participant_id) group by 2
        union all
        select 'openaps.copying.lag', null, coalesce(extract(epoch from now() - min(i.due_at)), 0)::float8
          from ingest.participant i left join register.participant p using (participant_id)
         where i.due_at <= now() and (lease_until is null or lease_until <= now()) and p.paused_at is null and p.suspended_at is null
        """;

    public static void AddQueueGauges(this WebApplicationBuilder builder) => builder.AddGauges(Queue,
        new("openaps.copying.participants", "{participant}", "Participants by how their last run ended; waiting: none yet", "openaps.outcome"),
        new("openaps.copying.lag", "s", "How long the first participant whose copying is due has waited"));

    public static void Ended(IngestOutcome outcome, double seconds)
    {
        Duration.Record(seconds, new KeyValuePair<string, object?>("openaps.outcome", outcome.Cause.Name()));
        Records.Add(outcome.Totals.RecordsRead);
        Bytes.Add(outcome.Totals.BytesUp, new KeyValuePair<string, object?>("openaps.direction", "to open humans"));
        Bytes.Add(outcome.Totals.BytesDown, new KeyValuePair<string, object?>("openaps.direction", "from open humans"));
        Bytes.Add(outcome.Totals.Visit.Bytes, new KeyValuePair<string, object?>("openaps.direction", "from sites"));
    }
}
