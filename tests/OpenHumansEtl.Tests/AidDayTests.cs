using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumansEtl.Derived;
using Register;
using ServiceDefaults;
using Testing;

namespace OpenHumansEtl.Tests;

/// <summary>Labelled days of all controllers (folder Days), loaded and summed up on a real database; what is expected was worked out by hand.</summary>
public sealed class AidDayTests
{
    static readonly DateOnly Day = new(2026, 11, 20);
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

    // loop type, controllers, version, cycles/enacted | bolus + SMB (count) + basal = total U, carbs g, hours of basal known, where temp basals are from
    [TestCase("loop-temp-basal", -8, "closed loop 3.4.4 13/12 | 6.5 + 0 (0) + 22.5167 = 29.0167, 57 g, 24 h, treatments")]
    [TestCase("loop-automatic-bolus", -8, "closed loop 3.4.4 12/12 | 3 + 1.05 (3) + 21.6 = 25.65, 30 g, 24 h, cycles")]
    [TestCase("loop-open", -8, "open loop 3.4.4 5/0 | 2.5 + 0 (0) + 19.2 = 21.7, 25 g, 24 h, -")]
    [TestCase("aaps-smb", 1, "closed aaps 3.2.0.4 13/13 | 5 + 1 (3) + 20.67 = 26.67, 60 g, 24 h, treatments")]
    [TestCase("aaps-no-profile", 1, "closed aaps 2.8.2.1 12/12 | 3 + 0 (0) + 1 = -, 0 g, 2 h, treatments")]
    [TestCase("trio", 11, "closed trio 0.2.5 12/12 | 4 + 0.5 (2) + 18.8 = 23.3, 50 g, 24 h, treatments")]
    [TestCase("openaps-rig", -8, "closed openaps - 15/12 | 3.5 + 0.4 (1) + 18 = 21.9, 40 g, 24 h, treatments")]
    [TestCase("openaps-open", -8, "open openaps - 20/11 | 2.5 + 0 (0) + 21.575 = 24.075, 20 g, 24 h, cycles")]
    [TestCase("no-controller", 1, "unknown - - 0/0 | 6 + 0 (0) + - = -, 70 g, 0 h, -")]
    public async Task A_day_of_each_controller_and_mode_adds_up(string folder, int utcOffset, string expected)
    {
        var participant = await LoadAsync(folder);

        await RunAsync(participant, utcOffset);

        Assert.That(await DayAsync(participant), Is.EqualTo(expected));
    }

