using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>The operator command that loads a whole Open Humans project with its master token.</summary>
public sealed class LoadProjectTests
{
    static readonly string SecretKey = Convert.ToBase64String(new byte[32]);

    TestDatabase _database = null!;
    RunningSandbox _sandbox = null!;
    WebApplication? _app;
    NpgsqlDataSource _owner = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _owner = _database.OpenAsOwner();
        _sandbox = await SandboxHost.StartAsync(new());
    }

    [TearDown]
    public async Task Stop()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_full_load_connects_and_loads_all_files_of_all_members_over_all_pages_D21()
    {
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MaxLimit = 3, MembersInAnyOrder = true };
        foreach (var _ in Enumerable.Range(0, 8))
        {
            var member = Join("both");
            for (var day = 1; day <= 5; day++)
                AddDay(member, $"2026-11-0{day}", Entry($"e{day}"));
        }

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, Number(summary, "members"), Number(summary, "files"), Number(summary, "failed")), Is.EqualTo((0, 8, 40, 0)), output);
        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries"), Is.EqualTo(40));
        Assert.That(output, Does.StartWith("Project \"Sandbox Data Commons\": 8 members, 48 files in their accounts."));
        Assert.That(summary["entries"]!.ToJsonString(), Is.EqualTo("""{"read":40,"loaded":40,"unchanged":0,"repeated":0,"deleted":0,"quarantined":0}"""));
    }

    [Test]
    public async Task A_full_load_stops_after_no_number_of_lines_D21()
    {
        AddWhole(Join("both"), "entries.json", string.Join('\n', Enumerable.Range(0, 1_234).Select(i => Entry($"e{i}"))));

        await LoadAsync();

        Assert.That(await QueryAsync<long>("select count(*) from openaps.entries"), Is.EqualTo(1_234));
    }

    [Test]
    public async Task A_full_load_really_uses_the_master_token_and_no_other_D21()
    {
        var member = Join("both");
        AddDay(member, "2026-11-20", Entry("a"));
        _sandbox.OpenHumans.ExpireAccessTokens();

        await LoadAsync();

        Assert.That(await QueryAsync<long>("select count(*) from register.open_humans_token"), Is.Zero);
        Assert.That(await RowsAsync(member), Is.EqualTo("a"));
    }

    [TestCase("entries.json", false, false, TestName = "A_full_load_reads_lines_D21")]
    [TestCase("entries.json", true, false, TestName = "A_full_load_reads_an_array_D21")]
    [TestCase("entries.json.gz", false, true, TestName = "A_full_load_reads_gzipped_lines_D21")]
    [TestCase("entries.json.gz", true, true, TestName = "A_full_load_reads_a_gzipped_array_D21")]
    public async Task Whole_histories_of_the_original(string name, bool array, bool gzip)
    {
        var member = Join("both");
        var text = array ? $"[{Entry("a")},\n{Entry("b")}]" : $"{Entry("a")}\n{Entry("b")}\n";
        member.AddFile($"1571000000000_{member.Id}_{name}", gzip ? Gzip(text) : Encoding.UTF8.GetBytes(text));

        await LoadAsync();

        Assert.That(await RowsAsync(member), Is.EqualTo("a b"));
    }

    [Test]
    public async Task Only_what_is_shared_is_loaded_the_narrower_of_file_and_ledger()
    {
        var (both, openAps, none, missing, withdrawn, narrowed, suspended) = (Join("both"), Join("openaps"), Join("none"), Join(null), Join("both"), Join("both"), Join("both"));
        foreach (var member in _sandbox.OpenHumans.Members)
            AddDay(member, "2026-11-20", Entry("a"));
        var ledger = new ConsentLedger(_database.OpenAs("registration_site"));
        await ledger.RecordAsync(withdrawn.Id, ConsentLedger.Page, SharedProjects.None, "test", default);
        await ledger.RecordAsync(narrowed.Id, ConsentLedger.Page, SharedProjects.Nightscout, "test", default);
        await ledger.RecordAsync(suspended.Id, ConsentLedger.Page, SharedProjects.Both, "test", default);
        await ExecuteAsync($"update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans' where project_member_id = '{suspended.Id}'");

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, Number(summary, "members"), Number(summary, "notShared"), Number(summary, "suspended"), Number(summary, "files")), Is.EqualTo((0, 7, 3, 1, 3)), output);
        Assert.That(await QueryAsync<string>("select string_agg(distinct project_member_id, ' ' order by project_member_id) from openaps.entries join register.participant using (participant_id)"),
            Is.EqualTo(string.Join(' ', new[] { both, openAps, narrowed }.Select(member => member.Id).Order(StringComparer.Ordinal))));
        Assert.That(await ConsentAsync(openAps), Is.EqualTo("true false"));
        Assert.That(await ConsentAsync(narrowed), Is.EqualTo("false true"));
        Assert.That(await ConsentAsync(missing), Is.EqualTo("false false"));
        Assert.That(_sandbox.OpenHumans.Requests.Served.Any(request => request.Subject == withdrawn.Id), Is.False, "nobody asks for the files of who withdrew");
        Assert.That(output, Does.Contain("3 members not loaded: no consent file, or it says none, or they said so here.").And.Contains("1 member not loaded: suspended"));
    }

    [Test]
    public async Task Who_was_erased_is_not_loaded_unless_they_have_come_back()
    {
        var (erased, back) = (Join("both"), Join("both"));
        AddDay(erased, "2026-11-20", Entry("a"));
        AddDay(back, "2026-11-20", Entry("b"));
        await using (var site = await _database.OpenAs("registration_site").OpenConnectionAsync())
            foreach (var (at, member) in new[] { erased, back }.Index())
                await site.ExecuteAsync("insert into register.erasure_receipt (participant_id, member_hash, asked_by) values (@participant, @hash, 'operator')",
                    new { participant = 1000 + at, hash = Erasures.MemberHash(member.Id, new(new() { Key = SecretKey })) });
        await new ConsentLedger(_database.OpenAs("registration_site")).RecordAsync(back.Id, ConsentLedger.Page, SharedProjects.Both, "test", default);

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, Number(summary, "membersDone"), Number(summary, "files"), Number(summary, "notShared")), Is.EqualTo((0, 2, 1, 0)), output);
        Assert.That(output, Does.Contain("a member: left out: they were erased here").And.Not.Contain(erased.Id));
        Assert.That(await QueryAsync<string>("select string_agg(project_member_id, ' ') from register.participant"), Is.EqualTo(back.Id));
        Assert.That(await RowsAsync(back), Is.EqualTo("b"));
    }

    [Test]
    public async Task Who_withdrew_since_the_last_load_loses_what_it_brought()
    {
        var member = Join("both");
        AddDay(member, "2026-11-20", Entry("a"));
        await LoadAsync();

        await new ConsentLedger(_database.OpenAs("registration_site")).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.None, "test", default);
        await LoadAsync();

        Assert.That(await RowsAsync(member), Is.Empty);
    }

    [Test]
    public async Task Who_withdraws_while_their_file_is_on_its_way_is_not_loaded()
    {
        var member = Join("both");
        AddDay(member, "2026-11-20", Entry("a"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(2), Path = "/storage/*entries*" });

        var load = LoadAsync();
        await UntilAsync(() => _sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("datafile-download")) == 2);
        await new ConsentLedger(_database.OpenAs("registration_site")).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.None, "test", default);
        var (code, summary, output) = await load;

        Assert.That((code, Number(summary, "notShared"), Number(summary, "files")), Is.EqualTo((0, 1, 0)), output);
        Assert.That(await RowsAsync(member), Is.Empty);
    }

    [Test]
    public async Task A_second_load_downloads_nothing_and_says_that_there_is_nothing_to_do()
    {
        var member = Join("both");
        AddDay(member, "2026-11-19", Entry("a"));
        AddWhole(member, "treatments.json", """{"_id":"t","eventType":"Note","created_at":"2019-10-13T20:00:00Z"}""");
        await LoadAsync();
        _sandbox.OpenHumans.Requests.Clear();

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, Number(summary, "loadedBefore"), Downloads), Is.EqualTo((0, 2, 0)));
        Assert.That(output, Does.Contain("Going on: 2 files of Open Humans loaded already; only what is missing is read.").And.Contains("Nothing to do: 2 files loaded already."));
    }

    [Test]
    public async Task What_load_project_has_loaded_the_service_does_not_read_again()
    {
        var member = Join("both");
        AddDay(member, "2026-11-19", Entry("a"));
        AddDay(member, "2026-11-20", Entry("b"));
        await LoadAsync();
        await SignInAsync(member);
        _sandbox.OpenHumans.Requests.Clear();

        Assert.That(await ServiceRunAsync(member), Is.EqualTo(Outcome.Loaded));

        Assert.That((Downloads, await RowsAsync(member)), Is.EqualTo((0, "a b")), "not even the consent file");
    }

    [Test]
    public async Task What_the_service_has_loaded_load_project_does_not_read_again()
    {
        var member = Join("both");
        AddDay(member, "2026-11-19", Entry("a"));
        AddDay(member, "2026-11-20", Entry("b"));
        await SignInAsync(member);
        Assert.That(await ServiceRunAsync(member), Is.EqualTo(Outcome.Loaded));
        AddDay(member, "2026-11-21", Entry("c"));
        _sandbox.OpenHumans.Requests.Clear();

        var (_, summary, _) = await LoadAsync();

        Assert.That((Downloads, Number(summary, "loadedBefore"), await RowsAsync(member)), Is.EqualTo((1, 2, "a b c")));
    }

    [Test]
    public async Task A_damaged_file_is_said_by_cause_and_stops_nobody()
    {
        var (damaged, sound) = (Join("both"), Join("both"));
        damaged.AddFile($"1571000000000_{damaged.Id}_treatments.json.gz", new byte[] { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff });
        damaged.AddFile($"{damaged.Id}_entries_2026-11-19.ndjson.gz", Gzip(Entry("x")), new() { ["description"] = "", ["tags"] = new JsonArray(), ["sha256"] = new string('0', 64) });
        AddDay(damaged, "2026-11-20", Entry("a"));
        AddDay(sound, "2026-11-20", Entry("b"));

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, summary["failures"]!.ToJsonString(), Number(summary, "files"), summary["stopped"]), Is.EqualTo((1, """{"damaged":2}""", 2, (JsonNode?)null)), output);
        Assert.That((await RowsAsync(damaged), await RowsAsync(sound)), Is.EqualTo(("a", "b")));
        Assert.That(output, Does.Match(@"participant \d+, treatments whole \(oh:\d+\): NOT LOADED: the file is damaged\n").And.Match(@"Not loaded, by cause:\n      2  the file is damaged: .*run the command again\."));
    }

    [Test]
    public async Task A_member_Open_Humans_does_not_answer_for_stops_nobody()
    {
        var (refused, sound) = (Join("both"), Join("both"));
        AddDay(refused, "2026-11-20", Entry("a"));
        AddDay(sound, "2026-11-20", Entry("b"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Path = "*/exchange-member/", Member = refused.Id, Count = int.MaxValue });

        var (code, summary, output) = await LoadAsync();
        _sandbox.Faults.Clear();
        var (again, _, _) = await LoadAsync();

        Assert.That((code, summary["failures"]!.ToJsonString(), Number(summary, "files")), Is.EqualTo((1, """{"noAnswer":1}""", 1)), output);
        Assert.That((again, await RowsAsync(refused), await RowsAsync(sound)), Is.EqualTo((0, "a", "b")));
    }

    [TestCase(FaultKind.Status, 429)]
    [TestCase(FaultKind.Status, 500)]
    [TestCase(FaultKind.Status, 503)]
    [TestCase(FaultKind.CutBody, 0)]
    [TestCase(FaultKind.Reset, 0)]
    public async Task What_passes_by_itself_is_asked_for_again(FaultKind kind, int status)
    {
        var member = Join("both");
        AddDay(member, "2026-11-19", Entry("a"));
        AddDay(member, "2026-11-20", Entry("b"));
        foreach (var path in new[] { "*/exchange-member/", "/data-management/*", "/storage/*consent*", "/storage/*entries*" })
            _sandbox.Faults.Add(new() { Kind = kind, Status = status, Path = path, RetryAfter = TimeSpan.FromSeconds(1) });

        var (code, _, output) = await LoadAsync();

        Assert.That((code, await RowsAsync(member)), Is.EqualTo((0, "a b")), output);
        Assert.That(_sandbox.Faults.Waiting, Is.Empty);
    }

    [Test]
    public async Task Addresses_that_run_out_on_the_way_are_asked_for_again_however_often()
    {
        var member = Join("both");
        for (var day = 1; day <= 9; day++)
            AddDay(member, $"2026-11-0{day}", Entry($"e{day}"));
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { DownloadLife = TimeSpan.FromSeconds(0.7) };
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(0.5), Path = "/storage/*entries*", Count = int.MaxValue });

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, Number(summary, "files"), Number(summary, "loadedBefore"), Number(summary, "failed")), Is.EqualTo((0, 9, 0, 0)), output);
        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("exchange-member")), Is.GreaterThan(4));
        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.StartsWith("/storage") && request.Status == 200), Is.EqualTo(10), "none is read twice");
    }

    [Test]
    public async Task A_file_that_is_never_there_is_said_and_the_members_others_are_loaded()
    {
        var member = Join("both");
        for (var day = 1; day <= 8; day++)
            AddDay(member, $"2026-11-0{day}", Entry($"e{day}"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 403, Path = "/storage/*2026-11-03*", Count = int.MaxValue });

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, summary["failures"]!.ToJsonString(), Number(summary, "files")), Is.EqualTo((1, """{"changing":1}""", 7)), output);
    }

    [Test]
    public async Task Open_Humans_is_left_alone_when_it_fails_again_and_again()
    {
        for (var i = 0; i < 30; i++)
            Join("both");
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Path = "*/exchange-member/", Count = int.MaxValue });

        var (code, summary, output) = await LoadAsync();

        Assert.That((code, (string?)summary["stopped"]), Is.EqualTo((1, "outOfReach")), output);
        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("exchange-member")), Is.LessThan(60));
        Assert.That(output, Does.Contain("It stopped because Open Humans failed too often in a row").And.Contains("run the command again: it goes on with what is missing."));
    }

    [Test]
    public async Task A_master_token_that_ends_on_the_way_stops_the_load_and_a_new_one_goes_on()
    {
        var members = Enumerable.Range(0, 6).Select(_ => Join("both")).ToList();
        foreach (var member in members)
            AddDay(member, "2026-11-20", Entry("a"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1), Path = "*/exchange-member/", Skip = 3, Count = int.MaxValue });
        var load = LoadAsync();
        await UntilAsync(() => _sandbox.OpenHumans.Requests.IsServing("/api/direct-sharing/project/exchange-member/") && _sandbox.OpenHumans.Requests.Served.Count > 8);
        _sandbox.OpenHumans.RegenerateMasterToken();

        var (code, summary, output) = await load;
        _sandbox.Faults.Clear();
        var (again, _, _) = await LoadAsync();

        Assert.That((code, (string?)summary["stopped"], Number(summary, "membersDone") < 6), Is.EqualTo((1, "tokenRefused", true)), output);
        Assert.That((again, await QueryAsync<long>("select count(*) from openaps.entries")), Is.EqualTo((0, 6)));
    }

    [Test]
    public async Task Stopped_by_the_operator_it_says_how_to_go_on()
    {
        AddDay(Join("both"), "2026-11-20", Entry("a"));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(30), Path = "/storage/*" });
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);
        await UntilAsync(() => _sandbox.OpenHumans.Requests.Served.Any(request => request.Template.Contains("datafile-download")));

        await stop.CancelAsync();
        var (code, summary, output) = await load;

        Assert.That((code, (string?)summary["stopped"]), Is.EqualTo((1, "interrupted")));
        Assert.That(output, Does.Contain("1 member not finished."));
    }

    [Test]
    public void Without_a_token_it_does_not_start_and_says_where_to_get_one() =>
        Assert.That(async () => await LoadAsync("--OpenHumans:MasterToken="), Throws.TypeOf<CannotStartException>().With.Message.Contains("OpenHumans__MasterTokenFile").And.Message.Contains("openhumans.org"));

    [Test]
    public async Task The_token_may_be_in_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"{_sandbox.OpenHumans.MasterToken}\n");

            var (code, _, output) = await LoadAsync("--OpenHumans:MasterToken=", $"--OpenHumans:MasterTokenFile={file}");

            Assert.That(code, Is.Zero, output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void A_token_file_that_is_not_there_is_said() =>
        Assert.That(async () => await LoadAsync("--OpenHumans:MasterToken=", "--OpenHumans:MasterTokenFile=/nowhere/token"), Throws.TypeOf<CannotStartException>().With.Message.Contains("MasterTokenFile"));

    [Test]
    public void What_is_no_token_at_all_is_sent_to_nobody()
    {
        Assert.That(async () => await LoadAsync("--OpenHumans:MasterToken=Bearer abc"), Throws.TypeOf<CannotStartException>());
        Assert.That(_sandbox.OpenHumans.Requests.Served, Is.Empty);
    }

    [Test]
    public void A_wrong_token_or_a_members_does_not_start()
    {
        var members = Join("both").Authorize().AccessToken;

        Assert.That(async () => await LoadAsync("--OpenHumans:MasterToken=wrong"), Throws.TypeOf<CannotStartException>().With.Message.Contains("does not accept the master token"));
        Assert.That(async () => await LoadAsync($"--OpenHumans:MasterToken={members}"), Throws.TypeOf<CannotStartException>().With.Message.Contains("does not accept the master token").And.Message.Not.Contains(members));
    }

    [Test]
    public void Without_an_answer_it_does_not_start()
    {
        _sandbox.Faults.Add(new() { Kind = FaultKind.HtmlPage });

        Assert.That(async () => await LoadAsync(), Throws.TypeOf<CannotStartException>().With.Message.Contains("OpenHumans__BaseUrl"));
    }

    [Test]
    public void Without_a_work_folder_it_does_not_start() =>
        Assert.That(async () => await LoadAsync("--Etl:WorkFolder=/dev/null/work"), Throws.TypeOf<CannotStartException>().With.Message.Contains("Etl__WorkFolder"));

    [Test]
    public async Task A_project_without_members_is_nothing_to_do()
    {
        var (code, _, output) = await LoadAsync();

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("0 members").And.Contains("Nothing to do: there are no members."));
    }

    [Test]
    public async Task Neither_the_token_nor_a_members_number_is_ever_printed()
    {
        var member = Join("both");
        AddDay(member, "2026-11-20", Entry("a"));
        member.AddFile($"1571000000000_{member.Id}_treatments.json.gz", "\u001f"u8.ToArray());
        Join(null);
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "/storage/*profile*", Count = int.MaxValue });
        AddWhole(member, "profile.json", "{}");

        var (_, _, output) = await LoadAsync();

        Assert.That(output, Does.Not.Contain(_sandbox.OpenHumans.MasterToken).And.Not.Contain(member.Id).And.Not.Contain("http"));
    }

    [Test]
    public async Task Progress_is_told_in_lines_when_nobody_watches()
    {
        AddDay(Join("both"), "2026-11-20", Entry("a"));
        Join("both");
        _sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1), Path = "/storage/*entries*" });

        var (_, _, output) = await LoadAsync();

        Assert.That(output, Does.Match(@"(?m)^\d/2 members, \d/\d files, \d rows, \d+ rows/s").And.Match(@"participant \d+: 1 file, 1 row\n"));
    }

    Member Join(string? consent)
    {
        var member = _sandbox.OpenHumans.AddMember();
        member.Authorize();
        if (consent is not null)
            member.AddFile(ParticipantFiles.Consent(member.Id), Encoding.UTF8.GetBytes(consent));
        return member;
    }

    static void AddDay(Member member, string day, params string[] lines)
    {
        var bytes = Gzip(string.Join('\n', lines));
        member.AddFile($"{member.Id}_entries_{day}.ndjson.gz", bytes, new()
        {
            ["description"] = "",
            ["tags"] = new JsonArray(),
            ["period"] = day,
            ["revision"] = 1,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        });
    }

    static void AddWhole(Member member, string name, string text) => member.AddFile($"1571000000000_{member.Id}_{name}", Encoding.UTF8.GetBytes(text));

    static byte[] Gzip(string text)
    {
        var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return file.ToArray();
    }

    static string Entry(string id) => $$"""{"_id":"{{id}}","type":"sgv","sgv":100,"date":1795226000000}""";

    int Downloads => _sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("datafile-download"));

    WebApplication App(params string[] own) => Etl.Build(["--Postgres:MaxPoolSize=2", $"--Postgres:Connection={_database.As("open_humans_etl")}", $"--Secrets:Key={SecretKey}",
        $"--OpenHumans:BaseUrl={_sandbox.OpenHumansUrl}", "--OpenHumans:ClientId=sandbox-client", "--OpenHumans:ClientSecret=sandbox-client-secret", "--Etl:BatchLines=100", "--Etl:RetryPause=00:00:00.05",
        $"--OpenHumans:MasterToken={_sandbox.OpenHumans.MasterToken}", "--environment=Testing", "--Serilog:MinimumLevel:Default=Fatal", .. own]);

    async Task<(int Code, JsonNode Summary, string Output)> LoadAsync(params string[] own) => await LoadAsync(CancellationToken.None, own);

    async Task<(int Code, JsonNode Summary, string Output)> LoadAsync(CancellationToken cancellationToken, params string[] own)
    {
        await using var app = App(own);
        var output = new StringWriter();
        var report = new LoadReport(output, onTerminal: false, TimeProvider.System) { Every = TimeSpan.FromMilliseconds(200) };
        var code = await ActivatorUtilities.CreateInstance<LoadProject>(app.Services, report).LoadAsync(cancellationToken);
        var text = output.ToString().TrimEnd();
        return (code, JsonNode.Parse(text.Split('\n')[^1])!, text);
    }

    async Task SignInAsync(Member member)
    {
        var db = _database.OpenAs("registration_site");
        var participant = await new ConsentLedger(db).RecordAsync(member.Id, ConsentLedger.Page, null, "test", default);
        var pair = member.Authorize();
        await using var connection = await db.OpenConnectionAsync();
        await OpenHumansTokens.StoreAsync(await new Participants(db).FindAsync(participant, default), new(pair.AccessToken, pair.RefreshToken, TimeProvider.System.GetUtcNow().AddHours(10)),
            new SecretBox(new() { Key = SecretKey }), connection, default);
    }

    /// <summary>What the service does when the member is due.</summary>
    async Task<Outcome> ServiceRunAsync(Member member)
    {
        _app ??= App();
        var due = _app.Services.GetRequiredService<DueLoads>();
        await due.ClaimAsync(0, default); // enrols
        await ExecuteAsync($"""
            update openaps.load_state l set due_at = case when p.project_member_id = '{member.Id}' then now() else now() + interval '1 day' end, lease_until = null
              from register.participant p where p.participant_id = l.participant_id
            """);
        return await _app.Services.GetRequiredService<ParticipantLoad>().RunAsync((await due.Leases.ClaimAsync(1, default)).Single(), default);
    }

    static async Task UntilAsync(Func<bool> isSo)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
            await Task.Delay(10, late.Token);
    }

    static int Number(JsonNode summary, string name) => summary[name]!.GetValue<int>();

    Task<string> RowsAsync(Member member) => QueryAsync<string>($"select coalesce(string_agg(id, ' ' order by id), '') from openaps.entries join register.participant using (participant_id) where project_member_id = '{member.Id}'");

    Task<string> ConsentAsync(Member member) => QueryAsync<string>($"select openaps || ' ' || nsf from register.current_consent join register.participant using (participant_id) where project_member_id = '{member.Id}'");

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
