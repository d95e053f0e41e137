using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Sandbox.Check;

/// <param name="SourceEntity">The commons shared with, as the exports write it; null: none now.</param>
sealed record WarehouseParticipant(long Id, int? SourceEntity)
{
    public string Hex => $"{Id:x16}";
}

sealed record Segment(int Part, int Lines, byte[] Sha256, byte[] Data);

sealed record Quarantined(string FileKey, string Collection, long Line, string Reason);

/// <summary>Reads the warehouse as its owner.</summary>
sealed class WarehouseDatabase(string postgres) : IAsyncDisposable
{
    const string Participant = """
        select p.participant_id, case when c.openaps and c.nsf then 2 when c.openaps then 0 when c.nsf then 1 end
          from register.participant p
          join register.current_consent c using (participant_id)
         where p.project_member_id = $1
        """;

    const string Segments = """
        select period, part, lines, sha256, data
          from openaps.raw_segment
         where participant_id = $1 and collection = $2
         order by period, part
        """;

    const string WholeLines = "select file_key, collection, line, reason from openaps.quarantine where participant_id = $1 and field = ''";

    readonly NpgsqlDataSource _db = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres) { Timezone = "UTC" });

    public async Task<WarehouseParticipant?> ParticipantAsync(string projectMemberId, CancellationToken cancellationToken)
    {
        await foreach (var row in ReadAsync(Participant, cancellationToken, projectMemberId))
            return new(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt32(1));
        return null;
    }

    /// <summary>Rows as JSON objects, to be disposed of.</summary>
    public async IAsyncEnumerable<JsonDocument> RowsAsync(Table table, long participant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ReadAsync(table.Sql, cancellationToken, participant))
            yield return JsonDocument.Parse(row.GetString(0));
    }

    public async IAsyncEnumerable<RawPeriod> SegmentsAsync(
        Collection collection, long participant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var period = new RawPeriod("", []);
        await foreach (var row in ReadAsync(Segments, cancellationToken, participant, collection.Name))
        {
            var segment = new Segment(row.GetInt32(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<byte[]>(4));
            if (row.GetString(0) == period.Name)
                period.Parts.Add(segment);
            else
            {
                if (period.Parts.Count > 0)
                    yield return period;
                period = new(row.GetString(0), [segment]);
            }
        }
        if (period.Parts.Count > 0)
            yield return period;
    }

    public async IAsyncEnumerable<Quarantined> WholeLinesAsync(long participant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ReadAsync(WholeLines, cancellationToken, participant))
            yield return new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetString(3));
    }

    public ValueTask DisposeAsync() => _db.DisposeAsync();

    async IAsyncEnumerable<NpgsqlDataReader> ReadAsync(string sql, [EnumeratorCancellation] CancellationToken cancellationToken, params object[] values)
    {
        await using var command = _db.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value, NpgsqlDbType = value is long ? NpgsqlDbType.Bigint : NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            yield return reader;
    }
}
