using Npgsql;

namespace Sandbox.Check.Tests;

/// <param name="Record">The one record that is found mismatched, at <paramref name="Stage"/> at least.</param>
sealed record Fault(string Name, string Stage, string Record, Action<ExampleWay> Make)
{
    public override string ToString() => Name;
}

/// <summary>Ways with one fault each.</summary>
static class Faults
{
    public static IEnumerable<Fault> InFiles()
    {
        Fault InFile(string name, string record, Action<ExampleWay> make) => new($"file: {name}", "open humans", record, make);

        yield return InFile("a number", "e1", way => Replace(way["e1"], file: ("104", "105")));
        yield return InFile("a digit that is worth nothing", "t1", way => Replace(way["t1"], file: ("1.50", "1.5")));
        yield return InFile("a text", "d1", way => Replace(way["d1"], file: ("free text", "free Text")));
        yield return InFile("an element of a list", "d1", way => Replace(way["d1"], file: ("[1,2,3]", "[1,2,4]")));
        yield return InFile("null", "t1", way => Replace(way["t1"], file: ("null", "0")));
        yield return InFile("a field less", "p1", way => Replace(way["p1"], file: ("\"units\":\"mmol\",", "")));
        yield return InFile("a field more", "t2", way => Replace(way["t2"], file: ("\"carbs\"", "\"fat\":1,\"carbs\"")));
        yield return InFile("an identifier", "e1", way => Replace(way["e1"], file: ("\"e1\"", "\"e9\"")));
        yield return InFile("a name left as it was", "d2", way => Replace(way["d2"], file: ("loop://mk2fq7xw3a", "loop://Ann's iPhone")));
        yield return InFile("a pseudonym of another text", "e3", way => Replace(way["e3"], file: ("mk2fq7xw3a", "mk2fq7xw3b")));
        yield return InFile("a product that cannot be recognised", "d1", way => Replace(way["d1"], file: ("openaps://rrrrr22222", "rrrrr22222")));
        yield return InFile("a pseudonym of a product", "e1", way => Replace(way["e1"], file: ("xDrip-DexcomG6", "xDrip-abcdefghij")));
        yield return InFile("a credential in a text", "t1", way => Replace(way["t1"], file: ("token=", "token=abc")));
        yield return InFile("a field that is a credential", "t2", way => Replace(way["t2"], file: ("\"carbs\"", "\"deviceToken\":\"push\",\"carbs\"")));
        yield return InFile("a credential in JSON inside text", "t2", way => Replace(way["t2"], file: ("{\\\"dia\\\":5.0}", "{\\\"dia\\\":5.0,\\\"apiKey\\\":\\\"x\\\"}")));
        yield return InFile("a number in JSON inside text", "d1", way => Replace(way["d1"], file: ("\\\"units\\\":1}", "\\\"units\\\":2}")));
        yield return InFile("a telephone's name left as it was", "d1", way => Replace(way["d1"], file: ("uuuuu44444", "Ann")));
        yield return InFile("a record less", "t2", way => way["t2"].File = null);
        yield return InFile("a record more", "e9", way => way["e1"].File += "\n" + way["e1"].File!.Replace("\"e1\"", "\"e9\"", StringComparison.Ordinal).Replace("104", "300", StringComparison.Ordinal));
        yield return InFile("a record twice", "e1", way => way["e1"].File += "\n" + way["e1"].File);
        yield return InFile("a record in two files", "e1", way => way.AlterFiles = (member, files) =>
        {
            if (member == ExampleWay.Member)
                files.Add(StubFile.Of(member, "entries", "2026-11", [way["e1"].File!]));
        });
        yield return InFile("the wrong period", "p1", way => way["p1"].Period = "2026-10");
        yield return InFile("a digest", $"{ExampleWay.Bob}_entries_2026-11-02.ndjson.gz", way => way.AlterFiles = (member, files) =>
            files.Find(file => file.Name.StartsWith(ExampleWay.Bob, StringComparison.Ordinal))?.Metadata["sha256"] = "0");
        yield return InFile("a count", $"{ExampleWay.Bob}_entries_2026-11-02.ndjson.gz", way => way.AlterFiles = (member, files) =>
            files.Find(file => file.Name.StartsWith(ExampleWay.Bob, StringComparison.Ordinal))?.Metadata["records"] = 7);
        yield return InFile("a record of somebody who does not share", "v2", way => Replace(way["v2"], file: ("201", "202")));
    }

