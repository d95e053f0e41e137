using Npgsql;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl.Derived;

/// <summary>The queue <c>openaps.dirty_day</c>: UTC days whose records changed since their summaries were made.</summary>
public static class DirtyDays
{
    /// <summary>Marks days as changed, in the transaction that changes them. Marking a day twice is the same as once.</summary>
    /// <param name="collection">entries, treatments, devicestatus or profile.</param>
    /// <param name="days">UTC; <see cref="Period.NoDay"/> for records without a usable time. Of a record that moved both its days.</param>
    public static async Task MarkAsync(NpgsqlConnection connection, long participantId, string collection, IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        var marked = days.Distinct().ToArray();
        if (marked.Length == 0)
            return;
        await using var command = new NpgsqlCommand("insert into openaps.dirty_day (participant_id, collection, day) select $1, $2, unnest($3) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = participantId }, new() { Value = collection }, new() { Value = marked } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes rows of a collection and marks their days.</summary>
    /// <param name="condition">SQL of which rows <c>t</c> go, by table; its parameters start at $2.</param>
    /// <param name="parameters">From $2 on.</param>
    public static async Task DeleteAsync(
        NpgsqlConnection connection, long participantId, WarehouseTables tables, Func<Table, string> condition, object[] parameters, CancellationToken cancellationToken)
    {
        foreach (var table in tables.Tables)
        {
            await using var command = new NpgsqlCommand($"""
                with gone as (delete from openaps.{table.Name} t where t.participant_id = $1 and {condition(table)} returning t.{tables.Time})
                select distinct coalesce(({tables.Time} at time zone 'UTC')::date, '-infinity') from gone
                """, connection)
            { CommandTimeout = 0 };
            foreach (var parameter in parameters.Prepend(participantId))
                command.Parameters.Add(new() { Value = parameter });
            await MarkAsync(connection, participantId, tables.Collection, await ReadAsync(command, cancellationToken), cancellationToken);
        }
    }

    /// <summary>Takes a participant's whole queue; it is empty when the caller's transaction commits.</summary>
    public static async Task<ILookup<string, DateOnly>> TakeAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from openaps.dirty_day where participant_id = $1 returning collection, day", connection) { Parameters = { new() { Value = participantId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<(string Collection, DateOnly Day)>();
        while (await reader.ReadAsync(cancellationToken))
            days.Add((reader.GetString(0), reader.GetFieldValue<DateOnly>(1)));
        return days.ToLookup(dirty => dirty.Collection, dirty => dirty.Day);
    }

    internal static async Task<List<DateOnly>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<DateOnly>();
        while (await reader.ReadAsync(cancellationToken))
            days.Add(reader.GetFieldValue<DateOnly>(0));
        return days;
    }
}
