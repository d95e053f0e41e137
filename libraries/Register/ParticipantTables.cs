using Dapper;
using Npgsql;

namespace Register;

/// <summary>Every table of a schema that names participants, found in the catalogue: one that is added later is not forgotten.</summary>
public static class ParticipantTables
{
    const string Of = """
        select format('%I.%I', n.nspname, c.relname)
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          join pg_attribute a on a.attrelid = c.oid and a.attname = 'participant_id' and not a.attisdropped
         where n.nspname = @schema and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all(@except)
         order by 1
        """;

    /// <summary>Names with their schema, in order.</summary>
    /// <param name="except">Tables, without the schema, that are left out.</param>
    public static async Task<IReadOnlyList<string>> NamesAsync(NpgsqlConnection connection, string schema, string[] except, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<string>(new CommandDefinition(Of, new { schema, except }, cancellationToken: cancellationToken))];

    /// <summary>Deletes the participant's rows, in the caller's transaction.</summary>
    /// <param name="except">Tables, without the schema, that keep theirs.</param>
    /// <returns>How many rows.</returns>
    public static async Task<long> RemoveAsync(NpgsqlConnection connection, string schema, long participantId, string[] except, CancellationToken cancellationToken)
    {
        var removed = 0L;
        foreach (var table in await NamesAsync(connection, schema, except, cancellationToken))
            removed += await connection.ExecuteAsync(new CommandDefinition($"delete from {table} where participant_id = @participantId",
                new { participantId }, commandTimeout: 0, cancellationToken: cancellationToken));
        return removed;
    }
}
