using System.Text;
using Dapper;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl.Tests;

/// <summary>What a record becomes, read back from PostgreSQL where it is a row.</summary>
public sealed class RecordReaderTests
{
    static readonly byte[] Key = new byte[32];

    StagedRows _rows = null!;

    [OneTimeSetUp]
    public async Task Migrate() => _rows = await StagedRows.CreateAsync();

    [OneTimeTearDown]
    public async Task Drop() => await _rows.DisposeAsync();

    [Test]
    public void A_line_keeps_what_is_on_the_list_and_nothing_else()
    {
        var reader = Read(WarehouseTables.Treatments, """
            {"_id":"5f","eventType":"Meal Bolus","insulin":1.50,"carbs":"20","notes":"call Mum +49 171 2345678","foodType":"Ann's cake","enteredBy":"loop://Ann's iPhone","unknown":{"a":1},
            "created_at":"2026-11-20T10:00:00Z","boluscalc":{"bg":120,"notes":"x","carbs":20},"profile":"Ann school","isSMB":false,"glucoseType":"Sensor"}
            """);

        var line = Encoding.UTF8.GetString(reader.Line.Span);
        Assert.That(line, Does.Match("""^{"participant":"0000000000000007","record":"[0-9a-f]{32}","eventType":"Meal Bolus","insulin":1.50,"carbs":"20","enteredBy":"loop://~[a-z2-7]{10}","created_at":"2026-11-20T10:00:00Z","boluscalc":{"bg":120,"carbs":20},"profile":"~[a-z2-7]{10}","isSMB":false,"glucoseType":"Sensor"}$"""));
        Assert.That(reader.Problems, Is.Empty);
    }

    [Test]
    public void Codes_stand_where_an_export_looks_for_them()
    {
        var reader = Read(WarehouseTables.Entries, """{"_id":"5f","sgv":100}""");

        Assert.That(Encoding.ASCII.GetString(reader.Line.Span[RecordReader.CodeRange]), Is.EqualTo(Register.RecordCode.Of(7, "entries", "5f")));
    }

