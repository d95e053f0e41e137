using System.Text;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl.Tests;

public sealed class RecordReaderTests
{
    static readonly byte[] Key = new byte[32];

    [Test]
    public void A_line_keeps_what_is_on_the_list_and_nothing_else()
    {
        var reader = Read(WarehouseTables.Treatments, """
            {"_id":"5f","eventType":"Meal Bolus","insulin":1.50,"carbs":"20","notes":"call Mum +49 171 2345678","foodType":"Ann's cake","enteredBy":"loop://Ann's iPhone","unknown":{"a":1},
            "created_at":"2026-11-20T10:00:00Z","boluscalc":{"bg":120,"notes":"x","carbs":20},"profile":"Ann school","isSMB":false,"glucoseType":"Sensor"}
            """);

        var line = Encoding.UTF8.GetString(reader.Line.Span);
        Assert.That(line, Does.Match("""^{"participant":"0000000000000007","record":"[0-9a-f]{32}","eventType":"Meal Bolus","insulin":1.50,"carbs":"20","enteredBy":"loop://[a-z2-7]{10}","created_at":"2026-11-20T10:00:00Z","boluscalc":{"bg":120,"carbs":20},"profile":"[a-z2-7]{10}","isSMB":false,"glucoseType":"Sensor"}$"""));
        Assert.That(reader.Problems, Is.Empty);
    }

    [Test]
    public void Codes_stand_where_an_export_looks_for_them()
    {
        var reader = Read(WarehouseTables.Entries, """{"_id":"5f","sgv":100}""");

        Assert.That(Encoding.ASCII.GetString(reader.Line.Span[RecordReader.CodeRange]), Is.EqualTo(Register.RecordCode.Of(7, "entries", "5f")));
    }

    [TestCase("sgv", "\"abc\"", "not a number")]
    [TestCase("sgv", "4915112345678", "not a number")]
    [TestCase("direction", "\"to the moon\"", "not one of the known words")]
    [TestCase("date", "\"yesterday\"", "not a time")]
    public void A_value_that_cannot_be_read_is_named_and_the_record_stays(string field, string value, string reason)
    {
        var reader = Read(WarehouseTables.Entries, $$"""{"_id":"5f","{{field}}":{{value}}}""");

        Assert.That(reader.Problems, Is.EqualTo(new[] { new Problem(field, reason) }));
    }

    [TestCase("\"\"")]
    [TestCase("null")]
    public void Nothing_is_no_problem(string value)
    {
        var reader = Read(WarehouseTables.Treatments, $$"""{"_id":"5f","insulin":{{value}},"eventType":{{value}},"created_at":{{value}}}""");

        Assert.That(reader.Problems, Is.Empty);
        Assert.That(Value(reader, WarehouseTables.Treatments, "insulin"), Is.Null);
    }

    [TestCase("""{"_id":"5f","noise":"Clean"}""", "noise", null)]
    [TestCase("""{"_id":"5f","noise":3}""", "noise", "3")]
    [TestCase("""{"_id":"5f","trend":4}""", "trend", "4")]
    [TestCase("""{"_id":"5f","trend_arrow":"Flat"}""", "trend", "Flat")]
    [TestCase("""{"_id":"5f","sgv":"150.5"}""", "sgv", "150.5")]
    [TestCase("""{"_id":"5f","sgv":1e400}""", "sgv", null)]
    [TestCase("""{"_id":"5f","date":1700000000000.5}""", "date", "2023-11-14T22:13:20.0005000Z")]
    [TestCase("""{"_id":"5f","dateString":"2023-11-14T23:13:20+0100"}""", "date", "2023-11-14T22:13:20.0000000Z")]
    [TestCase("""{"_id":"5f","device":"share2\u0000"}""", "device", "share2")]
    public void Odd_shapes_of_an_entry_are_read(string json, string column, string? value)
    {
        var found = Value(Read(WarehouseTables.Entries, json), WarehouseTables.Entries, column);

        Assert.That(found is DateTime time ? time.ToString("o") : found?.ToString(), Is.EqualTo(value));
    }

