using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>An offset that records of a day carry, in [<paramref name="FromUtc"/>, <paramref name="ToUtc"/>).</summary>
public readonly record struct Sighting(DateTime FromUtc, DateTime ToUtc, int OffsetMinutes);

/// <summary>The table <c>openaps.utc_offset_seen</c>; every method is part of the caller's transaction.</summary>
static class OffsetSightings
{
    /// <summary>Records the rarer offset of a day needs to count, unless the day next to it has it too: half an hour of readings. An edited record carries 0.</summary>
    const int Significant = 6;

    /// <summary>Counts the offsets of a collection's UTC days anew.</summary>
    public static async Task RefreshAsync(NpgsqlConnection connection, long participantId, string collection, DateOnly[] days, CancellationToken cancellationToken)
    {
        var (table, time, source) = collection switch
        {
            "entries" => ("entries", "date", "device"),
            "treatments" => ("treatments", "created_at", "entered_by"),
            _ => ("device_status", "created_at", "device"),
        };
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        batch.BatchCommands.Add(new("delete from openaps.utc_offset_seen where participant_id = $1 and collection = $2 and day = any($3)")
        {
            Parameters = { new() { Value = participantId }, new() { Value = collection }, new() { Value = days } },
        });
        foreach (var (from, to) in days.Spans())
            batch.BatchCommands.Add(new($"""
                insert into openaps.utc_offset_seen (participant_id, collection, day, source, utc_offset, records, first_at, last_at)
                select $1, $2, ({time} at time zone 'UTC')::date, coalesce({source}, ''), utc_offset, count(*), min({time}), max({time})
                  from openaps.{table}
                 where participant_id = $1 and {time} >= $3 and {time} < $4 and utc_offset between -720 and 840 and utc_offset % 15 = 0
                 group by 3, 4, 5
                """)
            {
                Parameters = { new() { Value = participantId }, new() { Value = collection }, new() { Value = from }, new() { Value = to } },
            });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What records tell, ascending, without overlap: one offset for a UTC day, or two where the clock changed within it.</summary>
    /// <remarks>What has only ever sent 0 tells nothing: Loop sends 0 everywhere.</remarks>
    public static async Task<IReadOnlyList<Sighting>> ReadAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var seen = await connection.QueryAsync<(DateTime Day, int Offset, long Records, DateTime First, DateTime Last)>(new CommandDefinition("""
            select day::timestamp, utc_offset, sum(records)::bigint, min(first_at), max(last_at)
              from openaps.utc_offset_seen
             where participant_id = @participantId and (collection, source) in (
                   select collection, source from openaps.utc_offset_seen where participant_id = @participantId group by collection, source having bool_or(utc_offset <> 0))
             group by day, utc_offset
             order by day, sum(records) desc, utc_offset
            """, new { participantId }, cancellationToken: cancellationToken));
        var days = seen.GroupBy(row => row.Day).Select(rows => rows.ToList()).ToList(); // of a day the most frequent offset first
        var sightings = new List<Sighting>();
        for (var i = 0; i < days.Count; i++)
        {
            var (start, end) = (DateTime.SpecifyKind(days[i][0].Day, DateTimeKind.Utc), DateTime.SpecifyKind(days[i][0].Day.AddDays(1), DateTimeKind.Utc));
            var two = days[i].Take(2).OrderBy(row => row.First).ToList();
            if (two is [var before, var after] && before.Last < after.First && (days[i][1].Records >= Significant || days[i][1].Offset == Neighbour(i, days[i][1] == before ? -1 : 1)))
            {
                Add(new(start, before.Last.AddTicks(10), before.Offset)); // PostgreSQL counts microseconds
                Add(new(after.First, end, after.Offset));
            }
            else
                Add(new(start, end, days[i][0].Offset));
        }
        return sightings;

        int? Neighbour(int i, int step) => i + step >= 0 && i + step < days.Count && days[i + step][0].Day == days[i][0].Day.AddDays(step) ? days[i + step][0].Offset : null;

        void Add(Sighting next)
        {
            if (sightings.Count > 0 && sightings[^1] is var last && last.ToUtc == next.FromUtc && last.OffsetMinutes == next.OffsetMinutes)
                sightings[^1] = last with { ToUtc = next.ToUtc };
            else
                sightings.Add(next);
        }
    }
}
