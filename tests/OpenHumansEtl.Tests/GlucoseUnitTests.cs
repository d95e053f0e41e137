using Dapper;
using Register;
using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>In which unit glucose was sent, how that is known, and what researchers get of it.</summary>
public sealed class GlucoseUnitTests
{
    const string InMmolL = ""","units":"mmol","store":{"a":{"target_low":[{"time":"00:00","value":5}],"target_high":[{"time":"00:00","value":6}],"sens":[{"time":"00:00","value":3}]}}""";
    const string InMgDl = ""","units":"mg/dl","store":{"a":{"target_low":[{"time":"00:00","value":90}],"target_high":[{"time":"00:00","value":100}],"sens":[{"time":"00:00","value":50}]}}""";
    const string Unnamed = ""","store":{"a":{"target_low":[{"time":"00:00","value":5}],"target_high":[{"time":"00:00","value":6}]}}""";
    const string Misnamed = ""","units":"mmol","store":{"a":{"target_low":[{"time":"00:00","value":90}],"target_high":[{"time":"00:00","value":100}]}}""";
    const string WithoutTargets = ""","units":"mmol/l","store":{"a":{"sens":[{"time":"00:00","value":3}]}}""";

    static readonly DateTimeOffset Noon = new(2026, 10, 20, 12, 0, 0, TimeSpan.Zero);

    SummaryWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartWorld()
    {
        _world = await StartAsync();
        await using var owner = await _world.OpenAsOwner().OpenConnectionAsync();
        await owner.ExecuteAsync("""
            with researcher as (insert into portal.app_users (email) values ('r@example.org') returning id)
            insert into portal.access_grant (user_id, openaps, nsf, expires_at, secret_hash, sealed_secret) select id, true, true, now() + interval '1 day', sha256('secret'), '' from researcher
            """);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _world.DisposeAsync();

    // the record names it
    [TestCase(null, """{"glucose":120,"units":"mg/dl"}""", "mg/dL record 120 - -")]
    [TestCase(null, """{"glucose":25,"units":"mg/dL"}""", "mg/dL record 25 - -")]
    [TestCase(null, """{"glucose":"5.5","units":"mmol/L"}""", "mmol/L record 99.09 - -")]
    [TestCase(InMgDl, """{"glucose":25,"units":"mmol"}""", "mmol/L record 450.39 - -")]
    [TestCase(InMmolL, """{"targetTop":100,"targetBottom":90,"units":"mg/dl"}""", "mg/dL record - 100 90")]
    // the profile in force tells
    [TestCase(InMmolL, """{"glucose":25}""", "mmol/L profile 450.39 - -")]
    [TestCase(InMgDl, """{"glucose":25}""", "mg/dL profile 25 - -")]
    [TestCase(InMmolL, """{"targetTop":6,"targetBottom":5}""", "mmol/L profile - 108.09 90.08")]
    [TestCase(InMgDl, """{"glucose":120}""", "mg/dL profile 120 - -")]
    [TestCase(Unnamed, """{"glucose":25}""", "mmol/L profile 450.39 - -")]
    [TestCase(Misnamed, """{"glucose":25}""", "mg/dL profile 25 - -")]
    [TestCase(WithoutTargets, """{"glucose":25}""", "mmol/L profile 450.39 - -")]
    // the value tells
    [TestCase(null, """{"glucose":120}""", "mg/dL range 120 - -")]
    [TestCase(null, """{"glucose":5.5}""", "mmol/L range 99.09 - -")]
    [TestCase(null, """{"glucose":25,"targetTop":5.5,"targetBottom":5.5}""", "mmol/L range 450.39 99.09 99.09")]
    [TestCase(InMmolL, """{"glucose":120}""", "mg/dL range against profile 120 - -")]
    [TestCase(InMgDl, """{"glucose":5.5}""", "mmol/L range against profile 99.09 - -")]
    // nothing tells, or what tells contradicts
    [TestCase(null, """{"glucose":25}""", "- unknown - - -")]
    [TestCase(InMgDl, """{"glucose":5.5,"units":"mg/dl"}""", "- conflict - - -")]
    [TestCase(InMmolL, """{"glucose":120,"units":"mmol"}""", "- conflict - - -")]
    [TestCase(null, """{"targetTop":100,"targetBottom":5.5}""", "- conflict - - -")]
    // there is none
    [TestCase(InMmolL, """{"insulin":1,"units":"mmol"}""", "- - - - -")]
    [TestCase(InMmolL, """{"targetTop":0,"targetBottom":0,"units":"mg/dl"}""", "- - - - -")]
    public async Task The_unit_of_a_treatment_carries_its_evidence(string? profile, string treatment, string expected)
    {
        var participant = await _world.ParticipantAsync();
        if (profile is not null)
            await _world.LoadAsync(participant, "profile", $$"""{"_id":"5f","defaultProfile":"a","startDate":"2026-10-01T00:00:00Z"{{profile}}}""");
        await _world.LoadAsync(participant, "treatments", treatment.Insert(1, "\"_id\":\"5f\",\"created_at\":\"2026-10-20T12:00:00Z\","));
        await _world.SummariseAsync();

        Assert.That(await TreatmentsAsync(participant), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public async Task A_profile_tells_of_the_time_it_is_in_force_and_a_new_one_changes_what_is_known()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "treatments", """{"_id":"5a","created_at":"2026-10-20T12:00:00Z","glucose":25}""", """{"_id":"5b","created_at":"2026-10-22T12:00:00Z","glucose":25}""");
        await _world.SummariseAsync();
        Assert.That(await TreatmentsAsync(participant), Is.EqualTo(new[] { "- unknown - - -", "- unknown - - -" }));

        await _world.LoadAsync(participant, "profile", $$"""{"_id":"5f","defaultProfile":"a","startDate":"2026-10-21T00:00:00Z"{{InMmolL}}}""");
        await _world.SummariseAsync();

        Assert.That(await TreatmentsAsync(participant), Is.EqualTo(new[] { "- unknown - - -", "mmol/L profile 450.39 - -" }));
    }

    [Test]
    public async Task What_was_sent_stays_beside_what_is_made_of_it()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "treatments", """{"_id":"5f","created_at":"2026-10-20T12:00:00Z","glucose":5.5,"units":"mg/dl"}""");

