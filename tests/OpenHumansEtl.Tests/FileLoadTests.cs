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

        Assert.That((first.End, first.Counts), Is.EqualTo((LoadEnd.Loaded, new LoadCounts(2, 2, 0, 0, 0, 0))));
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
                File("2026-11-19", 1, at: 1, Entry("a", 90), Entry("b", 80)), // before
                File("2026-11-20", 1, at: 2, Entry("a", 91)),                     // where it is now
                File("2026-11-19", 2, at: 3, Entry("b", 80)),                     // where it was
            ];

            foreach (var file in order)
                await LoadAsync(participant, files[file]);

            Assert.That(await RowsAsync(participant), Is.EqualTo("a=91 b=80"), string.Join(',', order));
        }
    }

    [Test]
    public async Task A_row_goes_also_where_as_many_others_are_another_periods()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-19", 1, at: 1, Entry("a", 90)));
        await LoadAsync(participant, File("2026-11-20", 1, at: 3, Entry("b", 91)));

        await LoadAsync(participant, File("2026-11-19", 2, at: 2, Entry("b", 80)));

        Assert.That(await RowsAsync(participant), Is.EqualTo("b=91"));
    }

    /// <summary>Few held between the batch's least and greatest identifier are read at once, many are looked up.</summary>
    [Test]
    public async Task Records_held_are_found_among_others_that_lie_between([Values(1, 30)] int others)
    {
        var participant = await ParticipantAsync();
        var batch = Enumerable.Range(0, 20).Select(i => $"a{i:00}").ToList();
        await LoadAsync(participant, File("2026-11-18", 1, at: 1, [.. batch.Select(id => Entry(id, 1)).Take(1)]));
        await LoadAsync(participant, File("2026-11-19", 1, at: 1, [Entry("a05", 90), .. Enumerable.Range(0, others).Select(i => Entry($"a07{i:00}", 91))]));
        await LoadAsync(participant, File("2026-11-21", 1, at: 9, Entry("a06", 92)));

        var result = await LoadAsync(participant, File("2026-11-18", 2, at: 2, [.. batch.Select(id => Entry(id, 80))]));

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(20, 19, 1, 0, 0, 0)));
        Assert.That((await RowsAsync(participant)).Split(' '), Is.EquivalentTo(batch.Select(id => id == "a06" ? "a06=92" : $"{id}=80")
            .Concat(Enumerable.Range(0, others).Select(i => $"a07{i:00}=91"))));
    }

    [Test]
    public async Task A_month_takes_its_days_over()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-09-01", 1, at: 1, Entry("a", 100)));
        await LoadAsync(participant, File("2026-09-02", 1, at: 2, Entry("b", 110), Entry("c", 1)));

        await LoadAsync(participant, File("2026-09", 1, at: 3, Entry("a", 100), Entry("b", 110)));
        var late = await LoadAsync(participant, File("2026-09-02", 1, at: 2, Entry("b", 110), Entry("c", 1)));

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
    public async Task Large_files_commit_in_batches_and_lose_rows_the_file_lacks([Values] bool readAhead)
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("whole", 1, [.. Enumerable.Range(0, 1000).Select(i => Entry($"e{i:0000}", 100))]), batch: 300, readAhead: readAhead);

        var result = await LoadAsync(participant, File("whole", 2, [.. Enumerable.Range(1, 1000).Select(i => Entry($"e{i:0000}", i == 500 ? 101 : 100))]), batch: 300, readAhead: readAhead);

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(1000, 2, 998, 0, 0, 0)));
        Assert.That(await QueryAsync<string>("select min(id) || ' ' || max(id) || ' ' || count(*) from openaps.entries where participant_id = @id", participant), Is.EqualTo(new[] { "e0001 e1000 1000" }));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(1000));
    }

    [Test]
    public async Task A_killed_load_goes_on_where_it_stopped()
    {
        var participant = await ParticipantAsync();
        var file = File("whole", 1, [.. Enumerable.Range(0, 1000).Select(i => Entry($"e{i % 900:0000}", i))]); // the last hundred repeat the first
        var batches = 0;

        Assert.That(() => LoadAsync(participant, file, batch: 300, fence: _ => ++batches == 3 ? throw new IOException("killed") : Task.CompletedTask), Throws.TypeOf<IOException>());
        Assert.That(await QueryAsync<long>("select lines_done from openaps.loaded_file where participant_id = @id", participant), Is.EqualTo(new[] { 600 }));
        var result = await LoadAsync(participant, file, batch: 300);

        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(1000, 900, 0, 100, 0, 0)));
        Assert.That(await QueryAsync<decimal>("select sgv from openaps.entries where participant_id = @id and id = 'e0042'", participant), Is.EqualTo(new[] { 942m }));
        Assert.That((await RawAsync(participant)).Count, Is.EqualTo(900));
    }

    [Test]
    public async Task Only_the_last_commit_of_a_file_waits_for_the_disk()
    {
        var participant = await ParticipantAsync();
        var commits = new List<string?>();

        await LoadAsync(participant, File("whole", 1, [.. Enumerable.Range(0, 1000).Select(i => Entry($"e{i:0000}", i))]), batch: 300,
            fence: async connection => commits.Add(await connection.ExecuteScalarAsync<string>("select case source when 'session' then setting else 'as the server has it' end from pg_settings where name = 'synchronous_commit'")));

        Assert.That(commits, Is.EqualTo(new[] { "off", "off", "off", "as the server has it" }));
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

    /// <summary>Straight into the tables, staged, or begun straight and ended staged: the rows, their counterparts in the second table and the raw lines are the same.</summary>
    [Test]
    public async Task However_rows_get_into_the_tables_they_are_the_same([Range(1, 25)] int seed)
    {
        string[] periods = ["2026-11-19", "2026-11-20", "whole"];
        var random = new Random(seed);
        var files = Enumerable.Range(1, 5).Select(at => Status(periods[random.Next(3)], at,
            [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Status("abcdefAB"[random.Next(8)], random.Next(3), hasMetrics: random.Next(2) == 0, isDeleted: random.Next(6) == 0))])).ToList();

        var always = await ParticipantAsync(); // staged: every period was there before
        foreach (var period in periods)
            await LoadAsync(always, Status(period, 0, [Status('F', 0, hasMetrics: true, isDeleted: false)]));
        foreach (var file in files)
            await LoadAsync(always, file);
        foreach (var period in periods.Except(files.Select(file => file.Period.Name)))
            await LoadAsync(always, Status(period, 9, []));
        var expected = await EverythingAsync(always);

        foreach (var batch in (int[])[1, 3, 100])
        {
            var participant = await ParticipantAsync();
            foreach (var file in files)
                await LoadAsync(participant, file, batch);
            Assert.That(await EverythingAsync(participant), Is.EqualTo(expected), () => $"batch of {batch} of {string.Join("; ", files.Select(file => $"{file.Period.Name} {string.Join(' ', RecordLines.Read(file.Open()).Select(line => System.Text.RegularExpressions.Regex.Replace(Encoding.UTF8.GetString(line.Json.Span), ".*_id\":\"(.).*iob\":(.)}},\"(.).*isValid\":(.).*", "$1$2$3$4")))}"))}");
        }
    }

    [Test]
    public async Task Raw_lines_and_typed_rows_hold_the_same_records()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("2026-11-20", 1, Entry("a", 100), Entry("b", 110)));

        var codes = (await RawAsync(participant)).Select(line => line[Tables.RecordReader.CodeRange]);
        Assert.That(codes, Is.EquivalentTo(new[] { "a", "b" }.Select(id => RecordCode.Of(participant.ParticipantId, "entries", id))));
    }

    static string Status(char id, int iob, bool hasMetrics, bool isDeleted) =>
        $$$"""{"_id":"{{{id}}}","created_at":"2026-11-20T10:00:00Z","loop":{"iob":{"iob":{{{iob}}}}},"{{{(hasMetrics ? "openaps" : "none")}}}":{"iob":{"iob":{{{iob}}}}},"isValid":{{{(isDeleted ? "false" : "true")}}}}""";

    static SourceFile Status(string period, int at, string[] lines) => File(period, at, at, lines) with { Collection = "devicestatus" };

    async Task<string> EverythingAsync(Participant participant) => string.Join('\n', await QueryAsync<string>("""
        select concat_ws(' ', s.period, s.id, s.loop_iob, m.period, m.iob_iob) from openaps.device_status s
          full join openaps.device_status_metrics m on m.participant_id = s.participant_id and m.device_status_id = s.id
         where coalesce(s.participant_id, m.participant_id) = @id order by 1
        """, participant)) + '\n' + string.Join('\n', (await RawAsync(participant)).Select(line => line[77..]).Order(StringComparer.Ordinal));

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

    Task<LoadResult> LoadAsync(Participant participant, SourceFile file, int batch = 50_000, Func<NpgsqlConnection, Task>? fence = null, bool readAhead = true) =>
        new FileLoad(_db, _secrets, new() { BatchLines = batch, ReadAhead = readAhead }).LoadAsync(participant, file, fence, null, default);

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
