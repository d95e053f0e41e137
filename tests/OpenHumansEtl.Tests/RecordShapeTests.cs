using System.Globalization;
using System.Text;
using OpenHumansEtl.Tables;
using static OpenHumansEtl.Tables.WarehouseTables;

namespace OpenHumansEtl.Tests;

/// <summary>Every shape in which uploaders write records, and the typed values it becomes, read back from PostgreSQL. None of them is a cause for quarantine.</summary>
public sealed class RecordShapeTests
{
    const string At = "2023-11-14T22:13:20.0000000Z"; // 1700000000000

    StagedRows _rows = null!;

    [OneTimeSetUp]
    public async Task Migrate() => _rows = await StagedRows.CreateAsync();

    [OneTimeTearDown]
    public async Task Drop() => await _rows.DisposeAsync();

    static readonly (string Shape, WarehouseTables Of, string Json, string Typed)[] Accepted =
    [
        ("time in milliseconds", Entries, """{"date":1700000000000}""", $"date={At}"),
        ("time in milliseconds with a fraction (Swift)", Entries, """{"date":1700000000000.5}""", "date=2023-11-14T22:13:20.0005000Z"),
        ("time in milliseconds as text", Entries, """{"date":"1700000000000"}""", $"date={At}"),
        ("time in seconds", Entries, """{"date":1700000000}""", $"date={At}"),
        ("time in seconds with a fraction", Entries, """{"date":1700000000.25}""", "date=2023-11-14T22:13:20.2500000Z"),
        ("time in seconds as text", Entries, """{"date":"1700000000"}""", $"date={At}"),
        ("NaN as time, which Nightscout stores as null", Entries, """{"date":null,"dateString":"2023-11-14T22:13:20Z"}""", $"date={At}"),
        ("no date, another field has it", Entries, """{"mills":1700000000000}""", $"date={At}"),
        ("a clock that was reset, another field has the time", Entries, """{"date":86400000,"dateString":"2023-11-14T22:13:20Z"}""", $"date={At}"),
        ("text with Z", Entries, """{"dateString":"2023-11-14T22:13:20.000Z"}""", $"date={At} date_string=2023-11-14T22:13:20.000Z"),
        ("text with an offset", Entries, """{"dateString":"2023-11-14T15:13:20-07:00"}""", $"date={At} date_string=2023-11-14T15:13:20-07:00"),
        ("text with an offset without colon (xDrip+)", Entries, """{"dateString":"2023-11-14T23:13:20+0100"}""", $"date={At}"),
        ("text with a blank for the T", Entries, """{"dateString":"2023-11-14 22:13:20"}""", $"date={At}"),
        ("American text", Entries, """{"dateString":"11/14/2023 10:13:20 PM"}""", $"date={At}"),
        ("systime under its three names", Entries, """{"sysTime":"2023-11-14T22:13:20Z"}""", $"date={At} system_time=2023-11-14T22:13:20Z"),
        ("no time at all", Entries, """{"sgv":100}""", "date=- sgv=100"),
        ("time 0, which stands for none", Entries, """{"date":0,"sgv":100}""", "date=- sgv=100"),

        ("whole mg/dL", Entries, """{"sgv":150}""", "sgv=150"),
        ("mg/dL with decimals", Entries, """{"sgv":150.5}""", "sgv=150.5"),
        ("a number as text", Entries, """{"sgv":"150"}""", "sgv=150"),
        ("an exponent", Entries, """{"sgv":1.5e2}""", "sgv=150"),
        ("a list of one", Entries, """{"sgv":[150]}""", "sgv=150"),
        ("a field that stands twice", Entries, """{"sgv":150,"sgv":160}""", "sgv=150"),
        ("an error code", Entries, """{"sgv":5}""", "sgv=5"),
        ("no reading", Entries, """{"sgv":0}""", "sgv=0"),
        ("LOW", Entries, """{"sgv":39}""", "sgv=39"),
        ("HIGH", Entries, """{"sgv":401}""", "sgv=401"),
        ("nothing", Entries, """{"sgv":null}""", "sgv=-"),
        ("empty text", Entries, """{"sgv":""}""", "sgv=-"),
        ("noise as number", Entries, """{"noise":1}""", "noise=1"),
        ("noise as word of old uploaders", Entries, """{"noise":"Clean"}""", "noise=-"),
        ("noise as nothing", Entries, """{"noise":null}""", "noise=-"),
        ("direction by name", Entries, """{"direction":"FortyFiveUp"}""", "direction=FortyFiveUp"),
        ("direction with blanks", Entries, """{"direction":"NOT COMPUTABLE"}""", "direction=NOT COMPUTABLE"),
        ("direction as arrow (Trio)", Entries, """{"direction":"↗︎"}""", "direction=↗︎"),
        ("direction as nothing", Entries, """{"direction":null}""", "direction=-"),
        ("trend as number", Entries, """{"trend":4}""", "trend=4"),
        ("trend as text", Entries, """{"trend_arrow":"Flat"}""", "trend=Flat"),
        ("a calibration", Entries, """{"type":"cal","slope":800.5,"intercept":30000,"scale":1}""", "type=cal slope=800.5 intercept=30000 scale=1"),
        ("a finger stick", Entries, """{"type":"mbg","mbg":"120"}""", "type=mbg mbg=120"),
        ("raw values", Entries, """{"filtered":123456.789,"unfiltered":"98765","rssi":-70,"rawbg":110}""", "filtered=123456.789 unfiltered=98765 rssi=-70 rawbg=110"),
        ("an entry without type", Entries, """{"type":null,"sgv":100,"glucose":100,"delta":-2.25}""", "type=- sgv=100 glucose=100 delta=-2.25"),
        ("NUL in a text", Entries, """{"device":"share2\u0000"}""", "device=share2"),
        ("offset in minutes", Entries, """{"utcOffset":"-480"}""", "utc_offset=-480"),

        ("created_at as text", Treatments, """{"created_at":"2023-11-14T22:13:20Z"}""", $"created_at={At}"),
        ("created_at as number", Treatments, """{"created_at":1700000000000}""", $"created_at={At}"),
        ("created_at under other names", Treatments, """{"mills":1700000000000}""", $"created_at={At}"),
        ("timestamp with an offset (OpenAPS)", Treatments, """{"timestamp":"2023-11-14T14:13:20-08:00"}""", $"timestamp={At} created_at={At}"),
        ("timestamp as number (xDrip+)", Treatments, """{"timestamp":1700000000000}""", $"timestamp={At}"),
        ("timestamp 0", Treatments, """{"timestamp":0,"created_at":"2023-11-14T22:13:20Z"}""", $"timestamp=- created_at={At}"),
        ("amounts as text", Treatments, """{"insulin":"1.50","carbs":"20","protein":"5","fat":"7.5","duration":"30"}""", "insulin=1.50 carbs=20 protein=5 fat=7.5 duration=30"),
        ("empty amounts", Treatments, """{"insulin":"","carbs":"","glucose":"","duration":""}""", "insulin=- carbs=- glucose=- duration=-"),
        ("carbs that are taken back", Treatments, """{"carbs":-15}""", "carbs=-15"),
        ("a rate of old uploaders", Treatments, """{"rate":"offset"}""", "rate=-"),
        ("minutes with a fraction (Loop)", Treatments, """{"duration":29.53}""", "duration=29.53"),
        ("milliseconds (AAPS)", Treatments, """{"durationInMilliseconds":1800000}""", "duration_ms=1800000 duration=-"),
        ("an override without end", Treatments, """{"eventType":"Temporary Override","durationType":"indefinite"}""", "event_type=Temporary Override duration=-"),
        ("percent with its sign", Treatments, """{"temp":"percent","percent":"-50%"}""", "temp=percent percent=-50"),
        ("a suspended pump", Treatments, """{"eventType":"Temp Basal","temp":"absolute","rate":0,"absolute":0,"duration":30}""", "rate=0 absolute=0 duration=30"),
        ("no event", Treatments, """{"eventType":"<none>"}""", "event_type=<none>"),
        ("an SMB", Treatments, """{"eventType":"Correction Bolus","type":"SMB","isSMB":"true","insulin":0.3}""", "event_type=Correction Bolus type=SMB is_smb=True insulin=0.3"),
        ("glucose as text (Trio)", Treatments, """{"glucose":"5.5","units":"mmol/L","glucoseType":"Finger"}""", "glucose=5.5 units=mmol/L glucose_type=Finger glucose_unit=mmol/L"),
        ("glucose and its unit in another spelling", Treatments, """{"glucose":100,"units":"mg/dL"}""", "glucose=100 units=mg/dL glucose_unit=mg/dL"),
        ("JSON inside a text: a profile", Treatments, """{"profileJson":"{\"dia\":5,\"units\":\"mmol\",\"basal\":[{\"time\":\"00:00\",\"value\":\"0.5\"}],\"name\":\"Ann\"}"}""",
            """profile_json={"dia":5,"units":"mmol","basal":[{"time":"00:00","value":"0.5"}]}"""),
        ("JSON inside a text: what may say anything", Treatments, """{"insulinInjections":"[{\"insulin\":\"Novo\"}]","bolusCalculatorResult":"{\"note\":\"Ann\"}","insulin":1}""", "insulin=1"),
        ("nested records of a pump", Treatments, """{"raw_duration":{"timestamp":"2023-11-14T14:13:20-08:00","duration (min)":30},"wizard":{"bg":120},"extendedEmulated":{"insulin":1},"correctionRange":[100,110],"absolute":0.5}""", "absolute=0.5"),

        ("iob as object", DeviceStatus, """{"openaps":{"iob":{"iob":1.2,"timestamp":"2023-11-14T22:13:20Z"}}}""", $"iob_iob=1.2 iob_timestamp={At}"),
        ("iob as list", DeviceStatus, """{"openaps":{"iob":[{"iob":1.2,"time":"2023-11-14T22:13:20Z"},{"iob":1.1}]}}""", $"iob_iob=1.2 iob_timestamp={At}"),
        ("tick as text", DeviceStatus, """{"openaps":{"suggested":{"tick":"+5","bg":120,"predBGs":[120,118]}}}""", "suggested_tick=+5 suggested_bg=120"),
        ("tick as number", DeviceStatus, """{"openaps":{"suggested":{"tick":-3,"predBGs":{"IOB":[120,118]}}}}""", "suggested_tick=-3"),
        ("nothing enacted", DeviceStatus, """{"openaps":{"enacted":{"timestamp":"false"}}}""", "enacted_timestamp=-"),
        ("no openaps", DeviceStatus, """{"openaps":null,"uploaderBattery":false}""", "created_at=-"),
        ("Loop", DeviceStatus, """{"loop":{"iob":{"iob":"-0.35"},"cob":{"cob":12.5},"predicted":{"values":[100,101]}},"uploader":{"battery":-100}}""", "loop_iob=-0.35 loop_cob=12.5 eventual_bg=101"),
        ("the uploader as number", DeviceStatus, """{"uploader":80,"date":1700000000000}""", $"created_at={At}"),
        ("a pump that says its state in words or flags", DeviceStatus, """{"pump":{"status":{"status":"normal","suspended":"false","bolusing":true}}}""", "pump_suspended=False pump_bolusing=True"),

        ("a profile that holds since ever", Profile, """{"startDate":"1970-01-01T00:00:00.000Z","created_at":"2023-11-14T22:13:20Z","units":"mmol"}""", $"start_date=1970-01-01T00:00:00.0000000Z created_at={At} units=mmol"),
        ("a profile without created_at", Profile, """{"startDate":"2023-11-14T22:13:20Z","mills":"1700000000000"}""", $"created_at={At} mills=1700000000000"),
        ("a profile of before there was a store", Profile, """{"startDate":"2015-01-01T00:00:00.000Z","dia":"3","basal":[{"time":"00:00","value":"0.5"}],"sens":40,"units":"mg/dl"}""", "units=mg/dl"),
    ];