    public static IEnumerable<Fault> InWarehouse()
    {
        Fault InRow(string name, string record, Action<ExampleWay> make) => new($"row: {name}", "warehouse", record, make);

        yield return InRow("a number", "e1", way => Replace(way["e1"], row: ("1.5", "1.51")));
        yield return InRow("a text", "e2", way => Replace(way["e2"], row: ("flat", "Flat")));
        yield return InRow("a number as text", "e2", way => Replace(way["e2"], row: ("\"trend\":\"4\"", "\"trend\":\"5\"")));
        yield return InRow("two microseconds", "e2", way => Replace(way["e2"], row: ("000123Z", "000125Z")));
        yield return InRow("a time", "t1", way => Replace(way["t1"], row: ("10:01:00Z", "10:01:01Z")));
        yield return InRow("true or false", "d1", way => Replace(way["d1"], row: ("true", "false")));
        yield return InRow("a value where none should be", "e2", way => Replace(way["e2"], row: ("\"sgv\"", "\"noise\":1,\"sgv\"")));
        yield return InRow("no value", "t2", way => Replace(way["t2"], row: ("\"carbs\":30,", "")));
        yield return InRow("free text", "t2", way => Replace(way["t2"], row: ("\"carbs\"", "\"notes\":\"call me\",\"carbs\"")));
        yield return InRow("a number of the metrics", "d1", way => way["d1"].Metrics = way["d1"].Metrics!.Replace("1.2", "1.3", StringComparison.Ordinal));
        yield return InRow("no metrics", "d1", way => way["d1"].Metrics = null);
        yield return InRow("metrics of a record without openaps", "d2", way => way["d2"].Metrics = "{}");
        yield return InRow("a pseudonym of another text", "e3", way => Replace(way["e3"], row: ("q3w5e7r2t4", "q3w5e7r2t5")));
        yield return InRow("a name", "d1", way => Replace(way["d1"], row: ("openaps://~sssss33333", "openaps://anns-rig")));
        yield return InRow("an identifier", "e1", way => way["e1"].WarehouseId = "e9");
        yield return InRow("a record that was deleted", "t3", way => InWarehouseOnly(way["t3"], """{"insulin":9,"created_at":"2026-11-01T10:03:00Z"}"""));
        yield return InRow("a row more", "e9", way => way.Records[ExampleWay.Member].Add(new()
        {
            Collection = "entries",
            Id = "e9",
            Period = "2026-11-01",
            Site = null,
            File = null,
            Raw = null,
            Row = """{"sgv":1}""",
            IsExported = false,
        }));
        yield return InRow("a row less", "e2", way => way.AlterWarehouse = db => ExecuteAsync(db, "delete from openaps.entries where id = 'e2'"));
        yield return InRow("of somebody who does not share", "v1", way => InWarehouseOnly(way["v1"], """{"sgv":200}"""));
        yield return new("quarantine: a whole line", "quarantine", "e1", way => way.AlterWarehouse = db => ExecuteAsync(db, """
            insert into openaps.quarantine (participant_id, file_key, collection, line, reason)
            select participant_id, 'oh:1', 'entries', 1, 'no JSON' from register.participant where project_member_id = '00000101'
            """));
    }

    public static IEnumerable<Fault> InSegments()
    {
        Fault InLine(string name, string record, Action<ExampleWay> make) => new($"raw line: {name}", "raw segment", record, make);

        yield return InLine("a number", "e1", way => Replace(way["e1"], raw: ("104", "105")));
        yield return InLine("a digit that is worth nothing", "t1", way => Replace(way["t1"], raw: ("1.50", "1.5")));
        yield return InLine("a word in another case", "t1", way => Replace(way["t1"], raw: ("Meal bolus", "Meal Bolus")));
        yield return InLine("free text", "d1", way => Replace(way["d1"], raw: ("\"tick\"", "\"reason\":\"free text\",\"tick\"")));
        yield return InLine("a field less", "d1", way => Replace(way["d1"], raw: (",\"predBGs\":{\"IOB\":[1,2,3]}", "")));
        yield return InLine("an element less", "d1", way => Replace(way["d1"], raw: ("[1,2,3]", "[1,2]")));
        yield return InLine("the code of another record", "e1", way => way["e1"].RawCode = new string('0', 32));
        yield return new("raw line: the name of a profile", "warehouse", "p1", way => Replace(way["p1"], raw: ("\"~n9n9n9n9n9\":{", "\"Ann\":{")));
        yield return InLine("of a record that was deleted", "t3", way => way["t3"].Raw = "\"insulin\":9");
        yield return InLine("no line", "e1", way => way["e1"].Raw = null);
        yield return InLine("a digest", "2026-11-02/1", way => way.AlterWarehouse = db => ExecuteAsync(db,
            "update openaps.raw_segment set sha256 = '' where period = '2026-11-02' and part = 1"));
        yield return new("raw line: of somebody who does not share", "warehouse", "v1", way => way["v1"].Raw = way["b1"].Raw);
    }