    [TestCase("""{"_id":"5f","timestamp":1700000000000}""", "timestamp", "2023-11-14T22:13:20.0000000Z")]
    [TestCase("""{"_id":"5f","timestamp":0,"created_at":"2026-01-01T00:00:00Z"}""", "timestamp", null)]
    [TestCase("""{"_id":"5f","rate":"offset"}""", "rate", null)]
    [TestCase("""{"_id":"5f","duration":29.5}""", "duration", "29.5")]
    [TestCase("""{"_id":"5f","units":"mg/dL"}""", "units", "mg/dL")]
    [TestCase("""{"_id":"5f","created_at":1616966443000}""", "created_at", "2021-03-28T21:20:43.0000000Z")]
    [TestCase("""{"_id":"5f","created_at":"2026-11-20T20:30:00-08:00"}""", "created_at", "2026-11-21T04:30:00.0000000Z")]
    public void Odd_shapes_of_a_treatment_are_read(string json, string column, string? value)
    {
        var reader = Read(WarehouseTables.Treatments, json);
        var found = Value(reader, WarehouseTables.Treatments, column);

        Assert.That(found is DateTime time ? time.ToString("o") : found?.ToString(), Is.EqualTo(value));
        Assert.That(reader.Problems, Is.Empty);
    }

    [Test]
    public void The_first_of_a_list_of_iob_predictions_is_now()
    {
        var reader = Read(WarehouseTables.DeviceStatus, """{"_id":"5f","created_at":"2026-11-20T10:00:00Z","openaps":{"iob":[{"iob":1.2,"time":"2026-11-20T10:00:00Z"},{"iob":1.1}],"enacted":{"timestamp":"false"}}}""");

        Assert.That(reader.HasRow(1), Is.True);
        Assert.That(Value(reader, WarehouseTables.DeviceStatus, "iob_iob", 1), Is.EqualTo(1.2m));
        Assert.That(reader.Problems, Is.Empty);
    }

    [Test]
    public void A_status_without_openaps_has_no_metrics()
    {
        Assert.That(Read(WarehouseTables.DeviceStatus, """{"_id":"5f","loop":{"iob":{"iob":1}}}""").HasRow(1), Is.False);
        Assert.That(Read(WarehouseTables.DeviceStatus, """{"_id":"5f","openaps":null}""").HasRow(1), Is.False);
    }

    [Test]
    public void Names_the_participant_chose_become_pseudonyms_also_as_keys()
    {
        var line = Encoding.UTF8.GetString(Read(WarehouseTables.Profile, """
            {"_id":"5f","defaultProfile":"Ann school","store":{"Ann school":{"dia":"5","timezone":"Europe/Berlin","basal":[{"time":"00:00","value":"0.5","timeAsSeconds":"0"}]}}}
            """).Line.Span);

        Assert.That(line, Does.Not.Contain("Ann"));
        Assert.That(line, Does.Match(""""defaultProfile":"([a-z2-7]{10})","store":{"\1":{"dia":"5","timezone":"Europe/Berlin","basal":\[{"time":"00:00","value":"0.5","timeAsSeconds":"0"}\]}}}$""""));
    }

    [TestCase("not json")]
    [TestCase("[1]")]
    [TestCase("{\"a\":")]
    [TestCase("{} {}")]
    [TestCase("17")]
    public void What_is_no_object_is_no_record(string line) =>
        Assert.That(new RecordReader(WarehouseTables.Entries, 7, Key).Read(Encoding.UTF8.GetBytes(line))?.Reason, Is.EqualTo("not a JSON object"));

    [Test]
    public void Record_without_id_drops_files_D18()
    {
        var reader = Read(WarehouseTables.Treatments, """{"uuid":"u1","created_at":"2026-11-20T10:00:00Z"}""");
        Assert.That(reader.Id, Is.EqualTo("u1"));

        reader = Read(WarehouseTables.Treatments, """{"created_at":"2026-11-20T10:00:00Z"}""");
        Assert.That(reader.Id, Does.StartWith("sha256:"));
    }

    [Test]
    public void An_uploaders_own_identifier_stays_as_a_pseudonym()
    {
        var reader = Read(WarehouseTables.Treatments, """{"id":"ABC","_id":"5f","created_at":"2026-11-20T10:00:00Z"}""");

        Assert.That(reader.Id, Is.EqualTo("5f"));
        Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.Match("""record":"[0-9a-f]{32}","id":"[a-z2-7]{10}","created_at":"2026-11-20T10:00:00Z"}$"""));
    }

    static RecordReader Read(WarehouseTables tables, string json)
    {
        var reader = new RecordReader(tables, participantId: 7, Key);
        Assert.That(reader.Read(Encoding.UTF8.GetBytes(json)), Is.Null);
        return reader;
    }

    static object? Value(RecordReader reader, WarehouseTables tables, string column, int table = 0) =>
        reader.Values[table][Array.FindIndex(tables.Tables[table].Columns, candidate => candidate.Name == column)];
}