    [TestCase("loop-temp-basal", "loop 3.4.4 suggested enacted | iob 1.25 loop.iob.iob, cob 20 loop.cob.cob | eventual 132, target -, isf -, cr -, dev -, bgi -, min - (-) | req -, ratio - | 2/30 smb - bolus 0 | reservoir 48.5 -")]
    [TestCase("loop-automatic-bolus", "loop 3.4.4 suggested enacted | iob 0.9 loop.iob.iob, cob 5 loop.cob.cob | eventual 140, target -, isf -, cr -, dev -, bgi -, min - (-) | req -, ratio - | 1.2/30 smb - bolus 0.35 | reservoir 48.5 -")]
    [TestCase("loop-open", "loop 3.4.4 suggested - | iob 1.1 loop.iob.iob, cob 8 loop.cob.cob | eventual 149, target -, isf -, cr -, dev -, bgi -, min - (-) | req -, ratio - | -/- smb - bolus - | reservoir 48.5 -")]
    [TestCase("aaps-smb", "aaps 3.2.0.4 suggested enacted | iob 1.5 openaps.iob.iob, cob 12 openaps.suggested.COB | eventual 94, target 100, isf 50, cr 12, dev -5, bgi -1.2, min 90 (mg/dL by eventual BG) | req 0.5, ratio 1.05 | 1.2/30 smb 0.5 bolus - | reservoir 120.5 -")]
    [TestCase("trio", "trio 0.2.5 suggested enacted | iob 0.75 openaps.iob.iob, cob 12 openaps.suggested.COB | eventual 94, target 99.09, isf 50.44, cr 10, dev -5.4, bgi -1.8, min 88.28 (mmol/L by eventual BG) | req 0.5, ratio 1.05 | 0/30 smb 0 bolus - | reservoir 74.5 -")]
    [TestCase("openaps-rig", "openaps - suggested enacted | iob 0.9 openaps.iob.iob, cob 0 openaps.suggested.COB | eventual 131, target 100, isf 40, cr 8, dev 20, bgi -2, min 125 (mg/dL by eventual BG) | req 0.5, ratio 1.05 | 1.4/30 smb - bolus - | reservoir 123.4 4")]
    [TestCase("openaps-open", "openaps - suggested enacted | iob 1.1 openaps.iob.iob, cob 4 openaps.suggested.COB | eventual 131, target 100, isf 40, cr -, dev 20, bgi -2, min - (mg/dL by eventual BG) | req 0.5, ratio 1.05 | 1.4/30 smb - bolus - | reservoir 90 -")]
    public async Task The_first_cycle_of_a_day_has_the_same_columns_whatever_the_controller(string folder, string expected)
    {
        var participant = await LoadAsync(folder);

        Assert.That((await QueryAsync<string>("""
            select concat_ws(' ', controller, coalesce(controller_version, '-'), case when suggested then 'suggested' else '-' end, case when enacted then 'enacted' else '-' end, '|')
                || format(' iob %s %s, cob %s %s | eventual %s, target %s, isf %s, cr %s, dev %s, bgi %s, min %s (%s) | req %s, ratio %s | %s/%s smb %s bolus %s | reservoir %s %s',
                          trim_scale(iob), iob_source, trim_scale(cob), cob_source, trim_scale(eventual_bg), coalesce(trim_scale(target)::text, '-'), coalesce(trim_scale(isf)::text, '-'),
                          coalesce(trim_scale(cr)::text, '-'), coalesce(trim_scale(dev)::text, '-'), coalesce(trim_scale(bgi)::text, '-'), coalesce(trim_scale(min_pred_bg)::text, '-'),
                          coalesce(reason_unit || ' by ' || reason_unit_evidence, '-'), coalesce(insulin_req::text, '-'), coalesce(sensitivity_ratio::text, '-'),
                          coalesce(trim_scale(temp_basal_rate)::text, '-'), coalesce(trim_scale(temp_basal_duration)::text, '-'), coalesce(trim_scale(smb)::text, '-'),
                          coalesce(bolus_volume::text, '-'), reservoir, coalesce(max_iob::text, '-'))
              from openaps.aid_cycle where participant_id = @participant order by created_at limit 1
            """, participant)).Single(), Is.EqualTo(expected));
    }

    [TestCase("no-controller")]
    public async Task Closed_loop_decided_by_loop_iob_only_D13(string folder)
    {
        var withoutController = await LoadAsync(folder);
        await RunAsync(withoutController, 1);
        Assert.That(await QueryAsync<string>("select loop_type from openaps.aid_day where participant_id = @participant", withoutController), Is.EqualTo(new[] { "unknown" }));
        Assert.That(await QueryAsync<string>("select loop_type from openaps.loop_typ_reference where participant_id = @participant", withoutController), Is.Empty, "no controller record is not an open loop");

        var rig = await LoadAsync("openaps-rig"); // has no loop.iob
        await RunAsync(rig, -8);
        Assert.That(await QueryAsync<string>("select device_date || ' ' || loop_type from openaps.loop_typ_reference where participant_id = @participant", rig), Is.EqualTo(new[] { "2026-11-20 closed loop" }));
    }

    [Test]
    public async Task Making_a_day_again_changes_nothing()
    {
        var participant = await LoadAsync("aaps-smb");
        await RunAsync(participant, 1);
        var before = await AllAsync(participant);

        await RunAsync(participant, 1);

        Assert.That(await AllAsync(participant), Is.EqualTo(before));
    }

