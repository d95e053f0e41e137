using Dapper;
using Npgsql;
using Register;

namespace Bench;

/// <summary>Copies all rows of participants that were imported, so that thousands can be measured without importing thousands.</summary>
/// <remarks>A copy keeps the salt, so that digests stay valid; it has a member and a site of its own, and what is sealed is sealed for it.</remarks>
sealed class Clones(IngestSystem system)
{
    sealed record Column(string TableSchema, string TableName, string ColumnName);

    /// <summary>What a copy has of its own.</summary>
    static string Value(Column column) => (column.TableName, column.ColumnName) switch
    {
        (_, "participant_id") => "clone.id",
        ("participant", "project_member_id") => "clone.member",
        ("open_humans_token", "access_token") => "clone.access",
        ("open_humans_token", "refresh_token") => "clone.refresh",
        ("open_humans_token", "expires_at") => "clone.expires",
        ("participant", "site") => "clone.site",
        _ => $"template.{column.ColumnName}",
    };

    /// <param name="templates">Participants and the addresses their copies have, by the number of the copy.</param>
    /// <returns>How many rows were written.</returns>
    public async Task<long> MakeAsync(IReadOnlyList<(long Participant, Func<int, Uri> Site)> templates, int count, CancellationToken cancellationToken)
    {
        await using var connection = await system.Db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync("""
            set synchronous_commit = off;
            create temporary table clone (id bigint primary key, template bigint, member text, access bytea, refresh bytea, expires timestamptz, site bytea);
            """);
        await DescribeAsync(connection, templates, count, cancellationToken);
        var columns = await connection.QueryAsync<Column>("""
            select table_schema, table_name, column_name
              from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
             where table_schema in ('register', 'ingest') and table_type = 'BASE TABLE' and is_identity = 'NO' and is_generated = 'NEVER'
             order by table_schema = 'register' desc, table_name = 'participant' desc, table_name, ordinal_position
            """); // what others refer to comes first
        var rows = 0L;
        foreach (var table in columns.GroupBy(column => $"{column.TableSchema}.{column.TableName}").Where(table => table.Any(column => column.ColumnName == "participant_id")))
            rows += await connection.ExecuteAsync(new CommandDefinition($"""
                insert into {table.Key} ({string.Join(", ", table.Select(column => column.ColumnName))})
                select {string.Join(", ", table.Select(Value))}
                  from {table.Key} template join clone on clone.template = template.participant_id
                """, commandTimeout: 0, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition("drop table clone; analyze", commandTimeout: 0, cancellationToken: cancellationToken));
        return rows;
    }

    async Task DescribeAsync(NpgsqlConnection connection, IReadOnlyList<(long Participant, Func<int, Uri> Site)> templates, int count, CancellationToken cancellationToken)
    {
        var participants = new List<Participant>();
        foreach (var (participant, _) in templates)
            participants.Add(await new Participants(system.Db).FindAsync(participant, cancellationToken));
        await using var copy = await connection.BeginBinaryImportAsync("copy clone from stdin (format binary)", cancellationToken);
        for (var number = 0; number < count; number++)
        {
            var (template, salt) = (templates[number % templates.Count], participants[number % templates.Count].Salt);
            var (id, member) = (1_000_000_000_000_000L + number, system.Sandbox.OpenHumans.AddMember()); // above the 48 bits of real ones
            var pair = member.Authorize();
            await copy.WriteRowAsync(cancellationToken, id, template.Participant, member.Id,
                system.Secrets.Seal(pair.AccessToken, salt, $"open_humans_token.access_token/{id}"),
                system.Secrets.Seal(pair.RefreshToken, salt, $"open_humans_token.refresh_token/{id}"),
                pair.ExpiresAt.UtcDateTime,
                system.Secrets.Seal(template.Site(number).AbsoluteUri, salt, $"ingest.participant.site/{id}"));
        }
        await copy.CompleteAsync(cancellationToken);
    }
}