    /// <summary>Of the predictions of a loop, any one changed by anything, and any two exchanged: the merge sees an edit by this hash alone.</summary>
    [Test]
    public void Every_edit_of_a_record_is_another_content_hash()
    {
        var hashes = new List<long>();
        void Add(IEnumerable<int> predictions) => hashes.Add(Read(WarehouseTables.DeviceStatus, """{"_id":"5f","openaps":{"suggested":{"predBGs":{"IOB":[""" + string.Join(',', predictions) + "]}}}}").ContentHash);
        int[] predictions = [.. Enumerable.Range(0, 48).Select(at => 100 + at)];

        Add(predictions);
        for (var at = 0; at < predictions.Length; at++)
        {
            for (var value = 200; value < 240; value++)
                Add([.. predictions[..at], value, .. predictions[(at + 1)..]]);
            for (var other = 0; other < at; other++)
                Add(predictions.Select((value, place) => place == at ? predictions[other] : place == other ? predictions[at] : value));
        }

        Assert.That(hashes, Is.Unique.And.Count.EqualTo(1 + 48 * 40 + 48 * 47 / 2));
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
    public async Task Nothing_is_no_problem(string value)
    {
        var (problems, rows) = await _rows.OfAsync(WarehouseTables.Treatments, $$"""{"_id":"5f","insulin":{{value}},"eventType":{{value}},"created_at":{{value}}}""");

        Assert.That(problems, Is.Empty);
        Assert.That(rows[0]!["insulin"], Is.Null);
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
    public async Task Odd_shapes_of_an_entry_are_read(string json, string column, string? value)
    {
        var (_, rows) = await _rows.OfAsync(WarehouseTables.Entries, json);

        Assert.That(Text(rows[0]![column]), Is.EqualTo(value));
    }

    [TestCase("""{"_id":"5f","timestamp":1700000000000}""", "timestamp", "2023-11-14T22:13:20.0000000Z")]
    [TestCase("""{"_id":"5f","timestamp":0,"created_at":"2026-01-01T00:00:00Z"}""", "timestamp", null)]
    [TestCase("""{"_id":"5f","rate":"offset"}""", "rate", null)]
    [TestCase("""{"_id":"5f","duration":29.5}""", "duration", "29.5")]
    [TestCase("""{"_id":"5f","units":"mg/dL"}""", "units", "mg/dL")]
    [TestCase("""{"_id":"5f","created_at":1616966443000}""", "created_at", "2021-03-28T21:20:43.0000000Z")]
    [TestCase("""{"_id":"5f","created_at":"2026-11-20T20:30:00-08:00"}""", "created_at", "2026-11-21T04:30:00.0000000Z")]
    public async Task Odd_shapes_of_a_treatment_are_read(string json, string column, string? value)
    {
        var (problems, rows) = await _rows.OfAsync(WarehouseTables.Treatments, json);

        Assert.That(Text(rows[0]![column]), Is.EqualTo(value));
        Assert.That(problems, Is.Empty);
    }

    [TestCase("[120,118.5,-3,0]", "[120,118.5,-3,0]")]
    [TestCase("[ 120 , 118 ]", "[120,118]")]
    [TestCase("[12345678,123456789,5]", "[12345678,5]")]
    [TestCase("[12345678.123456789012345678]", "[12345678.123456789012345678]")]
    [TestCase("[1e3,2]", "[1e3,2]")]
    [TestCase("[1,null,\"Ann\",true,2]", "[1,null,true,2]")]
    [TestCase("[[1,2],[3]]", "[[1,2],[3]]")]
    [TestCase("[]", "[]")]
    [TestCase("[1,,2]", null)]
    [TestCase("[01]", null)]
    [TestCase("[1.]", null)]
    [TestCase("[-]", null)]
    [TestCase("[1,]", null)]
    [TestCase("[1 2]", null)]
    [TestCase("[1", null)]
    public void Predictions_are_kept_as_they_are_or_the_line_is_no_JSON(string predictions, string? kept)
    {
        var reader = new RecordReader(WarehouseTables.DeviceStatus, 1, new byte[32]);

        var problem = reader.Read(Encoding.UTF8.GetBytes($$$"""{"_id":"5f","openaps":{"suggested":{"predBGs":{"IOB":{{{predictions}}},"ZT":[1]},"bg":120}},"uploader":{"battery":50}}"""));

        Assert.That(problem?.Reason, Is.EqualTo(kept is null ? Reason.NoObject : null));
        if (kept is not null)
            Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.EndWith($$$""","openaps":{"suggested":{"predBGs":{"IOB":{{{kept}}},"ZT":[1]},"bg":120}},"uploader":{"battery":50}}"""));
    }

    [TestCase("0", "0")]
    [TestCase("-0", "0")]
    [TestCase("120", "120")]
    [TestCase("1.50", "1.50")]
    [TestCase("0.0005", "0.0005")]
    [TestCase("-12345.678900", "-12345.678900")]
    [TestCase("99999999.00001", "99999999.00001")]
    [TestCase("10000", "10000")]
    [TestCase("1e3", "1000")]
    [TestCase("2.5E-4", "0.00025")]
    [TestCase("\"+5\"", "5")]
    [TestCase("\".5\"", "0.5")]
    [TestCase("\"12%\"", "12")]
    [TestCase("0.1000000000000000055511151231257827", "0.1000000000000000055511151231")]
    public async Task A_number_keeps_its_digits(string number, string expected)
    {
        var (problems, _) = await _rows.OfAsync(WarehouseTables.Treatments, $$"""{"_id":"5f","ratio":{{number}}}""");

        Assert.That(problems, Is.Empty);
        Assert.That(await _rows.Connection.ExecuteScalarAsync<string>("select ratio::text from pg_temp.stage_treatments"), Is.EqualTo(expected));
    }

    [Test]
    public async Task The_first_of_a_list_of_iob_predictions_is_now()
    {
        var (problems, rows) = await _rows.OfAsync(WarehouseTables.DeviceStatus,
            """{"_id":"5f","created_at":"2026-11-20T10:00:00Z","openaps":{"iob":[{"iob":1.2,"time":"2026-11-20T10:00:00Z"},{"iob":1.1}],"enacted":{"timestamp":"false"}}}""");

        Assert.That(rows[1]!["iob_iob"], Is.EqualTo(1.2m));
        Assert.That(problems, Is.Empty);
    }

    [TestCase("""{"_id":"5f","loop":{"iob":{"iob":1}}}""")]
    [TestCase("""{"_id":"5f","openaps":null}""")]
    public async Task A_status_without_openaps_has_no_metrics(string json)
    {
        var (_, rows) = await _rows.OfAsync(WarehouseTables.DeviceStatus, json);

        Assert.That(rows[0], Is.Not.Null);
        Assert.That(rows[1], Is.Null);
    }

    [Test]
    public void Names_the_participant_chose_become_pseudonyms_also_as_keys()
    {
        var line = Encoding.UTF8.GetString(Read(WarehouseTables.Profile, """
            {"_id":"5f","defaultProfile":"Ann school","store":{"Ann school":{"dia":"5","timezone":"Europe/Berlin","basal":[{"time":"00:00","value":"0.5","timeAsSeconds":"0"}]}}}
            """).Line.Span);

        Assert.That(line, Does.Not.Contain("Ann"));
        Assert.That(line, Does.Match(""""defaultProfile":"(~[a-z2-7]{10})","store":{"\1":{"dia":"5","timezone":"Europe/Berlin","basal":\[{"time":"00:00","value":"0.5","timeAsSeconds":"0"}\]}}}$""""));
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
        var reader = Read(WarehouseTables.Treatments, """{"uuid":"d1","created_at":"2026-11-20T10:00:00Z"}""");
        Assert.That(reader.Id, Is.EqualTo("d1"));

        reader = Read(WarehouseTables.Treatments, """{"created_at":"2026-11-20T10:00:00Z"}""");
        Assert.That(reader.Id, Does.StartWith("sha256:"));
    }

    [Test]
    public void An_uploaders_own_identifier_stays_as_a_pseudonym()
    {
        var reader = Read(WarehouseTables.Treatments, """{"id":"ABC","_id":"5f","created_at":"2026-11-20T10:00:00Z"}""");

        Assert.That(reader.Id, Is.EqualTo("5f"));
        Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.Match("""record":"[0-9a-f]{32}","id":"~[a-z2-7]{10}","created_at":"2026-11-20T10:00:00Z"}$"""));
    }

    static RecordReader Read(WarehouseTables tables, string json)
    {
        var reader = new RecordReader(tables, participantId: 7, Key);
        Assert.That(reader.Read(Encoding.UTF8.GetBytes(json)), Is.Null);
        reader.Write([.. tables.Tables.Select(_ => new CopyRows())], 0, "whole");
        return reader;
    }

    static string? Text(object? value) => value is DateTime time ? time.ToString("o") : value?.ToString();
}
