using Npgsql;
using OpenHumansEtl.Derived;

namespace OpenHumansEtl.Tables;

/// <summary>A record of a batch that the tables hold.</summary>
/// <param name="Day">UTC day its rows stand on; <see cref="Register.Period.NoDay"/> without a time.</param>
/// <param name="IsFree">False: it is of another period whose file was written later, and stays as it is.</param>
public sealed record Held(string Id, string Period, long ContentHash, DateOnly Day, bool IsFree);

/// <summary>
/// Brings rows into a collection's tables: new ones by binary COPY straight into them, those that are others now by way of a temporary table with the columns of
/// the collection's first table (many times as fast as an insert with conflict handling). Rows that are the same are not sent.
/// </summary>
public sealed class StagingTables(WarehouseTables tables)
{
    readonly Table _main = tables.Tables[0];
    bool _areScattered;

    string Stage => $"pg_temp.stage_{_main.Name}";

    public string Create => $"""
        create temporary table if not exists stage_{_main.Name} on commit delete rows as select {_main.ColumnList} from openaps.{_main.Name} with no data;
        create index if not exists stage_{_main.Name}_id on {Stage} ({_main.Key});

        """;

    /// <summary>Sends rows to the tables themselves.</summary>
    /// <exception cref="PostgresException">23505: a table holds a row of them already.</exception>
    public Task SendDirectAsync(NpgsqlConnection connection, CopyRows[] rows, CancellationToken cancellationToken) => SendAsync(connection, rows, _ => null, cancellationToken);

    async Task SendAsync(NpgsqlConnection connection, CopyRows[] rows, Func<Table, Func<int, bool>?> includes, CancellationToken cancellationToken)
    {
        foreach (var (table, rowsOfTable) in tables.Tables.Zip(rows))
            await rowsOfTable.SendAsync(connection, CopyTo($"openaps.{table.Name}", table), includes(table), cancellationToken);
    }

    static string CopyTo(string target, Table table) => $"copy {target} ({table.ColumnList}) from stdin (format binary)";

    /// <summary>
    /// Looks records up. Identifiers that MongoDB makes rise with time: between the least and the greatest of a batch the tables hold few or none, and those are read at once.
    /// Where they hold many (UUIDs, an edited history), each is looked up, and so it is for the rest of the file.
    /// </summary>
    public async Task<List<Held>> FindAsync(NpgsqlConnection connection, long participantId, string period, DateTime writtenAt, string[] ids, CancellationToken cancellationToken)
    {
        var most = ids.Length / 4 + 1;
        if (!_areScattered && await FindAsync("(select min(id) as least, max(id) as greatest from unnest($5) as ids (id)) as s", $"t.{_main.Key} >= s.least and t.{_main.Key} <= s.greatest limit $6", most) is var between
            && between.Count < most)
            return between.Join(ids, record => record.Id, id => id, (record, _) => record, StringComparer.Ordinal).ToList();
        _areScattered = true;
        return await FindAsync("unnest($5) as s (id)", $"t.{_main.Key} = s.id limit $6", 1); // with a limit the planner does not read all of the participant's rows instead

        async Task<List<Held>> FindAsync(string sought, string condition, int limit)
        {
            await using var command = new NpgsqlCommand($"""
                select held.*
                  from {sought}
                 cross join lateral (
                       select t.{_main.Key}, t.period, t.content_hash, coalesce((t.{tables.Time} at time zone 'UTC')::date, '-infinity'), {MayTakeOver}
                         from openaps.{_main.Name} t where t.participant_id = $1 and {condition}) held
                """, connection)
            {
                CommandTimeout = 0,
                Parameters =
                {
                    new() { Value = participantId }, new() { Value = period }, new() { Value = tables.Collection }, new() { Value = writtenAt }, new() { Value = ids }, new() { Value = limit },
                },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var held = new List<Held>();
            while (await reader.ReadAsync(cancellationToken))
                held.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<DateOnly>(3), reader.GetBoolean(4)));
            return held;
        }
    }

    /// <summary>
    /// Inserts the records that the tables do not hold and replaces those that are others now. A record that another period's file, written later, also holds
    /// stays that period's: files of one participant can be loaded in any order.
    /// </summary>
    /// <param name="held">Numbers of the records that the first table holds.</param>
    /// <param name="replaced">Of those that are others now: id and number.</param>
    public async Task MergeAsync(NpgsqlConnection connection, long participantId, CopyRows[] rows, IReadOnlySet<int> held, IReadOnlyDictionary<string, int> replaced, CancellationToken cancellationToken)
    {
        var others = replaced.Values.ToHashSet();
        if (others.Count > 0)
        {
            string[] ids = [.. replaced.Keys];
            await rows[0].SendAsync(connection, CopyTo(Stage, _main), others.Contains, cancellationToken);
            await UpdateAsync(connection, participantId, ids, cancellationToken);
            foreach (var table in tables.Tables.Skip(1)) // a record may have a row here now that had none, and the other way round
                await ExecuteAsync(connection, $"delete from openaps.{table.Name} where participant_id = $1 and {table.Key} = any($2)", [participantId, ids], cancellationToken);
        }
        await SendAsync(connection, rows, table => table == _main ? record => !held.Contains(record) : record => !held.Contains(record) || others.Contains(record), cancellationToken);
    }

    /// <summary>With an index: a table that is being filled misleads the planner, and no join may end in scans.</summary>
    Task UpdateAsync(NpgsqlConnection connection, long participantId, string[] ids, CancellationToken cancellationToken)
    {
        var names = string.Join(", ", _main.Columns.Select(column => $"\"{column.Name}\""));
        var values = string.Join(", ", _main.Columns.Select(column => $"s.\"{column.Name}\""));
        return ExecuteAsync(connection, $"""
            update openaps.{_main.Name} t set period = s.period, content_hash = s.content_hash, ({names}) = row({values})
              from {Stage} s
             where t.participant_id = $1 and t.{_main.Key} = any($2) and s.{_main.Key} = t.{_main.Key}
            """, [participantId, ids], cancellationToken);
    }

    /// <summary>Removes the rows of records that the file holds as deleted at the source, also those that another period's file, written before, holds alive.</summary>
    public async Task DeleteAsync(NpgsqlConnection connection, long participantId, string period, DateTime writtenAt, string[] ids, CancellationToken cancellationToken)
    {
        if (ids.Length > 0)
            await DirtyDays.DeleteAsync(connection, participantId, tables, table => $"t.{table.Key} = any($5) and {MayTakeOver}", [period, tables.Collection, writtenAt, ids], cancellationToken);
    }

    /// <summary>Of a row t: it is of this period ($2), or of one whose file was written before this one ($4).</summary>
    const string MayTakeOver = """
        (t.period = $2 or not exists (
            select from openaps.loaded_period p where p.participant_id = $1 and p.collection = $3 and p.period = t.period and p.written_at > $4))
        """;

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
