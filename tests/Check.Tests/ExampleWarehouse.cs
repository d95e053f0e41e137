using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;

namespace Sandbox.Check.Tests;

/// <summary>Puts the rows and raw lines of a participant into a database, as they are given.</summary>
sealed class ExampleWarehouse(NpgsqlDataSource db)
{
    long _sequence;

    public static async Task EmptyAsync(NpgsqlDataSource db)
    {
        await using var command = db.CreateCommand("""
            truncate openaps.entries, openaps.treatments, openaps.device_status, openaps.device_status_metrics, openaps.profile,
                     openaps.raw_segment, openaps.quarantine, register.participant cascade
            """);
        await command.ExecuteNonQueryAsync();
    }

    public async Task LoadAsync(string member, string consent, List<ExampleRecord> records)
    {
        await using var command = db.CreateCommand("select register.record_consent($1, 'page', $2, '1')");
        command.Parameters.Add(new() { Value = member });
        command.Parameters.Add(new() { Value = consent });
        var participant = (long)(await command.ExecuteScalarAsync())!;
        foreach (var record in records.Where(record => record.Row is not null))
        {
            await InsertAsync(record.Table, participant, record, "id", record.Row!);
            if (record.Metrics is { } metrics)
                await InsertAsync("device_status_metrics", participant, record, "device_status_id", metrics);
        }
        foreach (var period in records.Where(record => record.Raw is not null).GroupBy(record => (record.Collection, record.Period)))
            await InsertSegmentsAsync(participant, period.Key.Collection, period.Key.Period, [.. period.Select(record => Line(participant, record))]);
    }

    async Task InsertAsync(string table, long participant, ExampleRecord record, string idColumn, string row)
    {
        var values = JsonNode.Parse(row)!.AsObject();
        values["seq_id"] = ++_sequence;
        values["participant_id"] = participant;
        values[idColumn] = record.WarehouseId ?? record.Id;
        values["period"] = record.Period;
        values["content_hash"] = 0;
        await using var command = db.CreateCommand($"insert into openaps.{table} overriding system value select * from jsonb_populate_record(null::openaps.{table}, $1)");
        command.Parameters.Add(new() { Value = values.ToJsonString(), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync();
    }

    static string Line(long participant, ExampleRecord record)
    {
        var code = record.RawCode ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{participant}/{record.Collection}/{record.Id}")).AsSpan(0, 16));
        return $$"""{"participant":"{{participant:x16}}","record":"{{code}}",{{record.Raw!.Trim()}}}""";
    }

    /// <summary>In two parts, of which each alone is no gzip stream.</summary>
    async Task InsertSegmentsAsync(long participant, string collection, string period, string[] lines)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Optimal))
            zip.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => $"{line}\n"))));
        var bytes = zipped.ToArray();
        foreach (var (part, data) in new[] { bytes[..40], bytes[40..] }.Index())
        {
            await using var command = db.CreateCommand("insert into openaps.raw_segment values ($1, $2, $3, $4, $5, $6, $7, 'oh:1', 1)");
            foreach (var value in new object[] { participant, collection, period, part, part == 0 ? lines.Length : 0, SHA256.HashData(data), data })
                command.Parameters.Add(new() { Value = value });
            await command.ExecuteNonQueryAsync();
        }
    }
}
