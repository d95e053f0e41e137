using Npgsql;
using NpgsqlTypes;

namespace OpenHumansEtl.Tables;

/// <summary>How many rows a merge changed.</summary>
/// <param name="Loaded">Inserted or updated.</param>
public sealed record Merged(long Staged, long Loaded)
{
    public long Unchanged => Staged - Loaded;
}

/// <summary>
/// A temporary table as wide as all tables of a collection together: filled by binary COPY, then merged into them by anti-join insert and
/// update where the content differs (stack: five times an insert with conflict handling).
/// </summary>
public sealed class StagingTable(WarehouseTables tables)
{
    readonly string _name = $"pg_temp.stage_{tables.Collection}";

    static string Stage(int table, Column column) => $"c{table}_{column.Name}";

    string Columns => string.Join(", ", tables.Tables.SelectMany((table, at) => table.Columns.Select(column => Stage(at, column))));

    public string Create => $"""
        create temporary table if not exists stage_{tables.Collection} (
            id text not null, line bigint not null, content_hash bigint not null,
            {string.Concat(tables.Tables.Select((table, at) => $"has{at} boolean not null, " + string.Concat(table.Columns.Select(column => $"{Stage(at, column)} {SqlType(column)}, "))))}
            repeated boolean not null default false
        ) on commit delete rows;
        create index if not exists stage_{tables.Collection}_id on {_name} (id);
        """; // the index because the statistics of a table that is being filled mislead the planner: no join may end in scans

    public string Copy => $"copy {_name} (id, line, content_hash, {string.Concat(tables.Tables.Select((_, at) => $"has{at}, "))}{Columns}) from stdin (format binary)";

    /// <summary>Not asynchronous: a value costs nanoseconds and a row has up to fifty; only a full buffer waits for the network.</summary>
    public void Write(NpgsqlBinaryImporter copy, RecordReader record, long line)
    {
        copy.StartRow();
        copy.Write(record.Id, NpgsqlDbType.Text);
        copy.Write(line, NpgsqlDbType.Bigint);
        copy.Write(record.ContentHash, NpgsqlDbType.Bigint);
        for (var table = 0; table < tables.Tables.Length; table++)
            copy.Write(record.HasRow(table), NpgsqlDbType.Boolean);
        for (var table = 0; table < tables.Tables.Length; table++)
            for (var column = 0; column < record.Values[table].Length; column++)
                switch (record.Values[table][column])
                {
                    case null:
                        copy.WriteNull();
                        break;
                    case decimal number:
                        copy.Write(number, NpgsqlDbType.Numeric);
                        break;
                    case long integer:
                        copy.Write(integer, NpgsqlDbType.Bigint);
                        break;
                    case bool flag:
                        copy.Write(flag, NpgsqlDbType.Boolean);
                        break;
                    case DateTime time:
                        copy.Write(time, NpgsqlDbType.TimestampTz);
                        break;
                    case var text:
                        copy.Write(((string)text).Replace("\0", ""), NpgsqlDbType.Text); // PostgreSQL text holds no NUL
                        break;
                }
    }

    /// <summary>
    /// Merges what is staged. A record that another period's file, written later, also holds stays that period's: files of one participant can
    /// be loaded in any order.
    /// </summary>
    public async Task<Merged> MergeAsync(NpgsqlConnection connection, long participantId, string period, DateTime writtenAt, CancellationToken cancellationToken)
    {
        var (staged, loaded) = (0L, 0L);
        for (var at = 0; at < tables.Tables.Length; at++)
        {
            var table = tables.Tables[at];
            var names = string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));
            var values = string.Join(", ", table.Columns.Select(column => $"s.{Stage(at, column)}"));
            var inserted = await ExecuteAsync(connection, $"""
                insert into openaps.{table.Name} (participant_id, {table.Key}, period, content_hash, {names})
                select $1, s.id, $2, s.content_hash, {values} from {_name} s
                 where s.has{at} and not s.repeated
                   and not exists (select from openaps.{table.Name} t where t.participant_id = $1 and t.{table.Key} = s.id)
                """, [participantId, period], cancellationToken);
            var updated = await ExecuteAsync(connection, $"""
                update openaps.{table.Name} t
                   set period = $2, content_hash = s.content_hash, ({names}) = row({values})
                  from {_name} s
                 where t.participant_id = $1 and t.{table.Key} = s.id and s.has{at} and not s.repeated
                   and (t.period, t.content_hash) is distinct from ($2, s.content_hash)
                   and (t.period = $2 or not exists (
                        select from openaps.loaded_period p
                         where p.participant_id = $1 and p.collection = $3 and p.period = t.period and p.written_at > $4))
                """, [participantId, period, tables.Collection, writtenAt], cancellationToken);
            if (at == 0)
                (staged, loaded) = (await CountAsync(connection, cancellationToken), inserted + updated);
            else
                await ExecuteAsync(connection, $"""
                    delete from openaps.{table.Name} t using {_name} s
                     where t.participant_id = $1 and t.{table.Key} = s.id and t.period = $2 and not s.has{at} and not s.repeated
                    """, [participantId, period], cancellationToken);
        }
        return new(staged, loaded);
    }

    async Task<long> CountAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select count(*) from {_name} where not repeated", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string SqlType(Column column) => column.Type switch
    {
        NpgsqlDbType.Numeric => "numeric",
        NpgsqlDbType.Bigint => "bigint",
        NpgsqlDbType.Boolean => "boolean",
        NpgsqlDbType.TimestampTz => "timestamptz",
        _ => "text",
    };
}
