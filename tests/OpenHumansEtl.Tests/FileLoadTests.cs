using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Nightscout;
using Npgsql;
using Register;
using ServiceDefaults;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>Loading one file, on a real database, as the ETL's own role.</summary>
public sealed class FileLoadTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;
    ConsentLedger _ledger = null!;
    SecretBox _secrets = null!;

    [OneTimeSetUp]
    public async Task Migrate()
    {
        _database = await TestDatabase.CreateAsync();
        _db = _database.OpenAs("open_humans_etl");
        _ledger = new(_db);
        _secrets = new(new() { Key = Convert.ToBase64String(new byte[32]) });
    }

    [OneTimeTearDown]
    public async Task Drop()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public async Task Loading_a_file_twice_changes_nothing()
    {
        var participant = await ParticipantAsync();
        var file = File("2026-11-20", 1, Entry("a", 100), Entry("b", 110));

        var first = await LoadAsync(participant, file);
        var second = await LoadAsync(participant, file);

        Assert.That(first, Is.EqualTo(new LoadResult(LoadEnd.Loaded, new(2, 2, 0, 0, 0, 0))));
        Assert.That(second.End, Is.EqualTo(LoadEnd.LoadedBefore));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=100 b=110"));
    }

    [Test]
    public async Task The_same_records_in_another_file_are_unchanged()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        var again = await LoadAsync(participant, File("2026-11-20", 2, Entry("b", 110), Entry("a", 100)));

        Assert.That(again.Counts, Is.EqualTo(new LoadCounts(2, 0, 2, 0, 0, 0)));
    }

    [Test]
    public async Task Upsert_ignores_edits_D8()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        var result = await LoadAsync(participant, File("2026-11-20", 2, Entry("a", 101), Entry("b", 110)));

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(2, 1, 1, 0, 0, 0)));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=101 b=110"));
    }

    [Test]
    public async Task A_row_the_new_file_lacks_goes()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        await LoadAsync(participant, File("2026-11-20", 2, Entry("b", 110)));

        Assert.That(await RowsAsync(participant), Is.EqualTo("b=110"));
    }

    [Test]
    public async Task An_older_revision_of_a_period_is_refused()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 2, Entry("a", 101)));

        var result = await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100)));

        Assert.That(result.End, Is.EqualTo(LoadEnd.Superseded));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=101"));
    }

    [Test]
    public async Task A_record_that_moved_to_another_day_survives_any_order_of_loading()
    {
        var orders = new[] { new[] { 0, 1, 2 }, [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0] };
        foreach (var order in orders)
        {
            var participant = await ParticipantAsync();
            SourceFile[] files =
            [
                File("2026-11-19", 1, at: 1, Entry("moved", 90), Entry("stays", 80)), // before
                File("2026-11-20", 1, at: 2, Entry("moved", 91)),                     // where it is now
                File("2026-11-19", 2, at: 3, Entry("stays", 80)),                     // where it was
            ];

            foreach (var file in order)
                await LoadAsync(participant, files[file]);

            Assert.That(await RowsAsync(participant), Is.EqualTo("moved=91 stays=80"), string.Join(',', order));
        }
    }

    [Test]
    public async Task A_month_takes_its_days_over()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-09-01", 1, at: 1, Entry("a", 100)));
        await LoadAsync(participant, File("2026-09-02", 1, at: 2, Entry("b", 110), Entry("gone", 1)));

        await LoadAsync(participant, File("2026-09", 1, at: 3, Entry("a", 100), Entry("b", 110)));
        var late = await LoadAsync(participant, File("2026-09-02", 1, at: 2, Entry("b", 110), Entry("gone", 1)));

        Assert.That(late.End, Is.EqualTo(LoadEnd.Superseded));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=100 b=110"));
        Assert.That(await QueryAsync<string>("select distinct period from openaps.raw_segment where participant_id = @id", participant), Is.EqualTo(new[] { "2026-09" }));
    }

    [Test]
    public async Task Of_a_record_that_stands_twice_in_a_file_the_last_counts([Values(1, 2, 100)] int batch)
    {
        var participant = await ParticipantAsync();
        var file = File("whole", 1, Entry("a", 100), Entry("b", 110), Entry("a", 101), Entry("c", 120), Entry("a", 102));

        var result = await LoadAsync(participant, file, batch);

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(5, 3, 0, 2, 0, 0)));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=102 b=110 c=120"));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(3));
    }

    [Test]
    public async Task A_record_deleted_at_the_source_is_no_row([Values(1, 100)] int batch)
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        var result = await LoadAsync(participant, File("2026-11-20", 2, Entry("a", 100), Entry("b", 110), """{"_id":"b","sgv":110,"isValid":false}"""), batch);

        Assert.That(result.Counts.Deleted, Is.EqualTo(1));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a=100"));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Large_files_commit_in_batches_and_lose_rows_the_file_lacks()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("whole", 1, [.. Enumerable.Range(0, 1000).Select(i => Entry($"r{i:0000}", 100))]), batch: 300);

        var result = await LoadAsync(participant, File("whole", 2, [.. Enumerable.Range(1, 1000).Select(i => Entry($"r{i:0000}", i == 500 ? 101 : 100))]), batch: 300);

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(1000, 2, 998, 0, 0, 0)));
        Assert.That(await QueryAsync<string>("select min(id) || ' ' || max(id) || ' ' || count(*) from openaps.entries where participant_id = @id", participant), Is.EqualTo(new[] { "r0001 r1000 1000" }));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(1000));
    }

    [Test]
    public async Task A_killed_load_goes_on_where_it_stopped()
    {
        var participant = await ParticipantAsync();
        var file = File("whole", 1, [.. Enumerable.Range(0, 1000).Select(i => Entry($"r{i % 900:0000}", i))]); // the last hundred repeat the first
        var batches = 0;

        Assert.That(() => LoadAsync(participant, file, batch: 300, fence: _ => ++batches == 3 ? throw new IOException("killed") : Task.CompletedTask), Throws.TypeOf<IOException>());
        Assert.That(await QueryAsync<long>("select lines_done from openaps.loaded_file where participant_id = @id", participant), Is.EqualTo(new[] { 600 }));
        var result = await LoadAsync(participant, file, batch: 300);

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(1000, 900, 0, 100, 0, 0)));
        Assert.That(await QueryAsync<decimal>("select sgv from openaps.entries where participant_id = @id and id = 'r0042'", participant), Is.EqualTo(new[] { 942m }));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(900));
    }

    [Test]
    public async Task One_bad_line_stops_no_file()
    {
        var participant = await ParticipantAsync();

        var result = await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), "not json", """{"_id":"b","sgv":"n/a"}""", """{"_id":"c","sgv":"n/a"}""", Entry("d", 110)));

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(5, 4, 0, 0, 0, 1)));
        Assert.That(await QueryAsync<string>("select line || '/' || field || '/' || reason || '/' || occurrences from openaps.quarantine where participant_id = @id order by line", participant),
            Is.EqualTo(new[] { "2//not a JSON object/1", "3/sgv/not a number/2" }));
    }

    [Test]
    public async Task Metrics_come_and_go_with_the_record_that_holds_them()
    {
        var participant = await ParticipantAsync();
        const string With = """{"_id":"s","created_at":"2026-11-20T10:00:00Z","openaps":{"iob":{"iob":1.5}}}""";

        await LoadAsync(participant, File("2026-11-20", 1, With) with { Collection = "devicestatus" });
        Assert.That(await QueryAsync<decimal>("select iob_iob from openaps.device_status_metrics where participant_id = @id", participant), Is.EqualTo(new[] { 1.5m }));

        await LoadAsync(participant, File("2026-11-20", 2, """{"_id":"s","created_at":"2026-11-20T10:00:00Z"}""") with { Collection = "devicestatus" });
        Assert.That(await QueryAsync<long>("select count(*) from openaps.device_status_metrics where participant_id = @id", participant), Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public async Task Null_keys_gain_a_copy_every_run_D23()
    {
        var participant = await ParticipantAsync();
        const string Record = """{"_id":"s","openaps":{"iob":{"iob":1.5}}}"""; // no created_at, nothing enacted

        for (var revision = 1; revision <= 3; revision++)
            await LoadAsync(participant, File("2026-11-20", revision, Record) with { Collection = "devicestatus" });

        Assert.That(await QueryAsync<long>("select count(*) from openaps.device_status_metrics where participant_id = @id", participant), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task Nothing_is_loaded_of_who_shares_nothing()
    {
        var participant = await ParticipantAsync(SharedProjects.None);

        var result = await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100)));

        Assert.That(result.End, Is.EqualTo(LoadEnd.NotShared));
        Assert.That(await RowsAsync(participant), Is.Empty);
    }

    [Test]
    public async Task Consent_none_leaves_rows_D9()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100)));
        await _ledger.RecordAsync(participant.ProjectMemberId, ConsentLedger.File, SharedProjects.None, "test", default);

        await new Withdrawal(_db).RunAsync(participant.ParticipantId, default);

        foreach (var table in new[] { "entries", "raw_segment", "loaded_file", "loaded_period", "quarantine" })
            Assert.That(await QueryAsync<long>($"select count(*) from openaps.{table} where participant_id = @id", participant), Is.EqualTo(new[] { 0 }), table);
    }

    [Test]
    public async Task Withdrawal_removes_nothing_of_who_shares()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100)));

        await new Withdrawal(_db).RunAsync(participant.ParticipantId, default);

        Assert.That(await RowsAsync(participant), Is.EqualTo("a=100"));
    }

    [Test]
    public async Task Raw_lines_and_typed_rows_hold_the_same_records()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        var codes = (await RawAsync(participant)).Select(line => line[Tables.RecordReader.CodeRange]);
        Assert.That(codes, Is.EquivalentTo(new[] { "a", "b" }.Select(id => RecordCode.Of(participant.ParticipantId, "entries", id))));
    }

    static string Entry(string id, int sgv) => $$"""{"_id":"{{id}}","sgv":{{sgv}},"date":1795226000000,"type":"sgv"}""";

    static SourceFile File(string period, int revision, params string[] lines) => File(period, revision, revision, lines);

    static SourceFile File(string period, int revision, int at, params string[] lines)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return new("entries", new(period), $"oh:{Guid.NewGuid()}", revision, new DateTime(2026, 11, 20, 0, 0, at, DateTimeKind.Utc), SHA256.HashData(zipped.ToArray()), () => new MemoryStream(zipped.ToArray()));
    }

    async Task<Participant> ParticipantAsync(string projects = SharedProjects.Both)
    {
        var member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}";
        return await new Participants(_db).FindAsync(await _ledger.RecordAsync(member, ConsentLedger.File, projects, "test", default), default);
    }

    Task<LoadResult> LoadAsync(Participant participant, SourceFile file, int batch = 50_000, Func<NpgsqlConnection, Task>? fence = null) =>
        new FileLoad(_db, _secrets, new() { BatchLines = batch }).LoadAsync(participant, file, fence, null, default);

    async Task<string> RowsAsync(Participant participant) =>
        string.Join(' ', await QueryAsync<string>("select id || '=' || sgv from openaps.entries where participant_id = @id order by id", participant));

    async Task<List<string>> RawAsync(Participant participant)
    {
        var parts = await QueryAsync<byte[]>("select data from openaps.raw_segment where participant_id = @id order by period, part", participant);
        return [.. RecordLines.Read(new MemoryStream([.. parts.SelectMany(part => part)])).Select(line => Encoding.UTF8.GetString(line.Json.Span))]; // joined parts are one gzip stream
    }

    async Task<List<T>> QueryAsync<T>(string sql, Participant participant)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, new { id = participant.ParticipantId })];
    }
}