    [Test]
    public async Task Making_settings_tells_from_when_they_are_others()
    {
        var participant = await LoadAsync("aaps-smb");
        await using var connection = await _db.OpenConnectionAsync();

        Assert.That(await TherapySettings.RunAsync(connection, participant.ParticipantId, default), Is.EqualTo(new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc)));
        Assert.That(await TherapySettings.RunAsync(connection, participant.ParticipantId, default), Is.Null);
        await connection.ExecuteAsync("delete from openaps.treatments where participant_id = @ParticipantId and profile is not null", participant);
        Assert.That(await TherapySettings.RunAsync(connection, participant.ParticipantId, default), Is.EqualTo(new DateTime(2026, 11, 20, 11, 0, 0, DateTimeKind.Utc)));
    }

    [Test]
    public async Task A_percentage_switch_of_aaps_holds_for_its_time()
    {
        var participant = await LoadAsync("aaps-smb");

        await RunAsync(participant, 1);

        Assert.That(await SettingsAsync(participant, "isf", "carb_ratio", "basal"), Is.EqualTo(new[]
        {
            "2026-11-01 00:00 basal 0=0.6, 21600=0.9, 75600=0.7 U/h Europe/Berlin, profile", "2026-11-01 00:00 carb_ratio 0=12 g/U Europe/Berlin, profile", "2026-11-01 00:00 isf 0=50 mg/dL per U Europe/Berlin, profile",
            "2026-11-20 11:00 basal 0=0.9, 21600=1.35, 75600=1.05 U/h Europe/Berlin, profile switch", "2026-11-20 11:00 carb_ratio 0=8 g/U Europe/Berlin, profile switch", "2026-11-20 11:00 isf 0=33.3333 mg/dL per U Europe/Berlin, profile switch",
            "2026-11-20 13:00 basal 0=0.6, 21600=0.9, 75600=0.7 U/h Europe/Berlin, profile", "2026-11-20 13:00 carb_ratio 0=12 g/U Europe/Berlin, profile", "2026-11-20 13:00 isf 0=50 mg/dL per U Europe/Berlin, profile",
        }));
    }

    [TestCase("trio", "2026-11-10 01:00 isf 0=45.04 mg/dL per U Australia/Sydney, profile (2.5 mmol by units and range)")]
    [TestCase("openaps-rig", "1970-01-01 00:00 isf 0=40 mg/dL per U America/Los_Angeles, profile (40 mg/dl by units and range)")]
    [TestCase("loop-open", "2026-11-18 00:00 isf 0=45 mg/dL per U ETC/GMT+8, profile (45 mg/dL by units and range)")]
    public async Task Settings_name_what_was_sent_and_how_its_unit_is_known(string folder, string isf)
    {
        var participant = await LoadAsync(folder);

        await RunAsync(participant, 0);

        Assert.That(await QueryAsync<string>("""
            select to_char(valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || format(' isf %s=%s %s %s, %s (%s %s by %s)', seconds, trim_scale(value), unit, timezone, source, sent_value, sent_unit, unit_evidence)
              from openaps.therapy_setting where participant_id = @participant and kind = 'isf'
            """, participant), Is.EqualTo(new[] { isf }));
    }

    [Test]
    public async Task Limits_of_Loop_are_settings()
    {
        var participant = await LoadAsync("loop-open");

        await RunAsync(participant, -8);

        Assert.That(await SettingsAsync(participant, "max_basal", "max_bolus", "suspend_threshold", "dosing_enabled"), Is.EqualTo(new[]
        {
            "2026-11-18 00:00 dosing_enabled 0=1  ETC/GMT+8, profile", "2026-11-18 00:00 max_basal 0=4 U/h ETC/GMT+8, profile", "2026-11-18 00:00 max_bolus 0=8 U ETC/GMT+8, profile",
            "2026-11-18 00:00 suspend_threshold 0=75 mg/dL ETC/GMT+8, profile",
        }));
    }

    [Test]
    public async Task A_day_names_the_settings_of_its_controller()
    {
        var participant = await LoadAsync("openaps-rig");

        await RunAsync(participant, -8);

        Assert.That(JsonNode.Parse((await QueryAsync<string>("select settings::text from openaps.aid_day where participant_id = @participant", participant)).Single())!.ToJsonString(),
            Is.EqualTo("""{"max_iob":4,"autosens_max":1.2,"enable_smb_always":true}"""));
    }

    [Test]
    public async Task A_schedule_that_cannot_be_is_left_out_and_named()
    {
        var participant = await ParticipantAsync();
        await LoadLinesAsync(participant, "profile", """
            {"_id":"p","startDate":"2026-11-01T00:00:00Z","defaultProfile":"a","units":"mg/dl","store":{"a":{"dia":5,"basal":[{"time":"00:00","value":80}],"carbratio":[{"time":"noon","value":8}],"sens":[{"time":"00:00","value":50}]}}}
            """);

        await RunAsync(participant, 0);

        Assert.That(await QueryAsync<string>("select kind || ' ' || coalesce(unit_evidence, '-') from openaps.therapy_setting where participant_id = @participant order by 1", participant), Is.EqualTo(new[] { "dia -", "isf units" }));
        Assert.That(await QueryAsync<string>("select field || ': ' || reason from openaps.quarantine where participant_id = @participant and field like 'store.*.%' order by 1", participant),
            Is.EqualTo(new[] { "store.*.basal: not 0 to 50 U/h", "store.*.carbratio: not a schedule of times and numbers" }));
    }

    [Test]
    public async Task A_temp_basal_runs_over_midnight_into_a_day_that_is_made_anew_with_its_neighbour()
    {
        var participant = await LoadAsync("loop-open");
        await LoadLinesAsync(participant, "devicestatus", """{"_id":"next","device":"loop://x","created_at":"2026-11-21T09:00:00Z","loop":{"iob":{"iob":1}}}""", period: "2026-11-21");
        var next = new LocalDay(Day.AddDays(1), Utc(21, 8), Utc(22, 8));
        await using var connection = await _db.OpenConnectionAsync();
        await TherapySettings.RunAsync(connection, participant.ParticipantId, default);
        await AidDays.RunAsync(connection, participant.ParticipantId, [new(Day, Utc(20, 8), Utc(21, 8)), next], default);
        Assert.That(await BasalAsync(participant), Is.EqualTo(new[] { 19.2m, 19.2m }));

        await LoadLinesAsync(participant, "treatments", """{"_id":"late","eventType":"Temp Basal","created_at":"2026-11-21T07:45:00Z","rate":2.8,"absolute":2.8,"duration":30}""", period: "2026-11-21");
        await AidDays.RunAsync(connection, participant.ParticipantId, [new(Day, Utc(20, 8), Utc(21, 8))], default);

        Assert.That(await BasalAsync(participant), Is.EqualTo(new[] { 19.7m, 19.7m }));
    }

    [Test]
    public async Task A_day_on_which_clocks_change_has_its_own_hours()
    {
        var participant = await ParticipantAsync();
        await LoadLinesAsync(participant, "profile", """
            {"_id":"p","startDate":"2026-01-01T00:00:00Z","defaultProfile":"a","store":{"a":{"basal":[{"time":"00:00","value":1},{"time":"02:00","value":2},{"time":"03:00","value":1}],"timezone":"Europe/Berlin"}}}
            """);
        await LoadLinesAsync(participant, "devicestatus", """{"_id":"s","device":"loop://x","created_at":"2026-10-25T09:00:00Z","loop":{"iob":{"iob":1}}}""");
        await using var connection = await _db.OpenConnectionAsync();
        await TherapySettings.RunAsync(connection, participant.ParticipantId, default);

        await AidDays.RunAsync(connection, participant.ParticipantId, [new(new(2026, 10, 25), new(2026, 10, 24, 22, 0, 0, DateTimeKind.Utc), new(2026, 10, 25, 23, 0, 0, DateTimeKind.Utc))], default);

        Assert.That(await QueryAsync<string>("select trim_scale(basal_units) || ' U in ' || trim_scale(basal_hours) || ' h' from openaps.aid_day where participant_id = @participant", participant),
            Is.EqualTo(new[] { "27 U in 25 h" })); // the hour of 2 U/h comes twice
    }

    [Test]
    public async Task A_day_that_a_journey_skipped_has_no_row()
    {
        var participant = await LoadAsync("loop-open");
        await RunAsync(participant, -8);
        await using var connection = await _db.OpenConnectionAsync();

        await AidDays.RunAsync(connection, participant.ParticipantId, [new(Day, Utc(20, 8), Utc(20, 8))], default);

        Assert.That(await QueryAsync<long>("select count(*) from openaps.aid_day where participant_id = @participant", participant), Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public async Task Withdrawal_removes_cycles_settings_and_days()
    {
        var participant = await LoadAsync("trio");
        await RunAsync(participant, 11);
        await _ledger.RecordAsync(participant.ProjectMemberId, ConsentLedger.File, SharedProjects.None, "test", default);

        await new Withdrawal(_db).RunAsync(participant.ParticipantId, default);

        foreach (var table in new[] { "aid_cycle", "therapy_setting", "aid_day" })
            Assert.That(await QueryAsync<long>($"select count(*) from openaps.{table} where participant_id = @participant", participant), Is.EqualTo(new[] { 0 }), table);
    }

    [Test]
    public async Task What_people_typed_into_the_days_is_nowhere_in_the_warehouse()
    {
        foreach (var folder in Directory.GetDirectories(Repository.PathOf("tests/OpenHumansEtl.Tests/Days")).Select(Path.GetFileName))
        {
            var participant = await LoadAsync(folder!);
            await RunAsync(participant, 0);
            var segments = await QueryAsync<byte[]>("select data from openaps.raw_segment where participant_id = @participant", participant);
            var kept = string.Join('\n', segments.SelectMany(data => RecordLines.Read(new MemoryStream(data))).Select(line => Encoding.UTF8.GetString(line.Json.Span)))
                + string.Join('\n', await QueryAsync<string>("""
                    select to_jsonb(t)::text from openaps.treatments t where participant_id = @participant
                     union all select to_jsonb(t)::text from openaps.aid_cycle t where participant_id = @participant
                     union all select to_jsonb(t)::text from openaps.therapy_setting t where participant_id = @participant
                     union all select to_jsonb(t)::text from openaps.aid_day t where participant_id = @participant
                    """, participant));

            foreach (var typed in new[] { "Ann", "Gran", "SYN", "SM-", "lunch", "Normal bolus", "🌮", "00:00:5E", "\"00000000\"" })
                Assert.That(kept, Does.Not.Contain(typed), folder);
        }
    }

    static DateTime Utc(int day, int hour) => new(2026, 11, day, hour, 0, 0, DateTimeKind.Utc);

    Task<List<decimal>> BasalAsync(Participant participant) => QueryAsync<decimal>("select basal_units from openaps.aid_day where participant_id = @participant order by local_day", participant);

    async Task<string> DayAsync(Participant participant) => (await QueryAsync<string>("""
        select format('%s %s %s %s/%s | %s + %s (%s) + %s = %s, %s g, %s h, %s', loop_type, coalesce(controllers, '-'), coalesce(controller_version, '-'), cycles, enacted,
                      trim_scale(bolus_units), trim_scale(smb_units), smbs, coalesce(trim_scale(basal_units)::text, '-'), coalesce(trim_scale(total_units)::text, '-'), trim_scale(carbs),
                      trim_scale(basal_hours), coalesce(temp_basal_source, '-'))
          from openaps.aid_day where participant_id = @participant
        """, participant)).Single();

    Task<List<string>> SettingsAsync(Participant participant, params string[] kinds) => QueryAsync<string>($"""
        select to_char(valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || format(' %s %s %s %s, %s', kind, string_agg(seconds || '=' || trim_scale(value), ', ' order by seconds), unit, timezone, source)
          from openaps.therapy_setting where participant_id = @participant and kind in ({string.Join(", ", kinds.Select(kind => $"'{kind}'"))})
         group by valid_from, kind, unit, timezone, source order by valid_from, kind
        """, participant);

    Task<List<string>> AllAsync(Participant participant) => QueryAsync<string>("""
        select to_jsonb(d)::text from openaps.aid_day d where participant_id = @participant
        union all select to_jsonb(s)::text from openaps.therapy_setting s where participant_id = @participant order by 1
        """, participant);

    async Task RunAsync(Participant participant, int utcOffset)
    {
        await using var connection = await _db.OpenConnectionAsync();
        await TherapySettings.RunAsync(connection, participant.ParticipantId, default);
        var start = Day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).AddHours(-utcOffset);
        await AidDays.RunAsync(connection, participant.ParticipantId, [new(Day, start, start.AddDays(1))], default);
    }

    async Task<Participant> LoadAsync(string folder)
    {
        var participant = await ParticipantAsync();
        foreach (var file in Directory.GetFiles(Repository.PathOf($"tests/OpenHumansEtl.Tests/Days/{folder}"), "*.ndjson"))
            await LoadLinesAsync(participant, Path.GetFileNameWithoutExtension(file), await File.ReadAllTextAsync(file));
        return participant;
    }

    async Task LoadLinesAsync(Participant participant, string collection, string lines, string period = "2026-11-20")
    {
        var bytes = Encoding.UTF8.GetBytes(lines);
        var file = new SourceFile(collection, new(period), $"oh:{Guid.NewGuid()}", 1, Utc(22, 0), SHA256.HashData(bytes), () => new MemoryStream(bytes));
        var result = await new FileLoad(_db, _secrets, new()).LoadAsync(participant, file, null, null, default);
        Assert.That(result.Counts.Quarantined, Is.Zero);
    }

    async Task<Participant> ParticipantAsync()
    {
        var member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}";
        return await new Participants(_db).FindAsync(await _ledger.RecordAsync(member, ConsentLedger.File, SharedProjects.Both, "test", default), default);
    }

    async Task<List<T>> QueryAsync<T>(string sql, Participant participant)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, new { participant = participant.ParticipantId })];
    }
}
