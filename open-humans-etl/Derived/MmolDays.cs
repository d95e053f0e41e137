using Npgsql;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl.Derived;

/// <summary>
/// Finds days on which a device's entries are in mmol/L (<c>openaps.mmol_day</c>), against Nightscout's rule that entries are in mg/dL: none above 33.3, and at
/// least half of them with decimals. Readings with decimals that are too low for mg/dL, on days that do not fit, go to quarantine: their unit is not certain.
/// </summary>
static class MmolDays
{
    /// <summary>Of an entry e with its row m of openaps.mmol_day, if there is one: sensor glucose in mg/dL.</summary>
    public const string SgvMgDl = "case when m.day is null then e.sgv else round(e.sgv * 18.01559, 2) end";

    /// <summary>As <see cref="SgvMgDl"/>, of readings of any kind.</summary>
    public const string ReadingMgDl = "case when m.day is null then coalesce(e.sgv, e.mbg) else round(coalesce(e.sgv, e.mbg) * 18.01559, 2) end";

    /// <summary>Of an entry e.</summary>
    public const string Join = """
        left join openaps.mmol_day m on m.participant_id = e.participant_id and m.day = (e.date at time zone 'UTC')::date and m.device = coalesce(e.device, '')
                                    and coalesce(e.sgv, e.mbg) > 0 and coalesce(e.sgv, e.mbg) < 39
        """;

    const string Sql = $"""
        with suspect as materialized (
            select distinct date_trunc('day', e.date, 'UTC') as start, coalesce(e.device, '') as device
              from openaps.entries e cross join lateral (select coalesce(e.sgv, e.mbg) as value) v
             where e.participant_id = $1 and e.date >= $2 and e.date < $3 and value > 0 and value < 39 and value <> trunc(value) and coalesce(lower(e.type), 'sgv') in ('sgv', 'mbg')),
        seen as materialized (
            select (start at time zone 'UTC')::date as day, device, sums.*
              from suspect cross join lateral (
                select count(*) as readings, count(*) filter (where value <> trunc(value)) as with_decimals, count(*) filter (where value <> trunc(value) and value < 39) as low, max(value) as highest
                  from openaps.entries e cross join lateral (select coalesce(e.sgv, e.mbg) as value) v
                 where e.participant_id = $1 and e.date >= start and e.date < start + interval '24 hours' and coalesce(e.device, '') = suspect.device
                   and value > 0 and coalesce(lower(e.type), 'sgv') in ('sgv', 'mbg')) as sums),
        mmol as (
            insert into openaps.mmol_day (participant_id, day, device, readings, with_decimals)
            select $1, day, device, readings, with_decimals from seen where highest <= 33.3 and with_decimals * 2 >= readings
            returning day, device)
        insert into openaps.quarantine (participant_id, file_key, collection, line, field, reason, occurrences)
        select $1, 'day:' || to_char(day, 'YYYY-MM-DD'), 'entries', 0, 'sgv', '{Reason.UnitNotCertain}', sum(low)
          from seen where not exists (select from mmol where mmol.day = seen.day and mmol.device = seen.device)
         group by day
        """;

    /// <param name="days">UTC days whose entries changed.</param>
    public static async Task RunAsync(NpgsqlConnection connection, long participantId, IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        var changed = days.Order().ToArray();
        if (changed.Length == 0)
            return;
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var sql in (string[])["delete from openaps.mmol_day where participant_id = $1 and day = any($2)",
            "delete from openaps.quarantine where participant_id = $1 and collection = 'entries' and file_key in (select 'day:' || to_char(day, 'YYYY-MM-DD') from unnest($2) as d (day))"])
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = participantId }, new() { Value = changed } } });
        foreach (var (from, to) in changed.Spans())
            batch.BatchCommands.Add(new(Sql) { Parameters = { new() { Value = participantId }, new() { Value = from }, new() { Value = to } } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
