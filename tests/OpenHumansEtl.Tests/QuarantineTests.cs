using System.Globalization;
using System.Reflection;
using NpgsqlTypes;
using OpenHumansEtl.Tables;
using Register;
using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>Every reason for which a line or a value is not in the typed tables: loaded from a file, read back from the tables and from openaps.quarantine.</summary>
public sealed class QuarantineTests
{
    const string Huge = "(a line of 33 MB)";

    const string Date = "\"date\":1795226000000";

    SummaryWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartWorld() => _world = await StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _world.DisposeAsync();

    static readonly (string Collection, string Line, string Field, string Reason)[] Refused =
    [
        ("entries", "not json", "", Reason.NoObject),
        ("entries", "{\"_id\":\"5f\",\"sgv\":NaN}", "", Reason.NoObject),
        ("entries", "{\"_id\":\"5f\",\"sgv\":100", "", Reason.NoObject),
        ("entries", "{} {}", "", Reason.NoObject),
        ("entries", Huge, "", Reason.TooLong),
        ("entries", Entry("\"sgv\":\"NaN\""), "sgv", Reason.NoNumber),
        ("entries", Entry("\"sgv\":\"n/a\""), "sgv", Reason.NoNumber),
        ("entries", Entry("\"sgv\":{\"value\":100}"), "sgv", Reason.NoNumber),
        ("entries", Entry("\"sgv\":1e400"), "sgv", Reason.NoNumber),
        ("entries", Entry("\"sgv\":\"1e400\""), "sgv", "not 0 to 1000 mg/dL"),
        ("entries", Entry("\"filtered\":\"9e99\""), "filtered", Reason.NoNumber),
        ("entries", Entry("\"sgv\":1" + new string('0', 131_072)), "sgv", Reason.NoNumber),
        ("entries", Entry("\"sgv\":491511234567"), "sgv", Reason.NoNumber),
        ("entries", Entry("\"utcOffset\":\"CET\""), "utcOffset", Reason.NoNumber),
        ("entries", Entry("\"direction\":\"to the moon\""), "direction", Reason.NoWord),
        ("entries", Entry("\"direction\":\"Flat\\u0000\""), "direction", Reason.NoWord),
        ("entries", Entry("\"direction\":\"\\ud83d\""), "direction", Reason.NoWord),
        ("treatments", "{\"_id\":\"5f\",\"eventType\":\"Korrektur\"}", "eventType", Reason.NoWord),
        ("treatments", "{\"_id\":\"5f\",\"isSMB\":\"yes\"}", "isSMB", Reason.NoFlag),
        ("entries", "{\"_id\":\"5f\",\"date\":\"yesterday\"}", "date", Reason.NoTime),
        ("entries", "{\"_id\":\"5f\",\"dateString\":\"Tue Feb 13 00:50:20 AEDT 2018\"}", "date", Reason.NoTime), // which of the zones of that name, nobody can tell
        ("entries", "{\"_id\":\"5f\",\"date\":true}", "date", Reason.NoTime),
        ("entries", "{\"_id\":\"5f\",\"dateString\":\"1970-01-20T16:13:20Z\"}", "date", Reason.NoTimeOfRecords),
        ("entries", "{\"_id\":\"5f\",\"dateString\":\"0001-01-01T00:00:00Z\"}", "date", Reason.NoTimeOfRecords),
        ("entries", "{\"_id\":\"5f\",\"dateString\":\"9999-12-31T23:59:59Z\"}", "date", Reason.NoTimeOfRecords),
        ("entries", "{\"_id\":\"5f\",\"dateString\":\"2040-01-01T00:00:00Z\"}", "date", Reason.NoTimeOfRecords),
        ("treatments", "{\"_id\":\"5f\",\"created_at\":\"2026-11-21T00:00:00Z\",\"timestamp\":\"1999-12-31T23:59:59Z\"}", "timestamp", Reason.NoTimeOfRecords),
        ("devicestatus", "{\"_id\":\"5f\",\"created_at\":\"1980-01-06T00:00:00Z\"}", "created_at", Reason.NoTimeOfRecords),
        ("treatments", "{\"_id\":\"5f\",\"units\":\"mg/dl\",\"glucose\":5.5}", "glucose", Reason.UnitNotCertain),
        ("treatments", "{\"_id\":\"5f\",\"units\":\"mmol\",\"targetTop\":100,\"targetBottom\":100}", "glucose", Reason.UnitNotCertain),
        ("treatments", "{\"_id\":\"5f\",\"targetTop\":100,\"targetBottom\":5.5}", "glucose", Reason.UnitNotCertain),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","defaultProfile":"a","store":{"a":{"dia":5,"basal":[{"time":"noon","value":1}]}}}""", "store.*.basal", Reason.NoSchedule),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":5,"carbratio":[{"time":"00:00"}]}""", "carbratio", Reason.NoSchedule),
        ("treatments", """{"_id":"5f","eventType":"Profile Switch","created_at":"2026-11-20T10:00:00Z","profile":"a","percentage":5000}""", "percentage", "not 1 to 1000 %"),
        ("treatments", """{"_id":"5f","eventType":"Profile Switch","created_at":"2026-11-20T10:00:00Z","profileJson":"{\"dia\":5,\"basal\":[{\"time\":\"00:00\",\"value\":80}]}"}""", "profileJson.basal", "not 0 to 50 U/h"),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":5,"basal":80}""", "basal", "not 0 to 50 U/h"),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":0.1,"basal":1}""", "dia", "not 0.5 to 24 h"),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":5,"carbratio":0.1}""", "carbratio", "not 0.5 to 500 g/U"),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":5,"units":"mg/dl","sens":5000}""", "sens", "not 1 to 1000 mg/dL per U"),
        ("profile", """{"_id":"5f","startDate":"2026-11-01T00:00:00Z","dia":5,"target_low":500,"target_high":90}""", "target_low", "not 40 to 400 mg/dL"),
    ];

    static IEnumerable<TestCaseData> Lines() => Refused.Select((line, number) => new TestCaseData(line.Collection, line.Line, line.Field, line.Reason)
        .SetName($"{line.Collection}: {(line.Line.Length > 100 ? line.Line[..40] + "…" : line.Line).Replace('"', '\'')} is {line.Reason}"));

    /// <summary>The line between two good ones: those are loaded, and of the bad one all but the field.</summary>
    [TestCaseSource(nameof(Lines))]
    public async Task What_is_refused_is_in_quarantine_with_its_reason_and_stops_nothing_else(string collection, string line, string field, string reason)
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, collection, "{\"_id\":\"a\"}", line == Huge ? Entry($"\"device\":\"{new string('x', 33 << 20)}\"") : line, "{\"_id\":\"b\"}");
        await _world.SummariseAsync();

        Assert.That(await FoundAsync(participant), Is.EqualTo(new[] { $"{field}/{reason}" }));
        Assert.That(await IdsAsync(participant, WarehouseTables.Of(collection)), Is.EqualTo(field.Length == 0 ? new[] { "a", "b" } : ["5f", "a", "b"]));
    }

    [Test]
    public void Every_reason_is_explained_and_has_a_line_here()
    {
        var reasons = typeof(Reason).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).ToList();

        Assert.That(Reason.All.Select(reason => reason.Reason), Is.EquivalentTo(reasons));
        Assert.That(Refused.Select(line => line.Reason).Distinct(), Is.SupersetOf(reasons));
    }

    static IEnumerable<TestCaseData> Limited() =>
        from tables in WarehouseTables.All
        from table in tables.Tables
        from column in table.Columns
        where column.Limits is not null
        select new TestCaseData(tables, table, column).SetName($"{table.Name}.{column.Name} has limits");

    /// <summary>At its limits a value is in its column, beyond them it is in the raw line, and the field is in quarantine; the database's comment says so.</summary>
    [TestCaseSource(nameof(Limited))]
    public async Task A_value_beyond_its_limits_is_in_quarantine(WarehouseTables tables, Table table, Column column)
    {
        var (least, most, unit) = column.Limits!.Value;
        var step = column.Type is NpgsqlDbType.Bigint ? 1 : 0.5;
        var participant = await _world.ParticipantAsync();

        await _world.LoadAsync(participant, tables.Collection,
            Record("a1", column.Paths[0], least), Record("a2", column.Paths[0], most), Record("a3", column.Paths[0], least - step), Record("a4", column.Paths[0], $"\"{Text(most + step)}\""));

        Assert.That(await _world.QueryAsync<string>($"select {table.Key} || ' ' || coalesce(trim_scale({column.Name}::numeric)::text, '-') from openaps.{table.Name} where participant_id = @id order by 1", participant),
            Is.EqualTo(new[] { $"a1 {Text(least)}", $"a2 {Text(most)}", "a3 -", "a4 -" }));
        Assert.That(await FoundAsync(participant), Does.Contain($"{column.Paths[0]}/not {Text(least)} to {Text(most)} {unit}"));
        Assert.That(await _world.QueryAsync<string>($"select col_description('openaps.{table.Name}'::regclass, attnum) from pg_attribute where attrelid = 'openaps.{table.Name}'::regclass and attname = '{column.Name}'", participant),
            Has.One.EndsWith($"limits: {Text(least)} to {Text(most)}; unit: {unit}"));
    }

    [Test]
    public async Task A_number_of_any_length_gets_into_the_tables_with_the_digits_that_fit()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Entry("\"sgv\":0." + new string('3', 131_072)), Entry("\"sgv\":\"100." + new string('0', 20_000) + "\"").Replace("5f", "6a"), Entry("\"sgv\":1e-400").Replace("5f", "6b"));

        Assert.That(await _world.QueryAsync<string>("select id || ' ' || left(sgv::text, 10) from openaps.entries where participant_id = @id order by id", participant), Is.EqualTo(new[] { "5f 0.33333333", "6a 100.000000", "6b 0.00000000" }));
        Assert.That(await FoundAsync(participant), Is.Empty);
    }

    [Test]
    public async Task Text_that_PostgreSQL_cannot_hold_loses_nothing_but_that()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", $$"""{"_id":"5f",{{Date}},"device":"share2\u0000","sgv":100}""", $$"""{"_id":"6a",{{Date}},"device":"xDrip \ud83d","sgv":110}""");

        Assert.That(await _world.QueryAsync<string>("select id || ' ' || sgv || ' ' || regexp_replace(device, '~[a-z2-7]{10}', 'x') from openaps.entries where participant_id = @id order by id", participant),
            Is.EqualTo(new[] { "5f 100 share2", "6a 110 xDrip-x" }));
        Assert.That(await FoundAsync(participant), Is.Empty);
    }

    [Test]
    public async Task What_was_found_when_summaries_were_made_goes_with_its_cause()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "treatments", """{"_id":"5f","eventType":"Profile Switch","created_at":"2026-11-20T10:00:00Z","profile":"a","percentage":5000}""");
        await _world.SummariseAsync();
        Assert.That(await _world.QueryAsync<string>("select concat_ws(' ', file_key, collection, line) from openaps.quarantine where participant_id = @id", participant), Is.EqualTo(new[] { "day:2026-11-20 treatments 0" }));

        await _world.LoadAsync(participant, "treatments", """{"_id":"5f","eventType":"Profile Switch","created_at":"2026-11-20T10:00:00Z","profile":"a","percentage":50}""");
        await _world.SummariseAsync();

        Assert.That(await FoundAsync(participant), Is.Empty);
    }

    [Test]
    public async Task A_field_of_many_lines_is_one_row_that_counts_them()
    {
        var participant = await _world.ParticipantAsync();

        await _world.LoadAsync(participant, "treatments", "whole", Enumerable.Range(0, 50).Select(number => $$"""{"_id":"a{{number}}","insulin":{{(number < 20 ? 1 : 9000)}}}"""), batch: 7);

        Assert.That(await _world.QueryAsync<string>("select string_agg(line || ' ' || reason || ' ' || occurrences, ', ') from (select min(line) as line, reason, sum(occurrences) as occurrences from openaps.quarantine where participant_id = @id group by reason) as q", participant),
            Is.EqualTo(new[] { "21 not 0 to 300 U 30" }));
    }

    static string Entry(string field) => $$"""{"_id":"5f",{{Date}},{{field}}}""";

    static string Record(string id, string path, double value) => Record(id, path, Text(value));

    static string Record(string id, string path, string value) =>
        $$"""{"_id":"{{id}}",{{path.Split('.').Reverse().Aggregate(value, (inside, name) => inside == value ? $"\"{name}\":{inside}" : $"\"{name}\":{{{inside}}}")}}}""";

    static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    Task<List<string>> FoundAsync(Participant participant) => _world.QueryAsync<string>("select distinct field || '/' || reason from openaps.quarantine where participant_id = @id order by 1", participant);

    Task<List<string>> IdsAsync(Participant participant, WarehouseTables tables) =>
        _world.QueryAsync<string>($"select id from openaps.{tables.Tables[0].Name} where participant_id = @id order by id", participant);
}