        Assert.That(await _world.QueryAsync<string>("select concat_ws(' ', glucose, units, glucose_unit_evidence) from openaps.treatments where participant_id = @id", participant), Is.EqualTo(new[] { "5.5 mg/dl conflict" }));
        Assert.That(await QuarantineAsync(participant), Has.One.Match("^oh:.* 1 glucose unit not certain 1$"));
    }

    [Test]
    public async Task Entries_in_mmol_are_no_hypoglycaemia_and_count_as_mg_dl()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 5.5), Sgv("b", Noon.AddMinutes(5), 6), Sgv("c", Noon.AddMinutes(10), 33), Sgv("d", Noon.AddMinutes(15), 2.3));
        await _world.SummariseAsync();

        Assert.That(await DayAsync(participant), Is.EqualTo("4: 1 very low, 0 low, 2 in range, 1 very high, 41.44 to 594.51"));
        Assert.That(await EntriesAsync(participant), Is.EqualTo(new[] { "99.09 mmol/L day", "108.09 mmol/L day", "594.51 mmol/L day", "41.44 mmol/L day" }));
        Assert.That(await QuarantineAsync(participant), Is.Empty);
    }

    [Test]
    public async Task Error_codes_stay_error_codes()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 5), Sgv("b", Noon.AddMinutes(5), 10), Sgv("c", Noon.AddMinutes(10), 39), Sgv("d", Noon.AddDays(1), 10));
        await _world.SummariseAsync();

        Assert.That(await DayAsync(participant), Is.EqualTo("1: 1 very low, 0 low, 0 in range, 0 very high, 39 to 39"));
        Assert.That(await EntriesAsync(participant), Is.EqualTo(new[] { "- - -", "- - -", "39 mg/dL range", "- - -" }));
        Assert.That(await QuarantineAsync(participant), Is.Empty);
    }

    [Test]
    public async Task Of_a_day_that_does_not_fit_the_low_readings_with_decimals_are_in_quarantine_until_it_does()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 120), Sgv("b", Noon.AddMinutes(5), 5.5), Sgv("c", Noon.AddMinutes(10), 6.5));
        await _world.SummariseAsync();

        Assert.That(await DayAsync(participant), Is.EqualTo("1: 0 very low, 0 low, 1 in range, 0 very high, 120 to 120"));
        Assert.That(await EntriesAsync(participant), Is.EqualTo(new[] { "120 mg/dL range", "- - -", "- - -" }));
        Assert.That(await QuarantineAsync(participant), Is.EqualTo(new[] { "day:2026-10-20 0 sgv unit not certain 2" }));

        await _world.LoadAsync(participant, "entries", Sgv("b", Noon.AddMinutes(5), 5.5), Sgv("c", Noon.AddMinutes(10), 6.5));
        await _world.SummariseAsync();

        Assert.That(await DayAsync(participant), Is.EqualTo("2: 0 very low, 0 low, 2 in range, 0 very high, 99.09 to 117.1"));
        Assert.That(await QuarantineAsync(participant), Is.Empty);
    }

    [Test]
    public async Task A_few_decimals_among_codes_prove_nothing()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", [.. Enumerable.Range(0, 9).Select(number => Sgv($"a{number}", Noon.AddMinutes(number * 5), number < 4 ? 5.5 : 10))]);
        await _world.SummariseAsync();

        Assert.That(await QuarantineAsync(participant), Is.EqualTo(new[] { "day:2026-10-20 0 sgv unit not certain 4" }));
    }

    [Test]
    public async Task Each_device_is_judged_by_itself_and_readings_of_both_units_are_known_as_the_same()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 99, "xDrip"), Sgv("b", Noon.AddSeconds(30), 5.5, "share2"), Sgv("c", Noon.AddHours(1), 7, "xDrip"), Sgv("d", Noon.AddHours(2), 120, "xDrip"));
        await _world.SummariseAsync();

        Assert.That(await DayAsync(participant), Is.EqualTo("2: 0 very low, 0 low, 2 in range, 0 very high, 99 to 120"));
        Assert.That(await _world.QueryAsync<string>("select id || ' is ' || canonical_id from openaps.duplicate_entry where participant_id = @id", participant),
            Has.One.Match("^hmac:.* is a$").Or.One.EqualTo("b is a"));
    }

    [Test]
    public async Task Each_day_is_judged_by_itself()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon.AddHours(-16), 120), Sgv("b", Noon, 5.5), Sgv("c", Noon.AddHours(16), 120));
        await _world.SummariseAsync();

        Assert.That(await ResearchAsync(participant, "select concat_ws(' ', sgv, sgv_mgdl) from research.entries where participant_id = @participant order by date"), Is.EqualTo(new[] { "120 120", "5.5 99.09", "120 120" }));
    }

    [Test]
    public async Task A_finger_stick_in_mmol_has_its_mg_dl()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries",
            $$"""{"_id":"5a","type":"mbg","mbg":5.5,"date":{{Noon.ToUnixTimeMilliseconds()}}}""", $$"""{"_id":"5b","type":"mbg","mbg":35,"date":{{Noon.AddDays(1).ToUnixTimeMilliseconds()}}}""");
        await _world.SummariseAsync();

        Assert.That(await ResearchAsync(participant, "select concat_ws(' ', mbg, mbg_mgdl, glucose_unit, glucose_unit_evidence) from research.entries where participant_id = @participant order by date"),
            Is.EqualTo(new[] { "5.5 99.09 mmol/L day", "35 35 mg/dL rule" }));
    }

    [Test]
    public async Task Step_by_step_gives_the_same_as_from_scratch()
    {
        var participant = await _world.ParticipantAsync();
        var random = new Random(7);
        for (var step = 0; step < 8; step++)
        {
            var day = Noon.AddDays(random.Next(3));
            await _world.LoadAsync(participant, "entries", $"{day:yyyy-MM-dd}",
                Enumerable.Range(0, random.Next(1, 20)).Select(number => Sgv($"{day:dd}a{number}", day.AddMinutes(5 * number), random.Next(3) == 0 && step % 2 == 0 ? 120 : 5.5 + number % 3, random.Next(2) == 0 ? "share2" : "xDrip")));
            await _world.SummariseAsync();
        }
        var (stepwise, quarantine) = (await _world.DerivedAsync(participant), await QuarantineAsync(participant));

        await _world.RebuildAsync(participant);

        Assert.That(await _world.DerivedAsync(participant), Is.EqualTo(stepwise));
        Assert.That(await QuarantineAsync(participant), Is.EqualTo(quarantine));
    }

    Task<List<string>> TreatmentsAsync(Participant participant) => ResearchAsync(participant, """
        select concat_ws(' ', coalesce(glucose_unit, '-'), coalesce(glucose_unit_evidence, '-'), coalesce(trim_scale(glucose_mgdl)::text, '-'), coalesce(trim_scale(target_top_mgdl)::text, '-'),
                         coalesce(trim_scale(target_bottom_mgdl)::text, '-'))
          from research.treatments where participant_id = @participant order by created_at
        """);

    Task<List<string>> EntriesAsync(Participant participant) => ResearchAsync(participant, """
        select concat_ws(' ', coalesce(sgv_mgdl::text, '-'), coalesce(glucose_unit, '-'), coalesce(glucose_unit_evidence, '-')) from research.entries where participant_id = @participant order by date
        """);

    Task<List<string>> QuarantineAsync(Participant participant) =>
        _world.QueryAsync<string>("select concat_ws(' ', file_key, line, field, reason, occurrences) from openaps.quarantine where participant_id = @id order by 1", participant);

    async Task<string?> DayAsync(Participant participant) => (await _world.QueryAsync<string>("""
        select n || ': ' || very_low || ' very low, ' || low || ' low, ' || in_range || ' in range, ' || very_high || ' very high, ' || min_mgdl || ' to ' || max_mgdl
          from openaps.glucose_day where participant_id = @id
        """, participant)).SingleOrDefault();

    async Task<List<string>> ResearchAsync(Participant participant, string sql)
    {
        await using var connection = await _world.OpenAs("data_management_app").OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select set_config('app.grant', 'secret', true)");
        return [.. await connection.QueryAsync<string>(sql, new { participant = participant.ParticipantId })];
    }
}
