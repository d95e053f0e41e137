using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Db.ImportOriginal;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>What gets from a participant's account into the warehouse, and out of it again.</summary>
public sealed class ParticipantLoadTests
{
    static readonly string SecretKey = Convert.ToBase64String(new byte[32]);

    TestDatabase _database = null!;
    RunningSandbox _sandbox = null!;
    WebApplication _app = null!;
    NpgsqlDataSource _owner = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _owner = _database.OpenAsOwner();
        _sandbox = await SandboxHost.StartAsync(new());
        _app = Etl.Build(["--Postgres:MaxPoolSize=1", $"--Postgres:Connection={_database.As("open_humans_etl")}", $"--Secrets:Key={SecretKey}", $"--OpenHumans:BaseUrl={_sandbox.OpenHumansUrl}", "--OpenHumans:ClientId=sandbox-client",
            "--OpenHumans:ClientSecret=sandbox-client-secret", "--environment=Testing", "--Serilog:MinimumLevel:Default=Fatal"]);
    }

    [TearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>The participant's row comes before their tokens: whoever looked between would tell them to sign in again.</summary>
    [Test]
    public async Task Who_is_signing_in_at_this_moment_is_not_due_before_their_tokens_are_there()
    {
        var (participant, _) = await EnrolAsync();
        var due = _app.Services.GetRequiredService<DueLoads>();
        await using var owner = await _owner.OpenConnectionAsync();
        await owner.ExecuteAsync("create table public.later as select * from register.open_humans_token; delete from register.open_humans_token");
        Assert.That(await due.ClaimAsync(10, default), Is.Empty);

        await owner.ExecuteAsync("insert into register.open_humans_token select * from public.later");

        Assert.That((await due.ClaimAsync(10, default)).Select(lease => lease.Key), Is.EqualTo(new[] { participant }));
    }

    [Test]
    public async Task New_files_are_loaded_and_known_ones_are_not_downloaded_again()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-19", 1, Entry("a"));
        AddFile(member, "2026-11-20", 1, Entry("b"));
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));
        _sandbox.OpenHumans.Requests.Clear();

        AddFile(member, "2026-11-21", 1, Entry("c"));
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));

        Assert.That(await RowsAsync(participant), Is.EqualTo("a b c"));
        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("datafile-download")), Is.EqualTo(1));
        await using var owner = await _owner.OpenConnectionAsync();
        Assert.That(await owner.QueryAsync<string>("select concat_ws(' ', outcome, rows_loaded, rows_unchanged, started_at < ended_at) from openaps.load_run where participant_id = @participant order by run_id", new { participant }),
            Is.EqualTo(new[] { "Loaded 2 0 t", "Loaded 1 0 t" }), "each load is written down");
    }

    [Test]
    public async Task Of_two_files_of_a_period_the_higher_revision_is_loaded()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 2, Entry("a"), Entry("b"));
        AddFile(member, "2026-11-20", 1, Entry("a"));

        await RunAsync(participant);

        Assert.That(await RowsAsync(participant), Is.EqualTo("a b"));
    }

    [Test]
    public async Task Whole_history_files_of_the_original_are_loaded_as_lines_and_as_an_array_D21()
    {
        foreach (var text in new[] { $"{Entry("a")}\n{Entry("b")}\n", $"[{Entry("a")},{Entry("b")}]" })
        {
            var (participant, member) = await EnrolAsync();
            member.AddFile($"1571000000000_{member.Id}_entries.json", Encoding.UTF8.GetBytes(text));

            Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));
            Assert.That(await RowsAsync(participant), Is.EqualTo("a b"));
        }
    }

    [Test]
    public async Task Day_files_win_over_the_whole_history_they_came_after()
    {
        var (participant, member) = await EnrolAsync();
        member.AddFile($"1571000000000_{member.Id}_entries.json", Encoding.UTF8.GetBytes($"{Entry("a", 100)}\n{Entry("b", 100)}"));
        AddFile(member, "2026-11-20", 1, Entry("b", 200));

        await RunAsync(participant);

        Assert.That(await QueryAsync<string>("select string_agg(id || '=' || sgv || '/' || period, ' ' order by id) from openaps.entries where participant_id = @participant", participant),
            Is.EqualTo("a=100/whole b=200/2026-11-20"));
    }

    [Test]
    public async Task A_file_named_after_another_member_is_not_loaded()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        member.AddFile("99999999_entries_2026-11-21.ndjson.gz", Gzip(Entry("fe")));

        await RunAsync(participant);

        Assert.That(await RowsAsync(participant), Is.EqualTo("a"));
    }

    [Test]
    public async Task A_damaged_file_is_said_and_the_others_are_loaded()
    {
        var (participant, member) = await EnrolAsync();
        var damaged = Gzip(Entry("ee"));
        member.AddFile($"{member.Id}_entries_2026-11-19.ndjson.gz", damaged, Metadata("2026-11-19", 1, [1, 2, 3]));
        AddFile(member, "2026-11-20", 1, Entry("a"));

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.FileDamaged));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a"));
    }

    [Test]
    public async Task A_file_the_participant_deleted_takes_its_rows_along()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-19", 1, Entry("a"));
        var deleted = AddFile(member, "2026-11-20", 1, Entry("b"));
        await RunAsync(participant);

        member.DeleteFile(deleted.Id);
        await RunAsync(participant);
        Assert.That(await RowsAsync(participant), Is.EqualTo("a b"), "doubted at first");
        await ExecuteAsync("update openaps.loaded_period set missing_since = missing_since - interval '2 hours'");
        await RunAsync(participant);

        Assert.That(await RowsAsync(participant), Is.EqualTo("a"));
        Assert.That(await QueryAsync<long>("select count(*) from openaps.raw_segment where participant_id = @participant", participant), Is.EqualTo(1));
    }

    [Test]
    public async Task A_record_that_moves_from_day_files_to_their_month_is_never_gone()
    {
        var (participant, member) = await EnrolAsync();
        var days = new[] { AddFile(member, "2026-09-01", 1, Entry("a")), AddFile(member, "2026-09-02", 1, Entry("b")) };
        await RunAsync(participant);

        AddFile(member, "2026-09", 1, Entry("a"), Entry("b"));
        await RunAsync(participant);
        foreach (var day in days)
            member.DeleteFile(day.Id);
        await RunAsync(participant);

        Assert.That(await QueryAsync<string>("select string_agg(id || '/' || period, ' ' order by id) from openaps.entries where participant_id = @participant", participant), Is.EqualTo("a/2026-09 b/2026-09"));
    }

    [TestCase("both", true, true)]
    [TestCase("openaps", true, false)]
    [TestCase("nsf\n", false, true)]
    [TestCase("none", false, false)]
    [TestCase("something else", false, false)]
    public async Task The_consent_file_decides_when_the_page_was_never_used(string text, bool openAps, bool nsf)
    {
        var (participant, member) = await EnrolAsync(consent: text);
        AddFile(member, "2026-11-20", 1, Entry("a"));

        await RunAsync(participant);

        Assert.That(await QueryAsync<string>("select openaps || ' ' || nsf from register.current_consent where participant_id = @participant", participant), Is.EqualTo($"{openAps} {nsf}".ToLowerInvariant()));
        Assert.That(await RowsAsync(participant), Is.EqualTo(openAps || nsf ? "a" : ""));
    }

    [Test]
    public async Task Widening_the_file_does_not_widen_what_the_page_said()
    {
        var (participant, member) = await EnrolAsync(consent: "both", page: "openaps");
        AddFile(member, "2026-11-20", 1, Entry("a"));

        await RunAsync(participant);

        Assert.That(await QueryAsync<string>("select openaps || ' ' || nsf from register.current_consent where participant_id = @participant", participant), Is.EqualTo("true false"));
    }

    [Test]
    public async Task A_missing_consent_file_hides_at_once_and_removes_a_day_later()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);

        member.DeleteFile(member.Files.Single(file => file.Name.Contains("consent")).Id);
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.ConsentFileMissing));
        await WithdrawAsync();
        Assert.That(await QueryAsync<bool>("select openaps or nsf from register.current_consent where participant_id = @participant", participant), Is.False);
        Assert.That(await RowsAsync(participant), Is.EqualTo("a"), "hidden, and in doubt");

        await ExecuteAsync("update openaps.load_state set consent_missing_since = consent_missing_since - interval '25 hours'");
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.NotShared));
        await WithdrawAsync();
        Assert.That(await RowsAsync(participant), Is.Empty);
    }

    [Test]
    public async Task A_consent_file_that_comes_back_shows_everything_again()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);
        member.DeleteFile(member.Files.Single(file => file.Name.Contains("consent")).Id);
        await RunAsync(participant);

        member.AddFile(ParticipantFiles.Consent(member.Id), "nsf"u8.ToArray());
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));

        Assert.That(await QueryAsync<string>("select openaps || ' ' || nsf from register.current_consent where participant_id = @participant", participant), Is.EqualTo("false true"));
    }

    [Test]
    public async Task Withdrawal_on_the_page_removes_everything_without_a_load_and_without_asking_Open_Humans()
    {
        var (participant, member) = await EnrolAsync(page: "both");
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);
        await new ConsentLedger(_owner).RecordAsync(member.Id, ConsentLedger.Page, "none", "test", default);
        _sandbox.OpenHumans.Requests.Clear();

        await WithdrawAsync();

        Assert.That(await RowsAsync(participant), Is.Empty);
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.NotShared));
        Assert.That(_sandbox.OpenHumans.Requests.Served, Is.Empty);
    }

    [Test]
    public async Task Whoever_changes_their_consent_is_due_at_once()
    {
        var (participant, member) = await EnrolAsync(page: "both");
        await RunAsync(participant);
        var due = _app.Services.GetRequiredService<DueLoads>();
        Assert.That(await due.ClaimAsync(10, default), Is.Empty);

        await new ConsentLedger(_owner).RecordAsync(member.Id, ConsentLedger.Page, "none", "test", default);

        Assert.That((await due.ClaimAsync(10, default)).Select(lease => lease.Key), Is.EqualTo(new[] { participant }));
    }

    [Test]
    public async Task A_file_replaced_between_listing_and_download_is_listed_again()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("b"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 403, Path = "/storage/*", Method = "GET" });

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));
        Assert.That(await RowsAsync(participant), Is.EqualTo("b"));
    }

    [Test]
    public async Task A_file_that_stays_out_of_reach_is_tried_again_later()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 403, Path = "/storage/*", Method = "GET", Count = 100 });

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.OpenHumansTemporary));
    }

    [Test]
    public async Task Open_Humans_not_answering_removes_nothing()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Count = 10 });

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.OpenHumansTemporary));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a"));
    }

    [Test]
    public async Task A_listing_older_than_what_the_participant_said_overrules_nothing()
    {
        var (participant, member) = await EnrolAsync(page: "both");
        var consent = member.Files.Single();
        member.DeleteFile(consent.Id);
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1), Path = "*/exchange-member/" });
        var run = RunAsync(participant);
        await Task.Delay(300);
        await new ConsentLedger(_database.OpenAs("registration_site")).RecordAsync(member.Id, ConsentLedger.File, "both", "file", default);

        Assert.That(await run, Is.EqualTo(Outcome.ConsentChanged));
        Assert.That(await QueryAsync<bool>("select openaps from register.current_consent where participant_id = @participant", participant), Is.True);
        Assert.That(await _app.Services.GetRequiredService<DueLoads>().ClaimAsync(10, default), Has.Count.EqualTo(1), "looked at again at once");
    }

    [Test]
    public async Task New_files_of_who_shares_nothing_are_no_work()
    {
        var (participant, _) = await EnrolAsync(page: "none");
        await ExecuteAsync($"insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, current_at) values ({participant}, 'entries', '2026-11-20', 1, 'current', 1, 1, '', '', 1, now())");

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.NotShared));
        Assert.That(await _app.Services.GetRequiredService<DueLoads>().ClaimAsync(10, default), Is.Empty);
    }

    [Test]
    public async Task Who_withdrew_and_left_is_removed_although_nobody_loads_them()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);
        await new ConsentLedger(_database.OpenAs("registration_site")).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.None, "test", default);
        await ExecuteAsync($"update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans' where participant_id = {participant}");

        await WithdrawAsync();

        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries where participant_id = @participant", participant), Is.Zero);
    }

    [Test]
    public async Task A_participant_who_left_is_hidden()
    {
        var (participant, member) = await EnrolAsync();
        AddFile(member, "2026-11-20", 1, Entry("a"));
        await RunAsync(participant);
        await member.LeaveAsync(erase: false);

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.SignInAgain));
        Assert.That(await QueryAsync<bool>("select openaps or nsf from register.current_consent where participant_id = @participant", participant), Is.False);
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Suspended));
    }

    [Test]
    public async Task Whoever_was_imported_from_the_original_is_loaded_and_refreshed_without_signing_in()
    {
        var member = _sandbox.OpenHumans.AddMember();
        var pair = member.Authorize();
        member.AddFile(ParticipantFiles.Consent(member.Id), "openaps"u8.ToArray());
        member.AddFile($"1571000000000_{member.Id}_entries.json", Encoding.UTF8.GetBytes(Entry("a")));
        await using var original = await OriginalSystem.CreateAsync();
        await original.MemberAsync(member.Id, pair.AccessToken, pair.RefreshToken, pair.ExpiresAt);
        await original.ExecuteAsync("insert into openaps.member_demographics (project_member_id, ts, google_sheets_source, country) values (@member, '2019-06-01', 'openaps', 'Spain')", new { member = int.Parse(member.Id) });
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Postgres:Connection", _database.Owner), new("Secrets:Key", SecretKey)]).Build();
        Assert.That(await Import.RunAsync(original.Connection, settings, TextWriter.Null, TextWriter.Null, default), Is.Zero);
        var participant = await QueryAsync<long>("select participant_id from register.participant", 0);

        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded));
        Assert.That(await RowsAsync(participant), Is.EqualTo("a"));
        _sandbox.OpenHumans.ExpireAccessTokens();
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded), "refreshed with the imported token");

        Assert.That(await Import.RunAsync(original.Connection, settings, TextWriter.Null, TextWriter.Null, default), Is.Zero);
        Assert.That(await RunAsync(participant), Is.EqualTo(Outcome.Loaded), "the pair that the refresh gave is kept");
        Assert.That(await QueryAsync<string>("select country_code from openaps.member_demographics where participant_id = @participant", participant), Is.EqualTo("ES"), "consent is known now");
    }

    async Task<(long Participant, Member Member)> EnrolAsync(string consent = "both", string? page = null)
    {
        var member = _sandbox.OpenHumans.AddMember();
        var db = _database.OpenAs("registration_site");
        var participant = await new ConsentLedger(db).RecordAsync(member.Id, ConsentLedger.Page, page, "test", default);
        var pair = member.Authorize();
        await using var connection = await db.OpenConnectionAsync();
        await OpenHumansTokens.StoreAsync(await new Participants(db).FindAsync(participant, default), new(pair.AccessToken, pair.RefreshToken, TimeProvider.System.GetUtcNow().AddHours(10)),
            new SecretBox(new() { Key = SecretKey }), connection, default);
        member.AddFile(ParticipantFiles.Consent(member.Id), Encoding.UTF8.GetBytes(consent));
        return (participant, member);
    }

    static DataFile AddFile(Member member, string period, int revision, params string[] lines)
    {
        var bytes = Gzip(lines);
        return member.AddFile($"{member.Id}_entries_{period}.ndjson.gz", bytes, Metadata(period, revision, SHA256.HashData(bytes)));
    }

    static JsonObject Metadata(string period, int revision, byte[] sha256) => new()
    {
        ["description"] = "",
        ["tags"] = new JsonArray(),
        ["period"] = period,
        ["revision"] = revision,
        ["sha256"] = Convert.ToHexStringLower(sha256),
    };

    static byte[] Gzip(params string[] lines)
    {
        var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return file.ToArray();
    }

    static string Entry(string id, int sgv = 100) => $$"""{"_id":"{{id}}","type":"sgv","sgv":{{sgv}},"date":1795226000000}""";

    async Task<Outcome> RunAsync(long participant)
    {
        var due = _app.Services.GetRequiredService<DueLoads>();
        await due.ClaimAsync(0, default); // enrols
        await ExecuteAsync($"update openaps.load_state set due_at = case when participant_id = {participant} then now() else now() + interval '1 day' end, lease_until = null");
        return await _app.Services.GetRequiredService<ParticipantLoad>().RunAsync((await due.Leases.ClaimAsync(1, default)).Single(), default);
    }

    async Task WithdrawAsync() => await ActivatorUtilities.CreateInstance<WithdrawalJob>(_app.Services).Execute(null!);

    Task<string> RowsAsync(long participant) => QueryAsync<string>("select coalesce(string_agg(id, ' ' order by id), '') from openaps.entries where participant_id = @participant", participant);

    async Task<T> QueryAsync<T>(string sql, long participant)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, new { participant }))!;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
