using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Register;
using ServiceDefaults;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>The operator command that loads what the original system left on disk.</summary>
public sealed class LoadDirectoryTests
{
    static readonly SecretBox Secrets = new(new() { Key = Convert.ToBase64String(new byte[32]) });

    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;
    DirectoryInfo _folder = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _db = _database.OpenAs("open_humans_etl");
        _folder = Directory.CreateTempSubdirectory("load-");
    }

    [TearDown]
    public async Task Stop()
    {
        _folder.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_folder_is_loaded_and_the_last_line_counts_it()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"), Entry("b"), "not json", Entry("b"));
        Write("01234567", "both", "1571000000000_01234567_treatments.json", """{"_id":"t","eventType":"Note","created_at":"2019-10-13T20:00:00Z","notes":"private"}""");
        Write("07654321", "nsf", "1571000000000_07654321_entries.json", Entry("a"));

        var (code, summary, _) = await LoadAsync();

        Assert.That(code, Is.Zero);
        Assert.That(summary["entries"]!.ToJsonString(), Is.EqualTo("""{"read":5,"loaded":3,"unchanged":0,"repeated":1,"deleted":0,"quarantined":1}"""));
        Assert.That((summary["treatments"]!["loaded"]!.GetValue<int>(), summary["members"]!.GetValue<int>(), summary["files"]!.GetValue<int>()), Is.EqualTo((1, 2, 3)));
        Assert.That(await QueryAsync<string>("select string_agg(project_member_id || '/' || id, ' ' order by 1) from openaps.entries join register.participant using (participant_id)".Replace("order by 1", "order by project_member_id, id")),
            Is.EqualTo("01234567/a 01234567/b 07654321/a"), "leading zeros are kept");
        Assert.That(await QueryAsync<string>("select string_agg(openaps || ' ' || nsf, ', ' order by participant_id) from register.current_consent"), Is.AnyOf("true true, false true", "false true, true true"));
    }

    [Test]
    public async Task No_table_of_the_warehouse_names_the_member()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"), "not json");

        await LoadAsync();

        foreach (var table in new[] { "loaded_file", "loaded_period", "raw_segment", "quarantine" })
            Assert.That(await QueryAsync<string>($"select string_agg({table}::text, ' ') from openaps.{table}"), Does.Contain("dir:1571000000000_entries:").And.Not.Contain("01234567"), table);
    }

    [Test]
    public async Task An_erased_member_is_not_loaded_from_a_folder_again()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));
        await using (var site = await _database.OpenAs("registration_site").OpenConnectionAsync())
            await site.ExecuteAsync("insert into register.erasure_receipt (participant_id, member_hash, asked_by) values (1, @hash, 'operator')", new { hash = Erasures.MemberHash("01234567", Secrets) });

        var (code, _, output) = await LoadAsync();

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("this member was erased"));
        Assert.That(await QueryAsync<long>("select (select count(*) from register.participant) + (select count(*) from openaps.entries)"), Is.Zero);
    }

    [Test]
    public async Task What_was_loaded_is_summarised_at_the_end()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));

        var (_, summary, _) = await LoadAsync();

        Assert.That(summary["summarised"]!.GetValue<int>(), Is.EqualTo(1));
        Assert.That(await QueryAsync<string>("select day || ' ' || n from openaps.glucose_day"), Is.EqualTo("2019-10-13 1"));
    }

    [Test]
    public async Task A_second_load_changes_nothing_and_says_so()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"), Entry("b"));
        await LoadAsync();

        var (code, summary, _) = await LoadAsync();

        Assert.That((code, summary["entries"]!.ToJsonString()), Is.EqualTo((0, """{"read":2,"loaded":0,"unchanged":2,"repeated":0,"deleted":0,"quarantined":0}""")));
    }

    [TestCase("none", TestName = "Who_shares_nothing_is_not_loaded")]
    [TestCase(null, TestName = "Who_has_no_consent_file_is_not_loaded")]
    [TestCase("maybe later", TestName = "A_consent_file_nobody_understands_shares_nothing")]
    public async Task Nothing_is_loaded_without_consent(string? consent)
    {
        Write("01234567", consent, "1571000000000_01234567_entries.json", Entry("a"));

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, summary["entries"]!["loaded"]!.GetValue<int>()), Is.EqualTo((0, 0)));
        Assert.That(output, Does.Contain("the member shares nothing"));
        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries"), Is.Zero);
    }

    [Test]
    public async Task Consent_withdrawn_since_the_last_load_removes_what_it_brought()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));
        await LoadAsync();

        Write("01234567", "none", "1571000000000_01234567_entries.json", Entry("a"));
        await LoadAsync();

        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries"), Is.Zero);
    }

    [Test]
    public async Task Of_two_files_of_a_kind_the_newest_counts_and_the_other_is_said()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"), Entry("b"));
        Write("01234567", "both", "1570000000000_01234567_entries.json", Entry("a"));

        var (_, _, output) = await LoadAsync();

        Assert.That(output, Does.Contain("1570000000000_01234567_entries.json: left out: there is a newer one of its kind"));
        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries"), Is.EqualTo(2));
    }

    [Test]
    public async Task Gzipped_files_and_arrays_are_loaded_too_D21()
    {
        Write("01234567", "both", "1571000000000_01234567_treatments.json", $"[{Entry("a")},", $"{Entry("b")}]");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "01234567"));
        await using (var gzip = new GZipStream(File.Create(Path.Combine(_folder.FullName, "01234567", "1571000000000_01234567_entries.json.gz")), CompressionLevel.Fastest))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"{Entry("a")}\n{Entry("b")}\n"));

        var (_, summary, _) = await LoadAsync();

        Assert.That((summary["entries"]!["loaded"]!.GetValue<int>(), summary["treatments"]!["loaded"]!.GetValue<int>()), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task A_damaged_file_is_said_and_the_command_fails_but_the_others_are_loaded()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));
        File.WriteAllBytes(Path.Combine(_folder.FullName, "01234567", "1571000000000_01234567_treatments.json.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff]);

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, summary["failed"]!.GetValue<int>(), summary["entries"]!["loaded"]!.GetValue<int>()), Is.EqualTo((1, 1, 1)));
        Assert.That(output, Does.Contain("1571000000000_01234567_treatments.json.gz: NOT LOADED: the file is damaged"));
    }

    [Test]
    public async Task The_consent_in_the_members_account_counts_before_the_folders()
    {
        Write("01234567", "none", "1571000000000_01234567_entries.json", Entry("a"));
        await LoadAsync();
        await QueryAsync<int?>("""
            insert into openaps.load_state (participant_id, consent_file_key) select participant_id, '17' from register.participant
                on conflict (participant_id) do update set consent_file_key = excluded.consent_file_key;
            """);
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));

        var (_, summary, _) = await LoadAsync();

        Assert.That(summary["entries"]!["loaded"]!.GetValue<int>(), Is.Zero);
    }

    [Test]
    public async Task An_empty_folder_is_nothing_to_load()
    {
        var (code, summary, output) = await LoadAsync();

        Assert.That((code, summary["members"]!.GetValue<int>()), Is.EqualTo((0, 0)));
        Assert.That(output, Does.Contain("nothing to load"));
    }

    void Write(string member, string? consent, string name, params string[] lines)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, member));
        if (consent is not null)
            File.WriteAllText(Path.Combine(folder.FullName, $"{member}_open_aps_data_sharing_consent.txt"), consent);
        File.WriteAllText(Path.Combine(folder.FullName, name), string.Join('\n', lines));
    }

    [Test]
    public async Task A_file_of_the_size_and_time_it_had_is_read_again_only_when_asked()
    {
        Write("01234567", "both", "1571000000000_01234567_entries.json", Entry("a"));
        var file = new FileInfo(Path.Combine(_folder.FullName, "01234567", "1571000000000_01234567_entries.json"));
        await LoadAsync();
        var time = file.LastWriteTimeUtc;
        Write("01234567", "both", file.Name, Entry("b"));
        file.LastWriteTimeUtc = time;

        var (_, unread, _) = await LoadAsync();
        Assert.That((unread["loadedBefore"]!.GetValue<int>(), await QueryAsync<string>("select id from openaps.entries")), Is.EqualTo((1, "a")));

        var (_, read, _) = await LoadAsync(checksum: true);
        Assert.That((read["loadedBefore"]!.GetValue<int>(), await QueryAsync<string>("select id from openaps.entries")), Is.EqualTo((0, "b")));
    }

    async Task<(int Code, JsonNode Summary, string Output)> LoadAsync(bool checksum = false)
    {
        var output = new StringWriter();
        var files = new FileLoad(_db, Secrets, new());
        var code = await new LoadDirectory(_db, new ConsentLedger(_db), new Participants(_db), files, new Withdrawal(_db), new Derived.Summaries(_db, new(), NullLogger<Derived.Summaries>.Instance), Secrets, new(), new(output, onTerminal: false, TimeProvider.System), checksum).LoadAsync(_folder, default);
        var text = output.ToString().TrimEnd();
        return (code, JsonNode.Parse(text.Split('\n')[^1])!, text);
    }

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    static string Entry(string id) => $$"""{"_id":"{{id}}","type":"sgv","sgv":100,"date":1570996800000,"sharing_consent":"both","user_id":"01234567","source_entity":2}""";
}
