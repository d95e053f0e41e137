using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenHumansEtl.Demographics;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;
using Survey = Demographics.Survey;

namespace OpenHumansEtl.Tests;

/// <summary>What gets from the surveys' CSV files into <c>openaps.member_demographics</c>, and out of it again.</summary>
public sealed class DemographicsTests
{
    const string OpenAps = "Timestamp,\"Your OpenHumans OpenAPS Data Commons \"\"project member ID\"\"\",When were you born?,Gender,How tall are you?,How much do you weigh?,What country do you live in?,When were you diagnosed with diabetes?";
    const string Nightscout = "Timestamp,\"Your Nightscout Data Commons \"\"project member ID\"\"\",Year of birth,Gender,How tall are you?,How much do you weigh?,Country of residence?,Diagnosis date of diabetes:";

    TestDatabase _database = null!;
    NpgsqlDataSource _owner = null!;
    DirectoryInfo _folder = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _owner = _database.OpenAsOwner();
        _folder = Directory.CreateTempSubdirectory("surveys-");
    }

    [TearDown]
    public async Task Stop()
    {
        _folder.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Answers_belong_to_the_participant_they_name_not_to_a_row_number_D12()
    {
        await EnrolAsync("00000003", "both");
        await EnrolAsync("00000001", "openaps");
        await EnrolAsync("00000002", "nsf");
        WriteOpenAps("6/1/2019 10:00:00,2,,,,,Spain,", "6/1/2019 10:00:00,00000003,,,,,Norway,", "6/1/2019 10:00:00,1,,,,,Italy,");

        await LoadAsync();

        Assert.That(await QueryAsync<string>("select string_agg(project_member_id || ' ' || country_code, ', ' order by project_member_id) from openaps.member_demographics join register.participant using (participant_id)"),
            Is.EqualTo("00000001 IT, 00000002 ES, 00000003 NO"));
    }

    [Test]
    public async Task An_answer_is_stored_cleaned()
    {
        await EnrolAsync("01234567", "openaps");
        WriteOpenAps("6/1/2019 10:00:00,01234567,3/9/1985,Female,\"5'10\"\"\",176 lbs,the netherlands,1998");

        await LoadAsync();

        Assert.That(await QueryAsync<string>("""
            select concat_ws('|', ts at time zone 'UTC', gender, cleaned_height_cm, cleaned_weight_kg, country_corrected, country_code, age_bracket, years_since_diagnosed_bracket)
              from openaps.member_demographics_cleaned
            """), Is.EqualTo("2019-06-01 10:00:00|female|177.8|79.8|Netherlands|NL|31-45|20+"));
    }

    [Test]
    public async Task Only_who_shares_something_gets_a_row()
    {
        await EnrolAsync("01", "none");
        await EnrolAsync("02", null);
        var suspended = await EnrolAsync("03", "both");
        await EnrolAsync("04", "nsf");
        await ExecuteAsync($"update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans' where participant_id = {suspended}");
        WriteOpenAps([.. new[] { "01", "02", "03", "04", "05" }.Select(Row)]);

        var (code, output) = await LoadAsync();

        Assert.That(code, Is.Zero);
        Assert.That(await MembersAsync(), Is.EqualTo("04"));
        Assert.That(output, Does.Contain("1  row: consent not known yet").And.Contain("2  row: shares nothing").And.Contain("1  row: not a participant"));
    }

    [Test]
    public async Task Withdrawal_removes_the_answers()
    {
        var participant = await EnrolAsync("01", "both");
        await EnrolAsync("02", "both");
        WriteOpenAps(Row("01"), Row("02"));
        await LoadAsync();

        await EnrolAsync("01", "none");
        await new Withdrawal(_database.OpenAs("open_humans_etl")).RunAsync(participant, default);

        Assert.That(await MembersAsync(), Is.EqualTo("02"));
    }

    [Test]
    public async Task Who_withdraws_while_the_survey_is_loaded_has_no_row_after_it()
    {
        var participant = await EnrolAsync("01", "both");
        WriteOpenAps(Row("01"));
        await LoadAsync(); // there is an older answer as well
        WriteOpenAps(Row("01", "France"));
        await using var other = await _owner.OpenConnectionAsync();
        await AdvisoryLock.TakeAsync(other, AdvisoryLock.Warehouse(participant), default); // as a load or withdrawal in hand

        var load = LoadAsync();
        await WaitForLockAsync(load);
        await EnrolAsync("01", "none");
        await AdvisoryLock.ReleaseAsync(other, AdvisoryLock.Warehouse(participant));
        var (_, output) = await load;

        Assert.That(await MembersAsync(), Is.Null);
        Assert.That(output, Does.Contain("0 participants matched").And.Contain("1 removed").And.Contain("1  row: shares nothing"));
    }

    [Test]
    public async Task A_repeated_load_changes_nothing_and_a_changed_answer_is_changed()
    {
        await EnrolAsync("01", "both");
        await EnrolAsync("02", "both");
        WriteOpenAps(Row("01"), Row("02"));
        Assert.That((await LoadAsync()).Output, Does.Contain("2 rows read, 2 participants matched, 2 new, 0 updated, 0 unchanged, 0 removed"));
        var before = await QueryAsync<string>("select string_agg(m::text, ' ' order by participant_id) from openaps.member_demographics m");

        Assert.That((await LoadAsync()).Output, Does.Contain("0 new, 0 updated, 2 unchanged, 0 removed"));
        Assert.That(await QueryAsync<string>("select string_agg(m::text, ' ' order by participant_id) from openaps.member_demographics m"), Is.EqualTo(before));

        WriteOpenAps(Row("01", "France"));
        Assert.That((await LoadAsync()).Output, Does.Contain("0 new, 1 updated, 0 unchanged, 1 removed"));
    }

    [Test]
    public async Task Of_several_answers_the_newest_counts_wherever_it_stands()
    {
        await EnrolAsync("01", "both");
        WriteOpenAps("6/2/2019 10:00:00,01,,,,,France,", "6/1/2019 10:00:00,01,,,180 cm,,Spain,", "not a time,01,,,,,Italy,");
        await LoadAsync();

        Assert.That(await QueryAsync<string>("select country_code || coalesce(cleaned_height_cm::text, '-') from openaps.member_demographics"), Is.EqualTo("FR-"));
    }

    [Test]
    public async Task Two_surveys_make_one_row_of_the_newest_answers_that_are_not_empty()
    {
        await EnrolAsync("01", "both");
        WriteOpenAps("6/1/2019 10:00:00,01,,,180 cm,,Spain,");
        WriteNightscout("2019-07-01 10:00:00,1,1985,,,80 kg,Norway,");
        await LoadAsync();

        Assert.That(await QueryAsync<string>("select concat_ws('|', country_code, cleaned_height_cm, cleaned_weight_kg, age_bracket) from openaps.member_demographics_cleaned"), Is.EqualTo("NO|180.0|80.0|31-45"));
    }

    [TestCase("", "It is empty")]
    [TestCase(OpenAps + "\n", "It holds no answers")]
    [TestCase("Name,Colour\na,b\n", "It has no column Timestamp")]
    [TestCase(Nightscout + "\n6/1/2019 10:00:00,01,,,,,Spain,\n", "is this the openaps survey?")]
    [TestCase(OpenAps + "\n6/1/2019 10:00:00,01,,,,,\"Spain,", "A quote is not closed: the file is cut off.")]
    public async Task A_survey_that_is_not_whole_changes_nothing(string text, string problem)
    {
        await EnrolAsync("01", "both");
        WriteOpenAps(Row("01"));
        await LoadAsync();
        File.WriteAllText(OpenApsPath, text);

        var (code, output) = await LoadAsync();

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("openaps: not loaded, nothing was changed.").And.Contain(problem));
        Assert.That(await MembersAsync(), Is.EqualTo("01"));
    }

    [Test]
    public async Task A_question_that_is_gone_is_said_and_its_answers_stay_empty()
    {
        await EnrolAsync("01", "both");
        File.WriteAllText(OpenApsPath, "\uFEFFtimestamp,Your OpenHumans  OpenAPS Data Commons “project member ID”,What country do you live in?\r\n2019-06-01,01,Spain\r\n");

        var (code, output) = await LoadAsync();

        Assert.That((code, await MembersAsync()), Is.EqualTo((0, "01")));
        Assert.That(output, Does.Contain("no column: How tall are you?"));
    }

    [Test]
    public async Task A_spreadsheet_is_read_as_its_file_would_be()
    {
        await EnrolAsync("01234567", "both");
        await using var sandbox = await SandboxHost.StartAsync(new());
        var keyFile = Path.Combine(_folder.FullName, "key.json");
        await File.WriteAllTextAsync(keyFile, sandbox.Google.AddServiceAccount("surveys@sandbox.iam.gserviceaccount.com"));
        var sheet = sandbox.Google.AddSpreadsheet();
        sheet.Worksheets["Form Responses 1"] = [new([.. CsvRows.Read(new StringReader(Nightscout))[0].Select(heading => JsonValue.Create(heading))]), new(43617.5, 1234567, 1985, "Male", "6'", 180, "UK", 36000)];
        string[] settings = [.. Settings(), $"--Google:KeyFile={keyFile}", $"--Google:TokenUrl={sandbox.Google.TokenUrl}", $"--Google:SheetsUrl={sandbox.GoogleUrl}", $"--Demographics:NightscoutSheet={sheet.Id}"];

        Assert.That((await LoadAsync(settings)).Output, Does.Contain("nightscout: not loaded, nothing was changed. The service account may not read the spreadsheet"));
        sheet.Readers["surveys@sandbox.iam.gserviceaccount.com"] = true;
        Assert.That((await LoadAsync(settings)).Output, Does.Contain("nightscout: 1 rows read, 1 participants matched, 1 new"));

        Assert.That(await QueryAsync<string>("select concat_ws('|', ts at time zone 'UTC', gender, country_code, cleaned_height_cm, cleaned_weight_kg, age_bracket, years_since_diagnosed_bracket) from openaps.member_demographics"),
            Is.EqualTo("2019-06-01 12:00:00|male|GB|182.9|81.6|31-45|11-20"));
    }

    [Test]
    public async Task Nothing_that_somebody_wrote_is_printed()
    {
        await EnrolAsync("01234567", "both");
        WriteOpenAps("6/1/2019 10:00:00,01234567,someday,Jane Doe,tall,heavy,Atlantis,long ago", "6/1/2019 10:00:00,jane@example.org,,,,,,", "6/1/2019 10:00:00,7654321,,,,,Spain,");

        var (_, output) = await LoadAsync();

        foreach (var written in new[] { "1234567", "7654321", "jane", "doe", "someday", "tall?", "heavy", "atlantis", "long ago", "spain" })
            Assert.That(output.ToLowerInvariant(), Does.Not.Contain(written));
        Assert.That(output, Does.Contain("1  row: member id not understood").And.Contain("1  country: not understood"));
    }

    [Test]
    public async Task Without_a_survey_the_command_says_what_to_set()
    {
        var (code, output) = await LoadAsync();

        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Contain("Demographics__OpenApsCsv"));
    }

    [Test]
    public async Task The_job_reads_what_is_due_and_one_survey_that_fails_delays_no_other()
    {
        await EnrolAsync("01", "both");
        File.WriteAllText(OpenApsPath, "broken");
        WriteNightscout("2019-07-01,1,,,,,Norway,");
        await using var app = Etl.Build(Settings());
        var (load, job) = (app.Services.GetRequiredService<DemographicsLoad>(), ActivatorUtilities.CreateInstance<DemographicsJob>(app.Services));

        await job.Execute(null!);

        Assert.That(await MembersAsync(), Is.EqualTo("01"));
        Assert.That(await load.DueAsync(TimeSpan.FromDays(1), default), Is.EqualTo(new[] { Survey.OpenAps }), "the one that failed is due again, the other tomorrow");
        await ExecuteAsync("update openaps.demographics_load set read_at = read_at - interval '1 day'");
        Assert.That(await load.DueAsync(TimeSpan.FromDays(1), default), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_imported_answer_goes_when_the_survey_itself_is_read()
    {
        var participant = await EnrolAsync("01", "both");
        await ExecuteAsync($"insert into openaps.member_demographics (participant_id, source, google_sheets_source, ts, country_code) values ({participant}, 'original', 'openaps', '2019-01-01', 'FR'), ({participant}, 'original', 'nightscout', '2019-01-01', 'NO')");
        WriteOpenAps(Row("01"));
        await LoadAsync();

        Assert.That(await QueryAsync<string>("select string_agg(source || ' ' || google_sheets_source, ', ' order by source) from openaps.member_demographics"), Is.EqualTo("original nightscout, survey openaps"));
    }

    string OpenApsPath => Path.Combine(_folder.FullName, "openaps.csv");

    string NightscoutPath => Path.Combine(_folder.FullName, "nightscout.csv");

    static string Row(string member) => Row(member, "Spain");

    static string Row(string member, string country) => $"6/1/2019 10:00:00,{member},,,,,{country},";

    void WriteOpenAps(params string[] rows) => File.WriteAllLines(OpenApsPath, rows.Prepend(OpenAps));

    void WriteNightscout(params string[] rows) => File.WriteAllLines(NightscoutPath, rows.Prepend(Nightscout));

    /// <summary>Makes the participant, or changes what they share.</summary>
    async Task<long> EnrolAsync(string member, string? consent) => await new ConsentLedger(_database.OpenAs("open_humans_etl")).RecordAsync(member, ConsentLedger.File, consent, "test", default);

    string[] Settings() =>
    [
        "--Postgres:MaxPoolSize=1", $"--Postgres:Connection={_database.As("open_humans_etl")}", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}", "--OpenHumans:ClientId=a", "--OpenHumans:ClientSecret=b",
        "--environment=Testing", "--Serilog:MinimumLevel:Default=Fatal",
        .. File.Exists(OpenApsPath) ? [$"--Demographics:OpenApsCsv={OpenApsPath}"] : Array.Empty<string>(),
        .. File.Exists(NightscoutPath) ? [$"--Demographics:NightscoutCsv={NightscoutPath}"] : Array.Empty<string>(),
    ];

    async Task<(int Code, string Output)> LoadAsync(string[]? settings = null)
    {
        var output = new StringWriter();
        var code = await LoadDemographics.RunAsync(settings ?? Settings(), output, output, default);
        return (code, output.ToString());
    }

    /// <summary>Until the load asks for the lock that somebody has.</summary>
    async Task WaitForLockAsync(Task load)
    {
        var patience = DateTime.UtcNow.AddSeconds(20);
        await using var connection = await _database.OpenAs("open_humans_etl").OpenConnectionAsync(); // a role sees its own statements only
        while (!await connection.ExecuteScalarAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_try_advisory_xact_lock%')"))
        {
            Assert.That(load.IsCompleted, Is.False, "it did not wait for the lock");
            Assert.That(DateTime.UtcNow, Is.LessThan(patience));
            await Task.Delay(50);
        }
    }

    Task<string?> MembersAsync() => QueryAsync<string?>("select string_agg(project_member_id, ' ' order by project_member_id) from openaps.member_demographics join register.participant using (participant_id)");

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
