using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using OpenHumansEtl.AllowList;
using OpenHumansEtl.Tables;
using Register;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>Which fields records were seen to have: counted as files are loaded, on a real database, as the ETL's own role.</summary>
public sealed class ObservedFieldTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;

    [OneTimeSetUp]
    public async Task Migrate()
    {
        _database = await TestDatabase.CreateAsync();
        _db = _database.OpenAs("open_humans_etl");
    }

    [OneTimeTearDown]
    public async Task Drop()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public async Task A_load_counts_the_records_that_hold_a_field_and_the_types_it_has()
    {
        var participant = await ParticipantAsync();

        await LoadAsync(participant, File("entries", "2026-11-20", 1,
            """{"_id":"a","sgv":100,"noise":"2","direction":"Flat","trend":4,"date":1795226000000}""",
            """{"_id":"b","sgv":110,"noise":1,"direction":null,"trend":"FLAT","date":1795226300000}""",
            """{"_id":"c","mbg":120,"isCalibration":false,"date":1795226600000}"""));

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            entries: 3 object
            entries:date 3 number
            entries:direction 1 text, null
            entries:isCalibration 1 true or false
            entries:mbg 1 number
            entries:noise 2 text, number
            entries:sgv 2 number
            entries:trend 2 text, number
            """));
    }

    [Test]
    public async Task An_array_stands_for_its_elements_and_a_field_counts_once_a_record()
    {
        var participant = await ParticipantAsync();

        await LoadAsync(participant, File("devicestatus", "2026-11-20", 1,
            """{"_id":"a","openaps":{"iob":[{"iob":1.5},{"iob":1.4},{"iob":"1.3"}],"suggested":{"bg":100}},"created_at":"2026-11-20T10:00:00Z"}""",
            """{"_id":"b","openaps":{"iob":{"iob":null},"enacted":{"bg":101}},"created_at":"2026-11-20T10:05:00Z"}"""));

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            devicestatus: 2 object
            devicestatus:created_at 2 text
            devicestatus:openaps 2 object
            devicestatus:openaps.enacted 1 object
            devicestatus:openaps.enacted.bg 1 number
            devicestatus:openaps.iob 2 object, array
            devicestatus:openaps.iob.iob 1 text, number, null
            devicestatus:openaps.suggested 1 object
            devicestatus:openaps.suggested.bg 1 number
            """));
    }

    [Test]
    public async Task A_name_that_a_person_chose_is_never_written()
    {
        var participant = await ParticipantAsync();

        await LoadAsync(participant, File("profile", "whole", 1,
            """{"_id":"a","startDate":"2026-11-20T00:00:00Z","Annes Zweitfeld":1,"store":{"Annes Profil":{"dia":5,"basal":[{"time":"00:00","value":0.8}],"Kommentar":"x"}}}"""));

        var paths = await QueryAsync<string>("select unnest(paths) from openaps.observed_part where participant_id = @id union select path from openaps.observed_field where participant_id = @id", participant);
        Assert.That(paths, Is.SupersetOf(new[] { "store.*", "store.*.dia", "store.*.basal.value" }));
        Assert.That(paths, Is.SubsetOf(WarehouseTables.Profile.Fields().WithNumbers()));
        Assert.That(string.Join('\n', paths), Does.Not.Contain("Ann").And.Not.Contain("Kommentar"));
    }

    [Test]
    public async Task A_value_that_is_not_kept_is_not_seen_and_neither_is_a_record_that_was_deleted_or_cannot_be_read()
    {
        var participant = await ParticipantAsync();

        await LoadAsync(participant, File("entries", "2026-11-20", 1,
            """{"_id":"a","sgv":"call Mum","noise":"Clean","date":1795226000000}""",
            """{"_id":"b","mbg":100,"isValid":false,"date":1795226300000}""",
            """{"_id":"c","mbg":100"""));

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            entries: 1 object
            entries:date 1 number
            """));
    }

    [Test]
    public async Task A_new_file_of_a_period_replaces_the_numbers_of_the_old_one([Values(1, 2, 100)] int batch)
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("entries", "2026-11-19", 1, """{"_id":"x","sgv":90,"date":1795140000000}"""), batch);
        await LoadAsync(participant, File("entries", "2026-11-20", 1,
            """{"_id":"a","sgv":100,"rssi":1,"date":1795226000000}""", """{"_id":"b","sgv":110,"date":1795226300000}""", """{"_id":"c","sgv":110,"date":1795226600000}"""), batch);

        await LoadAsync(participant, File("entries", "2026-11-20", 2, """{"_id":"a","sgv":"100","date":1795226000000}"""), batch);

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            entries: 2 object
            entries:date 2 number
            entries:sgv 2 text, number
            """));
        Assert.That(await QueryAsync<int>("select count(*)::int from openaps.observed_part where participant_id = @id", participant), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task A_month_takes_the_numbers_of_its_days_over()
    {
        var participant = await ParticipantAsync();
        await LoadAsync(participant, File("entries", "2026-09-01", 1, """{"_id":"a","sgv":100,"date":1788220800000}"""));
        await LoadAsync(participant, File("entries", "2026-09-02", 2, """{"_id":"b","sgv":110,"rssi":5,"date":1788307200000}"""));

        await LoadAsync(participant, File("entries", "2026-09", 3, """{"_id":"a","sgv":100,"date":1788220800000}""", """{"_id":"b","sgv":110,"date":1788307200000}"""));

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            entries: 2 object
            entries:date 2 number
            entries:sgv 2 number
            """));
    }

    [Test]
    public async Task A_load_that_was_killed_goes_on_counting_where_it_was()
    {
        var participant = await ParticipantAsync();
        var file = File("entries", "2026-11-20", 1, [.. Enumerable.Range(0, 5).Select(i => $$"""{"_id":"{{i}}","sgv":{{100 + i}},"date":{{1795226000000 + i * 300000L}}}""")]);
        var batches = 0;
        Assert.That(async () => await LoadAsync(participant, file, 2, _ => ++batches == 2 ? throw new InvalidOperationException("killed") : Task.CompletedTask), Throws.InvalidOperationException);
        Assert.That(await ObservedAsync(participant), Is.Empty, "half a file is not told");

        await LoadAsync(participant, file, 2);

        Assert.That(await ObservedAsync(participant), Is.EqualTo("""
            entries: 5 object
            entries:date 5 number
            entries:sgv 5 number
            """));
    }

    [Test]
    public async Task Withdrawal_and_erasure_remove_the_numbers_and_leave_those_of_others()
    {
        var (leaver, erased, stayer) = (await ParticipantAsync(), await ParticipantAsync(), await ParticipantAsync());
        foreach (var participant in new[] { leaver, erased, stayer })
            await LoadAsync(participant, File("entries", "2026-11-20", 1, """{"_id":"a","sgv":100,"date":1795226000000}"""));
        await using (var owner = await _database.OpenAsOwner().OpenConnectionAsync())
            await owner.ExecuteAsync("select register.record_consent(project_member_id, 'page', 'none', 'test') from register.participant where participant_id = @ParticipantId", new { leaver.ParticipantId });

        await new Withdrawal(_db).RunAsync(leaver.ParticipantId, default);
        await using (var connection = await _db.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            Assert.That(await Withdrawal.EraseAsync(connection, erased.ParticipantId, default), Is.True);
            await transaction.CommitAsync();
        }

        foreach (var table in new[] { "observed_part", "observed_field" })
        {
            foreach (var gone in new[] { leaver, erased })
                Assert.That(await QueryAsync<bool>($"select exists (select from openaps.{table} where participant_id = @id)", gone), Is.EqualTo(new[] { false }), table);
            Assert.That(await QueryAsync<bool>($"select exists (select from openaps.{table} where participant_id = @id)", stayer), Is.EqualTo(new[] { true }), table);
        }
    }

    [Test]
    public void Every_field_of_the_allow_lists_has_a_number_of_its_own()
    {
        foreach (var tables in WarehouseTables.All)
        {
            var paths = tables.Fields().WithNumbers();
            Assert.That(paths.Skip(2), Is.Unique, tables.Collection);
            Assert.That(paths, Is.SupersetOf(tables.Fields().Paths().Select(field => field.Path)), tables.Collection);
        }
    }

    [Test]
    public void What_the_data_dictionary_knows_of_fields_is_what_the_code_does()
    {
        using var written = new StringWriter();
        AllowListSources.Read().Write(written);

        Assert.That(System.IO.File.ReadAllText(Repository.PathOf("libraries/Codebook/fields.json")), Is.EqualTo(written.ToString()),
            "dotnet run --project open-humans-etl -- fields > fields.json && mv fields.json libraries/Codebook");
    }

    static SourceFile File(string collection, string period, int revision, params string[] lines)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return new(collection, new(period), $"oh:{Guid.NewGuid()}", revision, new DateTime(2026, 11, 20, 0, 0, revision, DateTimeKind.Utc), SHA256.HashData(zipped.ToArray()), () => new MemoryStream(zipped.ToArray()));
    }

    async Task<Participant> ParticipantAsync()
    {
        var member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}";
        return await new Participants(_db).FindAsync(await new ConsentLedger(_db).RecordAsync(member, ConsentLedger.File, SharedProjects.Both, "test", default), default);
    }

    Task<LoadResult> LoadAsync(Participant participant, SourceFile file, int batch = 50_000, Func<NpgsqlConnection, Task>? fence = null) =>
        new FileLoad(_db, new(new() { Key = Convert.ToBase64String(new byte[32]) }), new() { BatchLines = batch }).LoadAsync(participant, file, fence, null, default);

    async Task<string> ObservedAsync(Participant participant) => string.Join('\n', await QueryAsync<string>("""
        select collection || ':' || path || ' ' || records || ' ' || array_to_string(array_remove(array[case when types & 1 > 0 then 'object' end, case when types & 2 > 0 then 'array' end,
               case when types & 4 > 0 then 'text' end, case when types & 8 > 0 then 'number' end, case when types & 16 > 0 then 'true or false' end, case when types & 32 > 0 then 'null' end], null), ', ')
          from openaps.observed_field where participant_id = @id order by collection, path collate "C"
        """, participant));

    async Task<List<T>> QueryAsync<T>(string sql, Participant participant)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, new { id = participant.ParticipantId })];
    }
}
