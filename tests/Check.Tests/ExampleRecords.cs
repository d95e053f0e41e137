namespace Sandbox.Check.Tests;

/// <summary>Records with what makes a way hard: names, credentials, digits that matter, times with fractions, free text, lists.</summary>
static class ExampleRecords
{
    public static List<ExampleRecord> Ann() =>
    [
        Entry("e1", "2026-11-01", """ "date":1793527200000,"dateString":"2026-11-01T10:00:00.000Z","device":"xDrip-DexcomG6","direction":"Flat","sgv":104,"type":"sgv","filtered":1.50,"notes":"call 555" """,
            """ "date":1793527200000,"dateString":"2026-11-01T10:00:00.000Z","device":"xDrip-DexcomG6","direction":"Flat","sgv":104,"type":"sgv","filtered":1.50 """,
            """{"sgv":104,"direction":"Flat","device":"xDrip-DexcomG6","type":"sgv","filtered":1.5,"date":"2026-11-01T10:00:00Z","date_string":"2026-11-01T10:00:00.000Z"}"""),
        new()
        {
            Collection = "entries", Id = "e2", Period = "2026-11-01",
            Site = """{"_id":"e2","date":1793527500000.1236,"device":"loop://Ann's iPhone","sgv":109,"trend":4,"noise":"Clean","direction":"flat","mills":1793527500000}""",
            File = """{"_id":"e2","date":1793527500000.1236,"device":"loop://mk2fq7xw3a","sgv":109,"trend":4,"noise":"Clean","direction":"flat"}""",
            Raw = """ "date":1793527500000.1236,"device":"loop://~q3w5e7r2t4","sgv":109,"trend":4,"direction":"flat" """,
            Row = """{"sgv":109,"direction":"flat","device":"loop://~q3w5e7r2t4","trend":"4","date":"2026-11-01T10:05:00.000123Z"}""",
        },
        new()
        {
            Collection = "entries", Id = "e3", Period = "2026-10",
            Site = """{"_id":"e3","date":1793000000000,"device":"loop://Ann's iPhone","sgv":"110","trend":"SingleUp","delta":0.0,"units":""}""",
            File = """{"_id":"e3","date":1793000000000,"device":"loop://mk2fq7xw3a","sgv":"110","trend":"SingleUp","delta":0.0,"units":""}""",
            Raw = """ "date":1793000000000,"device":"loop://~q3w5e7r2t4","sgv":"110","trend":"SingleUp","delta":0.0,"units":"" """,
            Row = """{"sgv":110,"device":"loop://~q3w5e7r2t4","trend":"SingleUp","delta":0,"date":"2026-10-26T07:33:20Z"}""",
        },
        new()
        {
            Collection = "treatments", Id = "t1", Period = "2026-11-01",
            Site = """
                {"_id":"t1","created_at":"2026-11-01T10:01:00.000Z","enteredBy":"Mum","eventType":"Meal bolus","insulin":1.50,"carbs":null,
                 "notes":"see https://x.org/?token=abc&y=1","glucose":"104","units":"mg/dL","pumpId":4711,"identifier":"u-1"}
                """,
            File = """
                {"_id":"t1","created_at":"2026-11-01T10:01:00.000Z","enteredBy":"ab4c2d5e7f","eventType":"Meal bolus","insulin":1.50,"carbs":null,"notes":"see https://x.org/?token=&y=1","glucose":"104","units":"mg/dL","pumpId":4711,"identifier":"u-1"}
                """.Trim(),
            Raw = """
                "created_at":"2026-11-01T10:01:00.000Z","enteredBy":"~z2x4c6v3b5","eventType":"Meal bolus","insulin":1.50,"carbs":null,"glucose":"104","units":"mg/dL","pumpId":"~k7k7k7k7k7","identifier":"~m6m6m6m6m6"
                """,
            Row = """{"event_type":"Meal bolus","insulin":1.5,"glucose":104,"units":"mg/dL","entered_by":"~z2x4c6v3b5","created_at":"2026-11-01T10:01:00Z"}""",
        },
        new()
        {
            Collection = "treatments", Id = "t2", Period = "2026-11-01",
            Site = """{"_id":"t2","created_at":"2026-11-01T10:02:00Z","enteredBy":"Mum","carbs":30,"note":"a, \"b\"","deviceToken":"push","api-secret":"x","profileJson":"{\"dia\":5.0, \"apiKey\":\"x\"}","programmed":"+5"}""",
            File = """{"_id":"t2","created_at":"2026-11-01T10:02:00Z","enteredBy":"ab4c2d5e7f","carbs":30,"note":"a, \"b\"","profileJson":"{\"dia\":5.0}","programmed":"+5"}""",
            Raw = """ "created_at":"2026-11-01T10:02:00Z","enteredBy":"~z2x4c6v3b5","carbs":30,"profileJson":"{\"dia\":5.0}","programmed":"+5" """,
            Row = """{"carbs":30,"programmed":"+5","entered_by":"~z2x4c6v3b5","created_at":"2026-11-01T10:02:00Z"}""",
        },
        new()
        {
            Collection = "treatments", Id = "t3", Period = "2026-11-01", // deleted on Nightscout: only in the participant's own file
            Site = """{"_id":"t3","created_at":"2026-11-01T10:03:00Z","insulin":9,"isValid":false}""",
            File = """{"_id":"t3","created_at":"2026-11-01T10:03:00Z","insulin":9,"isValid":false}""",
            Raw = null,
            Row = null,
        },
        new()
        {
            Collection = "treatments", Id = "t4", Period = "undated", // in no export: it asks for days
            Site = """{"_id":"t4","carbs":7}""",
            File = """{"_id":"t4","carbs":7}""",
            Raw = """ "carbs":7 """,
            Row = """{"carbs":7}""",
        },
        new()
        {
            Collection = "devicestatus", Id = "d1", Period = "2026-11-01",
            Site = """
                {"_id":"d1","created_at":"2026-11-01T10:00:30.000Z","device":"openaps://anns-rig","pump":{"pumpID":"P-77123","status":{"bolusing":false,"suspended":"true"}},
                 "openaps":{"iob":[{"iob":1.2,"time":"2026-11-01T10:00:00Z"},{"iob":9}],"suggested":{"bg":104,"tick":"+5","reason":"free text","predBGs":{"IOB":[1,2,3]}},"enacted":{}},"uploader":{"name":"Ann"},"insulinInjections":"[ {\"units\":1} ]"}
                """,
            File = """
                {"_id":"d1","created_at":"2026-11-01T10:00:30.000Z","device":"openaps://rrrrr22222","pump":{"pumpID":"P-77123","status":{"bolusing":false,"suspended":"true"}},"openaps":{"iob":[{"iob":1.2,"time":"2026-11-01T10:00:00Z"},{"iob":9}],"suggested":{"bg":104,"tick":"+5","reason":"free text","predBGs":{"IOB":[1,2,3]}},"enacted":{}},"uploader":{"name":"uuuuu44444"},"insulinInjections":"[ {\"units\":1} ]"}
                """.Trim(),
            Raw = """
                "created_at":"2026-11-01T10:00:30.000Z","device":"openaps://~sssss33333","pump":{"pumpID":"~p8p8p8p8p8","status":{"bolusing":false,"suspended":"true"}},"openaps":{"iob":[{"iob":1.2,"time":"2026-11-01T10:00:00Z"},{"iob":9}],"suggested":{"bg":104,"tick":"+5","predBGs":{"IOB":[1,2,3]}}}
                """,
            Row = """{"device":"openaps://~sssss33333","pump_id":"~p8p8p8p8p8","pump_bolusing":false,"pump_suspended":true,"created_at":"2026-11-01T10:00:30Z"}""",
            Metrics = """{"iob_iob":1.2,"iob_timestamp":"2026-11-01T10:00:00Z","suggested_bg":104,"suggested_tick":"+5","created_at":"2026-11-01T10:00:30Z"}""",
        },
        new()
        {
            Collection = "devicestatus", Id = "d2", Period = "2026-11-01",
            Site = """{"_id":"d2","created_at":"2026-11-01T10:06:00.000Z","device":"loop://Ann's iPhone","loop":{"cob":{"cob":12},"version":"3.4.1-dev","failureReason":"who knows"}}""",
            File = """{"_id":"d2","created_at":"2026-11-01T10:06:00.000Z","device":"loop://mk2fq7xw3a","loop":{"cob":{"cob":12},"version":"3.4.1-dev","failureReason":"who knows"}}""",
            Raw = """ "created_at":"2026-11-01T10:06:00.000Z","device":"loop://~q3w5e7r2t4","loop":{"cob":{"cob":12},"version":"3.4.1-dev"} """,
            Row = """{"device":"loop://~q3w5e7r2t4","loop_cob":12,"loop_version":"3.4.1-dev","created_at":"2026-11-01T10:06:00Z"}""",
        },
        Status("d3", "2026-11-01T10:10:30", 80),
        Status("d4", "2026-11-01T10:15:30", 81),
        new()
        {
            Collection = "profile", Id = "p1", Period = "2026-09",
            Site = """
                {"_id":"p1","defaultProfile":"Ann","startDate":"2026-09-01T00:00:00.000Z","mills":"1788220800000","units":"mmol","store":{"Ann":{"dia":5,"timezone":"Europe/Berlin","basal":[{"time":"00:00","value":0.85,"timeAsSeconds":0}]}}}
                """,
            File = """
                {"_id":"p1","defaultProfile":"Ann","startDate":"2026-09-01T00:00:00.000Z","mills":"1788220800000","units":"mmol","store":{"Ann":{"dia":5,"timezone":"Europe/Berlin","basal":[{"time":"00:00","value":0.85,"timeAsSeconds":0}]}}}
                """.Trim(),
            Raw = """
                "defaultProfile":"~n9n9n9n9n9","startDate":"2026-09-01T00:00:00.000Z","mills":"1788220800000","units":"mmol","store":{"~n9n9n9n9n9":{"dia":5,"timezone":"Europe/Berlin","basal":[{"time":"00:00","value":0.85,"timeAsSeconds":0}]}}
                """,
            Row = """{"default_profile":"~n9n9n9n9n9","mills":1788220800000,"units":"mmol","start_date":"2026-09-01T00:00:00Z","created_at":"2026-09-01T00:00:00Z"}""",
        },
    ];

