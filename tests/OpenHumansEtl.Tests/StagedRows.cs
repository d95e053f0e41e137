using System.Text;
using Dapper;
using Npgsql;
using OpenHumansEtl.Tables;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>What PostgreSQL reads of the rows that records become.</summary>
sealed class StagedRows : IAsyncDisposable
{
    readonly TestDatabase _database;

    StagedRows(TestDatabase database, NpgsqlConnection connection) => (_database, Connection) = (database, connection);

    public NpgsqlConnection Connection { get; }

    public static async Task<StagedRows> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        return new(database, await database.OpenAs("open_humans_etl").OpenConnectionAsync());
    }

    /// <returns>The problems of a record, and by table its row, null where it has none.</returns>
    public async Task<(List<Problem> Problems, IDictionary<string, object?>?[] Rows)> OfAsync(WarehouseTables tables, string json)
    {
        var (problems, rows) = await OfAsync(tables, [Encoding.UTF8.GetBytes(json)]);
        return (problems, [.. rows.Select(table => table.SingleOrDefault())]);
    }

    public async Task<(List<Problem> Problems, List<IDictionary<string, object?>>[] Rows)> OfAsync(WarehouseTables tables, IEnumerable<ReadOnlyMemory<byte>> records)
    {
        var reader = new RecordReader(tables, participantId: 7, new byte[32]);
        CopyRows[] rows = [.. tables.Tables.Select(_ => new CopyRows())];
        foreach (var (number, record) in records.Index())
        {
            Assert.That(reader.Read(record), Is.Null);
            reader.Write(rows, number, "whole");
        }
        foreach (var (table, rowsOfTable) in tables.Tables.Zip(rows))
        {
            await Connection.ExecuteAsync($"drop table if exists pg_temp.stage_{table.Name}; create temporary table stage_{table.Name} as select {table.ColumnList} from openaps.{table.Name} with no data");
            await rowsOfTable.SendAsync(Connection, $"copy pg_temp.stage_{table.Name} ({table.ColumnList}) from stdin (format binary)", null, CancellationToken.None);
        }
        var found = new List<List<IDictionary<string, object?>>>();
        foreach (var table in tables.Tables)
            found.Add([.. (await Connection.QueryAsync($"select * from pg_temp.stage_{table.Name}")).Cast<IDictionary<string, object?>>()]);
        return (reader.Problems, [.. found]);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await _database.DisposeAsync();
    }
}