    static IEnumerable<TestCaseData> Shapes() => Accepted.Select(shape => new TestCaseData(shape.Of, shape.Json, shape.Typed).SetName($"{shape.Of.Collection}: {shape.Shape}"));

    [TestCaseSource(nameof(Shapes))]
    public async Task A_shape_that_uploaders_write_is_read(WarehouseTables tables, string json, string typed)
    {
        var (problems, rows) = await _rows.OfAsync(tables, json.Insert(1, "\"_id\":\"5f\","));

        Assert.That(problems, Is.Empty);
        var columns = rows.Where(row => row is not null).SelectMany(row => row!).DistinctBy(column => column.Key).ToDictionary();
        var names = System.Text.RegularExpressions.Regex.Matches(typed, @"(?<=^| )[a-z_]+(?==)").Select(name => name.Value);
        Assert.That(string.Join(' ', names.Select(name => $"{name}={Text(columns[name])}")), Is.EqualTo(typed));
    }

    [TestCase("5f9b3c2e1d4a5b6c7d8e9f00", "5f9b3c2e1d4a5b6c7d8e9f00", TestName = "An_ObjectId_stays")]
    [TestCase("3F2504E0-4F89-11D3-9A0C-0305E82C3301", "3F2504E0-4F89-11D3-9A0C-0305E82C3301", TestName = "A_UUID_stays")]
    [TestCase("Ann's bolus", "hmac:", TestName = "An_identifier_that_says_something_is_hashed")]
    [TestCase("a\\u0000b", "hmac:", TestName = "An_identifier_with_NUL_is_hashed")]
    [TestCase("\\ud83d", "hmac:", TestName = "An_identifier_with_half_an_emoji_is_hashed")]
    public async Task Identifiers(string sent, string kept)
    {
        var (_, rows) = await _rows.OfAsync(Entries, $$"""{"_id":"{{sent}}","sgv":100}""");

        Assert.That(rows[0]!["id"], Does.StartWith(kept));
    }

