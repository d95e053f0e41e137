using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>The table <c>openaps.record_day</c>: how many records of which kind a participant has of a UTC day.</summary>
static class RecordDays
{
    /// <summary>Counts a collection's UTC days anew, as part of the caller's transaction.</summary>
    /// <param name="collection">entries, treatments or devicestatus.</param>
    public static async Task RefreshAsync(NpgsqlConnection connection, long participantId, string collection, DateOnly[] days, CancellationToken cancellationToken)
    {
        var (table, time, kind) = collection switch
        {
            "entries" => ("entries", "date", "openaps.device_group(device)"),
            "treatments" => ("treatments", "created_at", "coalesce(event_type, '<none>')"),
            _ => ("device_status", "created_at", "openaps.device_group(device)"),
        };
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        batch.BatchCommands.Add(new("delete from openaps.record_day where participant_id = $1 and collection = $2 and day = any($3)")
        {
            Parameters = { new() { Value = participantId }, new() { Value = collection }, new() { Value = days } },
        });
        foreach (var (from, to) in days.Spans())
            batch.BatchCommands.Add(new($"""
                insert into openaps.record_day (participant_id, day, collection, kind, records)
                select $1, ({time} at time zone 'UTC')::date, $2, {kind}, count(*)
                  from openaps.{table}
                 where participant_id = $1 and {time} >= $3 and {time} < $4
                 group by 2, 4
                """)
            {
                Parameters = { new() { Value = participantId }, new() { Value = collection }, new() { Value = from }, new() { Value = to } },
            });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
