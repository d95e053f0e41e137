using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenHumansEtl.Derived;
using Register;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>Participants whose files are loaded as the service loads them, and whose summaries are made as it makes them.</summary>
sealed class SummaryWorld : IAsyncDisposable
{
    /// <summary>What the job writes, without what the order of additions may change in the last digits.</summary>
    static readonly (string Table, string Columns)[] Derived =
    [
        ("utc_offset_timeline", "from_utc, to_utc, offset_minutes, zone, source, confidence"),
        ("mmol_day", "day, device, readings, with_decimals"),
        ("duplicate_entry", "id, canonical_id, day"),
        ("glucose_day", "day, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, round(sum_squares::numeric, 6), round(low_risk::numeric, 6), round(high_risk::numeric, 6), min_mgdl, max_mgdl, cadence_minutes, expected, round(covered_minutes::numeric, 6), day_minutes, duplicates, readings"),
        ("glucose_month", "month, days, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, round(sum_mgdl::numeric, 6), round(sum_squares::numeric, 6), round(low_risk::numeric, 6), round(high_risk::numeric, 6), min_mgdl, max_mgdl, expected, round(covered_minutes::numeric, 6), day_minutes, duplicates"),
        ("glucose_time_of_day", "half_hour, from_mgdl, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9"),
        ("aid_day", "local_day, from_utc, to_utc, loop_type, controllers, controller_version, settings, cycles, enacted, smbs, bolus_units, smb_units, basal_units, total_units, carbs, basal_hours, temp_basal_source"),
        ("record_day", "day, collection, kind, records"),
        ("glucose_week", "weekday, hour, n, sum_mgdl, low, in_range, high"),
    ];

    readonly TestDatabase _database;
    readonly ConsentLedger _ledger;
    int _revision;

    SummaryWorld(TestDatabase database, NpgsqlDataSource db)
    {
        (_database, Db, _ledger) = (database, db, new(db));
        Summaries = NewSummaries();
    }

    public NpgsqlDataSource Db { get; }

    public Summaries Summaries { get; }

    /// <param name="zone">Of the server, the database and every session.</param>
    public static async Task<SummaryWorld> StartAsync(string zone = "UTC")
    {
        var database = await TestDatabase.CreateAsync();
        await using (var owner = await database.OpenAsOwner().OpenConnectionAsync())
            await owner.ExecuteAsync($"alter database {new NpgsqlConnectionStringBuilder(database.Owner).Database} set timezone = '{zone}'");
        ServiceDefaults.Postgres.Open(new() { Connection = database.Owner }).Dispose(); // sets up how rows fill records
        return new(database, NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.As("open_humans_etl")) { Timezone = zone }));
    }

    /// <summary>Connection setting of the ETL's role.</summary>
    public string Connection => _database.As("open_humans_etl");

    public NpgsqlDataSource OpenAs(string role) => _database.OpenAs(role);

    public NpgsqlDataSource OpenAsOwner() => _database.OpenAsOwner();

    public Summaries NewSummaries() => new(Db, new(), NullLogger<Summaries>.Instance);

    public async Task<Participant> ParticipantAsync(string projects = SharedProjects.Both)
    {
        var member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}";
        return await new Participants(Db).FindAsync(await _ledger.RecordAsync(member, ConsentLedger.File, projects, "test", default), default);
    }

    public Task<long> ConsentAsync(Participant participant, string projects) => _ledger.RecordAsync(participant.ProjectMemberId, ConsentLedger.File, projects, "test", default);

    /// <summary>Loads lines as the newest file of a period.</summary>
    public async Task LoadAsync(Participant participant, string collection, string period, IEnumerable<string> lines, int batch = 50_000)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        var revision = Interlocked.Increment(ref _revision);
        var file = new SourceFile(collection, new(period), $"oh:{Guid.NewGuid()}", revision, new DateTime(2026, 11, 20, 0, 0, 0, DateTimeKind.Utc).AddSeconds(revision), SHA256.HashData(zipped.ToArray()),
            () => new MemoryStream(zipped.ToArray()));
        var result = await new FileLoad(Db, new(new() { Key = Convert.ToBase64String(new byte[32]) }), new() { BatchLines = batch }).LoadAsync(participant, file, null, null, default);
        Assert.That(result.End, Is.EqualTo(LoadEnd.Loaded));
    }

    public Task LoadAsync(Participant participant, string collection, params string[] lines) => LoadAsync(participant, collection, "whole", lines);

    public async Task SummariseAsync() => Assert.That((await Summaries.WorkOffAsync(null, default)).Failed, Is.Zero);

    /// <summary>Forgets all that was derived and makes it anew.</summary>
    public async Task RebuildAsync(Participant participant)
    {
        await using var connection = await Db.OpenConnectionAsync();
        foreach (var table in Derived.Select(derived => derived.Table).Concat(["profile_zone", "utc_offset_seen", "dirty_day"]))
            await connection.ExecuteAsync($"delete from openaps.{table} where participant_id = @ParticipantId", new { participant.ParticipantId });
        foreach (var (collection, table, time) in new[] { ("entries", "entries", "date"), ("treatments", "treatments", "created_at"), ("devicestatus", "device_status", "created_at"), ("profile", "profile", "created_at") })
            await connection.ExecuteAsync($"""
                insert into openaps.dirty_day
                select distinct participant_id, '{collection}', coalesce(({time} at time zone 'UTC')::date, '-infinity') from openaps.{table} where participant_id = @ParticipantId
                """, new { participant.ParticipantId });
        await SummariseAsync();
    }

    /// <summary>All that was derived, as text.</summary>
    public async Task<string> DerivedAsync(Participant participant)
    {
        var text = new StringBuilder();
        await using var connection = await Db.OpenConnectionAsync();
        await connection.ExecuteAsync("set timezone = 'UTC'");
        foreach (var (table, columns) in Derived)
            foreach (var row in await connection.QueryAsync<string>($"select '{table}: ' || row({columns}) from openaps.{table} where participant_id = @ParticipantId order by 1", new { participant.ParticipantId }))
                text.AppendLine(row);
        await connection.ExecuteAsync("reset timezone");
        return text.ToString();
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Participant participant)
    {
        await using var connection = await Db.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, new { id = participant.ParticipantId })];
    }

    public static string Sgv(string id, DateTimeOffset at, double mgDl, string device = "share2", int? offset = null) =>
        $$"""{"_id":"{{id}}","type":"sgv","sgv":{{mgDl.ToString(CultureInfo.InvariantCulture)}},"date":{{at.ToUnixTimeMilliseconds()}},"device":"{{device}}"{{(offset is null ? "" : $",\"utcOffset\":{offset}")}}}""";

    public static string Profile(string id, string startDate, string zone, string name = "Default") =>
        $$$$"""{"_id":"{{{{id}}}}","defaultProfile":"{{{{name}}}}","startDate":"{{{{startDate}}}}","store":{"{{{{name}}}}":{"timezone":"{{{{zone}}}}"}}}""";

    public async ValueTask DisposeAsync()
    {
        await Db.DisposeAsync();
        await _database.DisposeAsync();
    }
}