    public static List<ExampleRecord> Bob() => [Reading("b1", 1793613600000, 140), Reading("b2", 1793613900000, 141), Reading("b3", 1793614200000, 142)];

    /// <summary>Does not share: only in the own account.</summary>
    public static List<ExampleRecord> Eve()
    {
        ExampleRecord[] records = [Reading("v1", 1793613600000, 200), Reading("v2", 1793613900000, 201)];
        foreach (var record in records)
            (record.Raw, record.Row) = (null, null);
        return [.. records];
    }

    public static ExampleRecord Reading(string id, long date, int sgv)
    {
        var (fields, time) = ($$""" "date":{{date}},"device":"share2","sgv":{{sgv}} """, DateTimeOffset.FromUnixTimeMilliseconds(date));
        return Entry(id, $"{time:yyyy-MM-dd}", fields, fields, $$"""{"sgv":{{sgv}},"device":"share2","date":"{{time:yyyy-MM-dd'T'HH:mm:ss.fff}}Z"}""");
    }

    static ExampleRecord Entry(string id, string period, string sent, string raw, string row) =>
        new() { Collection = "entries", Id = id, Period = period, Site = $$"""{"_id":"{{id}}",{{sent}}}""", File = $$"""{"_id":"{{id}}",{{sent}}}""", Raw = raw, Row = row };

    static ExampleRecord Status(string id, string time, int bg)
    {
        var fields = $$$""" "created_at":"{{{time}}}.000Z","openaps":{"suggested":{"bg":{{{bg}}}}} """;
        return new()
        {
            Collection = "devicestatus",
            Id = id,
            Period = "2026-11-01",
            Site = $$"""{"_id":"{{id}}",{{fields}}}""",
            File = $$"""{"_id":"{{id}}",{{fields}}}""",
            Raw = fields,
            Row = $$"""{"created_at":"{{time}}Z"}""",
            Metrics = $$"""{"suggested_bg":{{bg}},"created_at":"{{time}}Z"}""",
        };
    }
}
