using System.Diagnostics.Metrics;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>The numbers of loading (docs/operations.md, "Metrics").</summary>
static class Measures
{
    static readonly Histogram<double> Duration = Telemetry.Meter.CreateHistogram<double>("openaps.loading.duration", "s", "Loads of participants by how they ended",
        advice: new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 15, 60, 300, 1800] });

    static readonly Counter<long> Rows = Telemetry.Meter.CreateCounter<long>("openaps.loading.rows", "{row}", "Rows by what became of them; their rate is the rows a second");

    const string Queue = """
        select 'openaps.loading.participants' as name, outcome as label, count(*)::float8 as value from openaps.load_state group by outcome
        union all
        select 'openaps.loading.lag', null, coalesce(extract(epoch from now() - min(l.due_at)), 0)::float8
          from openaps.load_state l left join register.participant p using (participant_id)
         where l.due_at <= now() and (lease_until is null or lease_until <= now()) and p.suspended_at is null
        union all
        select 'openaps.quarantine', case field when '' then 'line' else 'field' end, sum(occurrences)::float8 from openaps.quarantine group by 2
        """;

    public static void AddQueueGauges(this WebApplicationBuilder builder) => builder.AddGauges(Queue,
        new("openaps.loading.participants", "{participant}", "Participants by how their last load ended", "openaps.outcome"),
        new("openaps.loading.lag", "s", "How long the first participant whose load is due has waited"),
        new("openaps.quarantine", "{occurrence}", "What could not be read, of the files that are loaded: whole lines, or single fields", "openaps.part"));

    public static void Stored(long loaded, long unchanged, long quarantined)
    {
        Rows.Add(loaded, new KeyValuePair<string, object?>("openaps.result", "loaded"));
        Rows.Add(unchanged, new KeyValuePair<string, object?>("openaps.result", "unchanged"));
        Rows.Add(quarantined, new KeyValuePair<string, object?>("openaps.result", "quarantined"));
    }

    public static void Ended(Outcome outcome, TimeSpan took) => Duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("openaps.outcome", outcome.ToString()));
}