    public static IEnumerable<Fault> InExports()
    {
        Fault InExport(string name, string record, Action<ExampleWay> make) => new($"export: {name}", "export", record, make);

        yield return InExport("a number", "e1", way => way["e1"].ExportedRow = way["e1"].Row!.Replace("104", "105", StringComparison.Ordinal));
        yield return InExport("a text", "d2", way => way["d2"].ExportedRow = way["d2"].Row!.Replace("3.4.1", "3.4.2", StringComparison.Ordinal));
        yield return InExport("true or false", "d1", way => way["d1"].ExportedRow = way["d1"].Row!.Replace("true", "false", StringComparison.Ordinal));
        yield return InExport("a time", "e2", way => way["e2"].ExportedRow = way["e2"].Row!.Replace("10:05:00", "10:05:01", StringComparison.Ordinal));
        yield return InExport("a pseudonym of another text", "e3", way => way["e3"].ExportedRow = way["e3"].Row!.Replace("q3w5e7r2t4", "q3w5e7r2t5", StringComparison.Ordinal));
        yield return InExport("the pseudonym of the warehouse", "t1", way => way.AlterExport = export => export.Change("treatments", way["t1"].Code, "entered_by", "~z2x4c6v3b5"));
        yield return InExport("no pseudonym", "t2", way => way.AlterExport = export => export.Change("treatments", way["t2"].Code, "entered_by", "Mum"));
        yield return InExport("a participant's code", "e3", way => way["e3"].ParticipantCode = "p-1");
        yield return InExport("the code of another record", "t2", way => way["t2"].Code = way["t1"].Code);
        yield return InExport("metrics under another code", "d1", way => way["d1"].MetricsCode = "r-1");
        yield return InExport("metrics under the code of another record", "d4", way => way["d4"].MetricsCode = way["d3"].Code);
        yield return InExport("an identifier", "p1", way => way["p1"].Code = "p1");
        yield return InExport("a row more", "r-9", way => way.AlterExport = export => export.Add("treatments", way.CodeOf(ExampleWay.Bob), "r-9", """{"insulin":3,"created_at":"2026-11-02T10:30:00Z"}""", 1));
        yield return InExport("a row twice", "t1", way => way.AlterExport = export => export.Add("treatments", way.CodeOf(ExampleWay.Member), way["t1"].Code, way["t1"].Row!, 2));
        yield return InExport("of somebody who does not share", "r-9", way => way.AlterExport = export => export.Add("entries", "p-eve", "r-9", """{"sgv":200,"date":"2026-11-02T10:30:00Z"}""", 1));
        yield return InExport("the commons shared with", "b1", way => way.AlterExport = export => export.Change("entries", way["b1"].Code, "source_entity", "0"));
        yield return InExport("a row less", "b3", way => way.AlterExport = export => export.Remove("entries", way["b3"].Code));
        yield return InExport("metrics less", "d4", way => way.AlterExport = export => export.Remove("device_status_metrics", way["d4"].Code));
        yield return InExport("a file's digest", "profile_2026-09-01_2026-11-30.csv", way => way.AlterExport = export => export.WrongDigest = "profile_2026-09-01_2026-11-30.csv");
    }

    static void Replace(ExampleRecord record, (string Old, string New)? file = null, (string Old, string New)? raw = null, (string Old, string New)? row = null)
    {
        if (row is not null)
            record.ExportedRow = record.Row;
        record.File = Replaced(record.File, file);
        record.Raw = Replaced(record.Raw, raw);
        record.Row = Replaced(record.Row, row);
    }

    static void InWarehouseOnly(ExampleRecord record, string row) => (record.Row, record.IsExported) = (row, false);

    static string? Replaced(string? text, (string Old, string New)? change)
    {
        if (change is not { } given)
            return text;
        Assert.That(text, Does.Contain(given.Old), "the fault changes nothing");
        return text!.Replace(given.Old, given.New, StringComparison.Ordinal);
    }

    public static async Task ExecuteAsync(NpgsqlDataSource db, string sql)
    {
        await using var command = db.CreateCommand(sql);
        Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1));
    }
}