    /// <summary>What the typed tables have no column for is kept as raw line, in the same shape.</summary>
    [TestCase("treatments", """{"boluscalc":{"bg":120,"carbs":"20"}}""")]
    [TestCase("treatments", """{"correctionRange":[100,110]}""")]
    [TestCase("treatments", """{"raw_rate":{"timestamp":"2023-11-14T14:13:20-08:00","rate":0.5}}""")]
    [TestCase("devicestatus", """{"openaps":{"suggested":{"predBGs":[120,118]}}}""")]
    [TestCase("devicestatus", """{"openaps":{"suggested":{"predBGs":{"IOB":[120,118],"ZT":[120]}}}}""")]
    [TestCase("devicestatus", """{"uploader":80}""")]
    [TestCase("devicestatus", """{"uploader":{"battery":80}}""")]
    [TestCase("devicestatus", """{"pump":{"battery":{"status":"normal","voltage":1.5},"reservoir":88.5}}""")]
    [TestCase("devicestatus", """{"preferences":{"max_iob":4,"enableUAM":true}}""")]
    [TestCase("profile", """{"carbratio":10,"sens":"40","timezone":"ETC/GMT+8"}""")]
    [TestCase("profile", """{"timezone":""}""")]
    [TestCase("profile", """{"basal":[{"time":"00:00","value":"0.5","timeAsSeconds":"0"}]}""")]
    [TestCase("entries", """{"noise":null}""")]
    public void A_nested_shape_is_kept_as_it_is(string collection, string json)
    {
        var reader = new RecordReader(WarehouseTables.Of(collection), participantId: 7, new byte[32]);

        Assert.That(reader.Read(Encoding.UTF8.GetBytes(json.Insert(1, "\"_id\":\"5f\","))), Is.Null);

        Assert.That(Encoding.UTF8.GetString(reader.Line.Span), Does.EndWith($",{json[1..]}"));
    }

    static string Text(object? value) => value switch
    {
        null => "-",
        DateTime time => time.ToString("o"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
