using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Register;

namespace DataManagementApp.Tests;

/// <summary>What is in the files, in every format, held against the warehouse row by row.</summary>
public sealed class ExportFormatTests
{
    static readonly DateOnly Day = new(2026, 11, 20);

    Warehouse _warehouse = null!;
    Grant _grant = null!;
    DirectoryInfo _folder = null!;

    [SetUp]
    public async Task Fill()
    {
        _warehouse = await Warehouse.CreateAsync();
        _folder = Directory.CreateTempSubdirectory("formats-");
        foreach (var projects in new[] { "both", "openaps", "nsf", "none" })
            await FillAsync(await _warehouse.ParticipantAsync(projects));
        _grant = await _warehouse.GrantAsync(true, true);
    }

    [TearDown]
    public async Task Drop()
    {
        _folder.Delete(recursive: true);
        await _warehouse.DisposeAsync();
    }

    static readonly string[] Tables = ["entries", "treatments", "device_status", "device_status_metrics", "profile", "demographics", "daily_metrics", "aid_cycle", "aid_day", "therapy_setting"];

    [TestCaseSource(nameof(Tables))]
    public async Task Csv_holds_the_rows_of_the_warehouse(string table)
    {
        var expected = await ExpectedAsync(table, allDays: true);
        using var zip = await ZipAsync(new("all", "csv", null, null));

        var found = Csv.Read(Text(zip, $"{table}_all-days.csv")).Select(row => string.Join('\u0001', row.Select(cell => cell.Replace("T", " ").Replace("Z", ""))));

        Assert.That(found, Is.EqualTo(expected.Select(row => string.Join('\u0001', row.Select(cell => cell?.Replace("T", " ").Replace("Z", "") ?? "")))));
    }

    [TestCaseSource(nameof(Tables))]
    public async Task A_json_table_holds_the_rows_of_the_warehouse(string table)
    {
        var expected = await ExpectedAsync(table, allDays: true);
        using var zip = await ZipAsync(new("all", "json", null, null));
        using var json = JsonDocument.Parse(Text(zip, $"{table}_all-days.json"));

        string?[] names = [.. json.RootElement.GetProperty("schema").GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString())];
        var rows = json.RootElement.GetProperty("data").EnumerateArray().Select(row => string.Join('\u0001', names.Select(name => Value(row.GetProperty(name!))))).ToList();

        Assert.That(names, Is.EqualTo(expected[0]));
        Assert.That(rows, Is.EqualTo(expected.Skip(1).Select(row => string.Join('\u0001', row))));

        static string? Value(JsonElement value) => value.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => value.GetString(), _ => value.GetRawText() };
    }

    [Test]
    public async Task Parquet_holds_the_rows_of_the_warehouse_for_two_other_readers([Values("duckdb", "hyparquet")] string reader, [ValueSource(nameof(Tables))] string table)
    {
        var expected = await ExpectedAsync(table, allDays: true);
        using var zip = await ZipAsync(new("all", "parquet", null, null));
        var file = Path.Combine(_folder.FullName, "table.parquet");
        zip.GetEntry($"{table}_all-days.parquet")!.ExtractToFile(file);

        var (names, rows) = await ParquetReaders.ReadAsync(reader, file);

        Assert.That(names, Is.EqualTo(expected[0]));
        Assert.That(rows, Has.Count.EqualTo(expected.Count - 1));
        for (var row = 0; row < rows.Count; row++)
            for (var column = 0; column < names.Length; column++)
                Assert.That(Same(rows[row][column], expected[row + 1][column]), Is.True, $"{names[column]}: {rows[row][column]?.ToJsonString()} instead of {expected[row + 1][column]}");
    }

    [Test]
    public async Task Parquet_is_right_with_many_rows_groups_and_values([Values("duckdb", "hyparquet")] string reader)
    {
        const int Rows = 450_000; // three row groups; more values than a dictionary takes
        var (buffer, file) = (new ArrayBufferWriter<byte>(), Path.Combine(_folder.FullName, "large.parquet"));
        var random = new Random(7);
        var cells = new List<string?[]>();
        await using (var stream = File.Create(file))
        {
            using var writer = new ParquetRows(buffer, true, [new("few", Cell.Text), new("many", Cell.Text), new("number", Cell.Number), new("flag", Cell.Flag), new("none", Cell.Integer), new("runs", Cell.Integer)]);
            writer.Start();
            for (var row = 0; row < Rows; row++)
            {
                string?[] values = [random.Next(9) == 0 ? null : $"ä{random.Next(5)}", $"{random.Next(60_000)}", random.Next(3) == 0 ? null : $"{random.Next(1000)}.5", random.Next(2) == 0 ? "t" : "f", null, row / 1000 % 3 == 0 ? null : $"{row / 5000}"];
                var copied = Encoding.UTF8.GetBytes($"id\t{string.Join('\t', values.Select(value => value ?? "\\N"))}\n");
                var text = new CopyText(copied, copied.Length, 7);
                writer.Row("P"u8, "r"u8, text);
                if (row % 1000 == 0)
                {
                    cells.Add(values);
                    stream.Write(buffer.WrittenSpan);
                    buffer.ResetWrittenCount();
                }
            }
            writer.End();
            stream.Write(buffer.WrittenSpan);
        }

        var (_, rows) = await ParquetReaders.ReadAsync(reader, file);

        Assert.That(rows, Has.Count.EqualTo(Rows));
        for (var row = 0; row < Rows; row += 1000)
            for (var column = 0; column < 6; column++)
                Assert.That(Same(rows[row][column + 2], cells[row / 1000][column] switch { "t" => "true", "f" => "false", var value => value }), Is.True, $"row {row}, column {column}");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Raw_and_typed_exports_hold_the_same_records(bool allDays)
    {
        var days = allDays ? ((DateOnly?)null, (DateOnly?)null) : (Day, Day);
        using var typed = await ZipAsync(new("all", "csv", days.Item1, days.Item2));
        using var raw = await ZipAsync(new("all", "ndjson", days.Item1, days.Item2));
        using var dotted = await ZipAsync(new("all", "raw_csv", days.Item1, days.Item2));

        foreach (var table in new[] { "entries", "treatments", "device_status", "profile" })
        {
            var expected = Rows(typed, $"{table}_").Skip(1).Select(row => $"{row[0]} {row[1]}").Order().ToList();
            var lines = Text(raw, raw.Entries.Single(entry => entry.Name.StartsWith($"{table}_", StringComparison.Ordinal) && entry.Name.EndsWith("ndjson", StringComparison.Ordinal)).Name)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
            Assert.That(expected, Is.Not.Empty, table);
            Assert.That(lines.Select(line => $"{line["participant"]} {line["record"]}").Order(), Is.EqualTo(expected), table);
            Assert.That(Rows(dotted, $"{table}_raw_").Skip(1).Select(row => $"{row[0]} {row[1]}").Order(), Is.EqualTo(expected), table);
        }
    }

    [TestCase("entries", "entries")]
    [TestCase("treatments", "treatments")]
    [TestCase("device_status", "devicestatus")]
    [TestCase("profile", "profile")]
    public async Task Raw_lines_and_rows_are_those_of_the_warehouse_with_the_codes_of_the_study(string table, string collection)
    {
        using var raw = await ZipAsync(new(table, "ndjson", null, null));
        using var dotted = await ZipAsync(new(table, "raw_csv", null, null));
        using var codes = new ExportCodes(_warehouse.Grants.CodeKey(_grant));

        var (lines, rows) = (new List<string>(), new List<string>());
        foreach (var participant in await ParticipantsAsync())
            foreach (var id in await _warehouse.QueryAsync<string[]>($"select array_agg(id) from openaps.{table} where participant_id = @participant", new { participant }))
            {
                var (who, which) = (codes.Participant(participant), codes.Record(participant, collection, id));
                lines.Add($$"""{"participant":"{{who}}","record":"{{which}}"{{Pseudonymised(Fields(collection, id), codes)}}}""");
                rows.Add(string.Join('|', (string[])[who, which, .. collection switch
                {
                    "devicestatus" => ["openaps", "1.5", "[104,105]", "a \"b\"\r\n, c"],
                    "treatments" => id == "named" ? [Pseudonymised("loop://~abcdefghij", codes)!, "1", "~short and ~"] : ["", "", id],
                    _ => new[] { id },
                }]));
            }
        Assert.That(lines, Is.Not.Empty);
        Assert.That(Text(raw, $"{table}_all-days.ndjson").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), Is.EqualTo(lines.Order(StringComparer.Ordinal)));
        Assert.That(Rows(dotted, $"{table}_raw_").Skip(1).Select(row => string.Join('|', row)).Order(StringComparer.Ordinal), Is.EqualTo(rows.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task Twenty_exports_at_once_of_all_formats_hold_what_each_holds_alone()
    {
        var options = new PortalOptions { ExportFolder = _folder.CreateSubdirectory("queue").FullName, Concurrency = 4, BaseUrl = new("https://portal.example.org") };
        var (files, queue, mails) = (new ExportFiles(options), new ExportQueue(_warehouse.Db, _warehouse.Grants, options), new Mails.PortalMails(new Mails.Outbox(_warehouse.Db, Warehouse.Secrets), options));
        var asked = new List<(long Export, Grant Grant, ExportRequest Request)>();
        for (var i = 0; i < 20; i++)
        {
            var (grant, request) = (await _warehouse.GrantAsync(i % 3 != 0, i % 3 != 1), new ExportRequest(i % 2 == 0 ? "entries" : "device_status", ExportFormat.All[i % ExportFormat.All.Length], null, null));
            asked.Add((await queue.AddAsync(grant, request, default), grant, request));
        }

        await new ExportJob(queue, _warehouse.Build, new(_warehouse.Db, _warehouse.Grants), _warehouse.Grants, files, mails, options, Microsoft.Extensions.Logging.Abstractions.NullLogger<ExportJob>.Instance).Execute(null!);

        foreach (var (export, grant, request) in asked)
        {
            _grant = grant;
            using var alone = await ZipAsync(request);
            using var together = new ZipArchive(new ExportZip(await queue.FilesAsync(export, default), file => files.PathOf(export, file), DateTime.UtcNow).Open());
            Assert.That(together.Entries.Select(entry => entry.Name), Is.EqualTo(alone.Entries.Select(entry => entry.Name)).And.Not.Empty);
            foreach (var entry in alone.Entries.Where(entry => entry.Name is not ("manifest.json" or "SHA256SUMS"))) // which say when they were made
                Assert.That(Text(together, entry.Name), Is.EqualTo(Text(alone, entry.Name)), $"{request.Summary}: {entry.Name}");
            if (request.Format == ExportFormat.Csv)
                Assert.That(Rows(together, request.Entity).Select(row => row.Length > 2 ? $"{row[0]} {row[1]}" : ""), Is.EqualTo((await ExpectedAsync(request.Entity, allDays: true)).Select(row => $"{row[0]} {row[1]}")));
        }
    }

    [Test]
    public async Task Raw_csv_has_dotted_columns_and_leaves_lists()
    {
        using var raw = await ZipAsync(new("device_status", "raw_csv", null, null));

        var rows = Rows(raw, "device_status_raw_");

        Assert.That(rows[0], Is.EqualTo(new[] { "participant", "record", "device", "openaps.iob.iob", "openaps.suggested.predBGs.IOB", "text" }));
        Assert.That(rows[1][2..], Is.EqualTo(new[] { "openaps", "1.5", "[104,105]", "a \"b\"\r\n, c" }));
    }

    [Test]
    public async Task Columns_commons_and_days_of_data_choose()
    {
        using var one = await ZipAsync(new("all", "csv", Day, Day) { Columns = ["entries.date", "entries.sgv"], Commons = "nsf" });
        using var daily = await ZipAsync(new("daily_metrics", "csv", Day, Day) { MinDays = 1 });
        using var none = await ZipAsync(new("daily_metrics", "csv", Day, Day) { MinDays = 2 });

        Assert.That(Rows(one, "entries_")[0], Is.EqualTo(new[] { "participant", "record", "sgv", "date" }), "in the table's order");
        Assert.That(Rows(one, "treatments_")[0], Has.Length.GreaterThan(30), "of tables that none is named of, all");
        Assert.That(Rows(one, "entries_").Skip(1).Select(row => row[0]).Distinct().Count(), Is.EqualTo(2), "those who share with both and with this one");
        Assert.That((Rows(daily, "daily_metrics_").Count, Rows(none, "daily_metrics_").Count), Is.EqualTo((4, 1)));
    }

    [Test]
    public async Task A_file_per_participant_and_type_has_their_rows_alone()
    {
        using var zip = await ZipAsync(new("entries", "csv", null, null) { PerParticipant = true });
        using var codes = new ExportCodes(_warehouse.Grants.CodeKey(_grant));

        var names = zip.Entries.Where(entry => entry.Name.StartsWith("entries_", StringComparison.Ordinal)).Select(entry => entry.Name);

        Assert.That(names, Is.EquivalentTo((await ParticipantsAsync()).Select(participant => $"entries_{codes.Participant(participant)}_all-days.csv")));
        foreach (var name in names)
            Assert.That(Rows(zip, name).Skip(1).Select(row => row[0]).Distinct(), Is.EqualTo(new[] { name.Split('_')[1] }));
    }

    [Test]
    public async Task Codes_follow_the_key_that_is_given()
    {
        var (one, other) = (new LocalFolder(Path.Combine(_folder.FullName, "one")), new LocalFolder(Path.Combine(_folder.FullName, "other")));
        var covered = await _warehouse.Grants.CoveredAsync(_grant, default);
        foreach (var (folder, key) in new[] { (one, new byte[32]), (other, [.. new byte[31], 1]) })
            await _warehouse.Build.BuildAsync(_grant, key, new("entries", "csv", null, null), covered, folder, new(), default);

        var codes = new[] { one, other }.Select(folder => Gunzip(folder.PathOf(folder.Files[1])).Split("\r\n")[1].Split(',')[..2]).ToList();

        Assert.That(codes[0].Intersect(codes[1]), Is.Empty);
    }

    [TestCase("csv")]
    [TestCase("ndjson")]
    public async Task Pseudonyms_of_devices_and_identifiers_are_those_of_the_study(string format)
    {
        var other = await _warehouse.GrantAsync(true, true);
        var (here, there) = (await NamesAsync(_grant), await NamesAsync(other));
        using var codes = new ExportCodes(_warehouse.Grants.CodeKey(_grant));

        Assert.That(here, Has.All.EqualTo($"loop://{Pseudonymised("~abcdefghij", codes)}"), "one for all records, typed or as sent");
        Assert.That(here, Has.None.Contain("abcdefghij").And.None.Contain("klmnopqrst"));
        Assert.That(here.Intersect(there), Is.Empty);

        async Task<List<string>> NamesAsync(Grant grant)
        {
            var output = new MemoryStream();
            await _warehouse.Build.WritePlainAsync(grant, new("treatments", format, null, null), output, default);
            var text = Encoding.UTF8.GetString(output.ToArray());
            Assert.That(text, Does.Contain("~short and ~").And.Not.Contain("klmnopqrst"), "what is none stays");
            return [.. System.Text.RegularExpressions.Regex.Matches(text, "loop://~[a-z2-7]{10}").Select(match => match.Value)];
        }
    }

    static string? Pseudonymised(string? text, ExportCodes codes)
    {
        if (text is null)
            return null;
        var bytes = Encoding.UTF8.GetBytes(text);
        codes.Pseudonyms(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    [Test]
    public async Task A_zip_and_its_single_files_pass_their_sums()
    {
        var zip = Path.Combine(_folder.FullName, "all.zip");
        await using (var file = File.Create(zip))
            await _warehouse.Build.WriteZipAsync(_grant, new("all", "csv", null, null), file, new(), default);
        await ZipFile.ExtractToDirectoryAsync(zip, Path.Combine(_folder.FullName, "out"));

        Assert.That(await ShellAsync("cd out && sha256sum -c SHA256SUMS && ls | wc -l"), Does.Contain("14").And.Not.Contain("FAILED"));
        await TestZipAsync("all.zip");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "out", "manifest.json")))!;
        Assert.That(manifest["files"]!.AsArray().Sum(file => file!["bytes"]!.GetValue<long>()), Is.EqualTo(new DirectoryInfo(Path.Combine(_folder.FullName, "out")).GetFiles("*all-days*").Sum(file => file.Length)));
        Assert.That(manifest["columns"]!["entries"]!.AsArray().Select(column => column!["name"]!.GetValue<string>()), Is.EqualTo(Rows(await ZipFile.OpenReadAsync(zip), "entries_")[0]));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "out", "codebook.csv")), Does.Contain("column,daily_metrics,mean_mgdl").And.Contain("column,entries,record"));
    }

    [Test]
    public async Task A_zip_above_4_GB_is_read_by_others()
    {
        const long Large = (1L << 32) + 1_000_003;
        await using (var large = File.Create(Path.Combine(_folder.FullName, "1.0")))
            large.SetLength(Large); // a hole: nothing of it is on the disk
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "2.0"), "behind it");
        var crc = new System.IO.Hashing.Crc32();
        var zeros = new byte[1 << 20];
        for (var left = Large; left > 0; left -= zeros.Length)
            crc.Append(zeros.AsSpan(0, (int)Math.Min(left, zeros.Length)));
        var zip = new ExportZip([Stored(1, "large.csv", Large, crc.GetCurrentHashAsUInt32()), Stored(2, "small.csv", 9, System.IO.Hashing.Crc32.HashToUInt32("behind it"u8))], file => Path.Combine(_folder.FullName, $"{file.Number}.0"), DateTime.UtcNow);

        await using (var content = zip.Open())
        using (var read = new ZipArchive(content))
        {
            Assert.That(content.Length, Is.EqualTo(zip.Length).And.GreaterThan(Large));
            Assert.That(read.Entries.Select(entry => (entry.Name, entry.Length)), Is.EqualTo(new[] { ("large.csv", Large), ("small.csv", 9L) }));
            Assert.That(Text(read, "small.csv"), Is.EqualTo("behind it"));
        }
        await WriteWithHolesAsync(zip, Path.Combine(_folder.FullName, "large.zip"));
        await TestZipAsync("large.zip");
    }

    [Test]
    public async Task A_zip_of_more_files_than_zip_can_count_is_read_by_others()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "1.0"), "one");
        var zip = new ExportZip(Enumerable.Range(1, 70_000).Select(number => Stored(number, $"{number}.csv", 3, System.IO.Hashing.Crc32.HashToUInt32("one"u8))), _ => Path.Combine(_folder.FullName, "1.0"), DateTime.UtcNow);
        await using (var file = File.Create(Path.Combine(_folder.FullName, "many.zip")))
        await using (var content = zip.Open())
            await content.CopyToAsync(file);

        using var read = await ZipFile.OpenReadAsync(Path.Combine(_folder.FullName, "many.zip"));
        Assert.That((read.Entries.Count, Text(read, "70000.csv")), Is.EqualTo((70_000, "one")));
        await TestZipAsync("many.zip");
    }

    static ExportedFile Stored(int number, string name, long length, uint crc) => new(number, 0, name, false, 0, length, crc, [], length, []);

    /// <summary>By the programs that researchers have; at least one of them is needed.</summary>
    async Task TestZipAsync(string name) =>
        Assert.That(await ShellAsync($"if command -v unzip > /dev/null; then unzip -tqq {name} && echo tested; fi; if command -v python3 > /dev/null; then python3 -m zipfile -t {name}; fi"), Does.Contain("tested").Or.Contain("Done testing").And.Not.Contain("corrupted"));

    static async Task WriteWithHolesAsync(ExportZip zip, string path)
    {
        await using var file = File.Create(path);
        await using var content = zip.Open();
        var buffer = new byte[1 << 20];
        for (int read; (read = await content.ReadAsync(buffer)) > 0;)
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
                await file.WriteAsync(buffer.AsMemory(0, read));
            else
                file.Seek(read, SeekOrigin.Current);
        file.SetLength(zip.Length);
    }

    [Test]
    public async Task A_packed_file_is_a_gzip_file_whatever_its_size([Values(0, 1, 524_288, 5_000_001)] int length, [Values(1, 3)] int workers)
    {
        var (content, path) = (new byte[length], Path.Combine(_folder.FullName, "x.gz"));
        new Random(length).NextBytes(content.AsSpan(0, length / 2)); // half of it cannot be packed
        PackedTotals totals;
        await using (var file = File.Create(path))
        {
            await using var packed = new PackedFile(file, pack: true, workers);
            for (var at = 0; at < length; at += 70_000)
                await packed.WriteAsync(content.AsMemory(at, Math.Min(70_000, length - at)), default);
            totals = await packed.CompleteAsync(default);
        }

        await using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var read = new MemoryStream();
        await gzip.CopyToAsync(read);
        Assert.That(read.ToArray(), Is.EqualTo(content));
        Assert.That(await ShellAsync("gzip -t x.gz && stat -c %s x.gz && sha256sum x.gz"), Does.Contain($"{totals.FileBytes}").And.Contain(Convert.ToHexStringLower(totals.FileSha256)));
        Assert.That((totals.Length, Convert.ToHexStringLower(totals.Sha256)), Is.EqualTo(((long)length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)))));
    }

    [Test]
    public async Task A_request_for_what_there_is_not_is_refused()
    {
        var narrow = await _warehouse.GrantAsync(true, false);

        Assert.That(new ExportRequest("demographics", "ndjson", null, null).Problems(_grant).Single().Property, Is.EqualTo("Format"));
        Assert.That(new ExportRequest("entries", "csv", null, null) { Columns = ["entries.id; drop table x"] }.Problems(_grant).Single().Property, Is.EqualTo("Columns"));
        Assert.That(new ExportRequest("entries", "csv", null, null) { Commons = "nsf" }.Problems(narrow).Single().Problem, Is.EqualTo("Your access does not cover this commons."));
        Assert.That(new ExportRequest("entries", "csv", Day, Day.AddDays(-1)) { MinDays = -1 }.Problems(_grant).Select(problem => problem.Property), Is.EqualTo(new[] { "To", "MinDays" }));
    }

    /// <summary>Records with all that is awkward, in every table, and the lines they came from.</summary>
    async Task FillAsync(long participant)
    {
        await _warehouse.RecordsAsync(participant, Day);
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into openaps.entries (participant_id, id, sgv, device, date, type, noise, period, content_hash) values
                   (@participant, 'tricky', 0.000001, E'a "b"\t\\N\r\n, ä€😀', '2026-11-20T23:59:59.123456Z', '', -12345678901234567890.5, '2026-11', 2), (@participant, 'undated', 100, null, null, '\N', null, 'undated', 3);
            insert into openaps.device_status (participant_id, id, created_at, pump_bolusing, override_active, period, content_hash) values (@participant, 'd2', '2026-10-01Z', true, false, '2026-10', 2);
            insert into openaps.therapy_setting (participant_id, valid_from, kind, seconds, value, sent_value, source) values (@participant, '1970-01-01Z', 'basal', 3600, 0.85, 0.85, 'profile');
            insert into openaps.treatments (participant_id, id, entered_by, reason, created_at, period, content_hash) values (@participant, 'named', 'loop://~abcdefghij', '~short and ~', '2026-10-01Z', '2026-10', 3);
            delete from openaps.raw_segment where participant_id = @participant;
            """, new { participant });
        foreach (var (collection, table) in new[] { ("entries", "entries"), ("treatments", "treatments"), ("devicestatus", "device_status"), ("profile", "profile") })
            foreach (var period in (await connection.QueryAsync<(string Id, string Period)>($"select id, period from openaps.{table} where participant_id = @participant order by id", new { participant })).GroupBy(row => row.Period))
            {
                var data = new MemoryStream();
                using (var gzip = new GZipStream(data, CompressionLevel.Fastest, leaveOpen: true))
                    foreach (var (id, _) in period)
                        gzip.Write(Encoding.UTF8.GetBytes($$"""{"participant":"{{participant:x16}}","record":"{{RecordCode.Of(participant, collection, id)}}"{{Fields(collection, id)}}}{{"\n"}}"""));
                await connection.ExecuteAsync("""
                    insert into openaps.raw_segment (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version) values (@participant, @collection, @Key, 0, @lines, '\x00', @data, 'f', 1)
                    """, new { participant, collection, period.Key, lines = period.Count(), data = data.ToArray() });
            }
    }

    static string Fields(string collection, string id) => collection == "devicestatus"
        ? """,  "device":"openaps","openaps":{"iob":{"iob":1.5},"suggested":{"predBGs":{"IOB":[104,105]}},"empty":{}},"text":"a \"b\"\r\n, c" """.TrimEnd()
        : id == "named" ? """,  "enteredBy":"loop://~abcdefghij","store":{"~klmnopqrst":1},"x":"~short and ~" """.TrimEnd() : $",\"x\":\"{id}\"";

    Task<long[]> ParticipantsAsync() => _warehouse.QueryAsync<long[]>("select array_agg(participant_id order by participant_id) from register.current_consent where openaps or nsf");

    /// <summary>The header, and the rows as the view has them, as the formats write them; null is null.</summary>
    async Task<List<string?[]>> ExpectedAsync(string table, bool allDays)
    {
        var entity = ExportEntity.Choices["all"].Single(entity => entity.Name == table);
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        await using var transaction = await _warehouse.Grants.OpenAsync(_grant, connection, default);
        using var codes = new ExportCodes(_warehouse.Grants.CodeKey(_grant));
        var rows = new List<string?[]> { (string?[])[.. new[] { "participant", "record" }.Take(entity.Id is null ? 1 : 2), .. entity.Columns] };
        await using var command = new Npgsql.NpgsqlCommand($"""
            select participant_id, {entity.Id ?? "null"}, {string.Join(", ", entity.Columns.Select(column => $"to_jsonb(\"{column}\")::text"))}
              from research.{entity.View} {(allDays ? "" : "where false")} order by participant_id, {entity.Time}
            """, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var participant = reader.GetInt64(0);
            var cells = new List<string?> { codes.Participant(participant) };
            if (entity.Id is not null)
                cells.Add(codes.Record(participant, entity.Collection!, reader.GetString(1)));
            for (var column = 2; column < reader.FieldCount; column++)
                cells.Add(reader.IsDBNull(column) ? null : Pseudonymised(AsWritten(reader.GetString(column)), codes));
            rows.Add([.. cells]);
        }
        return rows;

        static string? AsWritten(string json) => JsonNode.Parse(json) switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.String && DateTimeOffset.TryParseExact(value.GetValue<string>(), "yyyy-MM-ddTHH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
                => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ".Replace("Z", "'Z'"), CultureInfo.InvariantCulture),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            var other => json == "{}" ? json : other.ToJsonString() is var text && other is JsonValue ? json : text,
        };
    }

    /// <summary>Numbers by value, times as microseconds, days as days since 1970.</summary>
    static bool Same(JsonNode? found, string? expected)
    {
        if (found is null || expected is null)
            return found is null && expected is null;
        if (found.GetValueKind() == JsonValueKind.String)
            return found.GetValue<string>() == expected;
        if (found.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
            return found.ToJsonString() == expected;
        if (DateTimeOffset.TryParseExact(expected, "yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return Math.Abs(found.GetValue<double>() - (time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10.0) < 0.5;
        return DateOnly.TryParseExact(expected, "yyyy-MM-dd", out var day) ? found.GetValue<double>() == day.DayNumber - new DateOnly(1970, 1, 1).DayNumber
            : Math.Abs(found.GetValue<double>() - double.Parse(expected, CultureInfo.InvariantCulture)) <= Math.Abs(found.GetValue<double>()) * 1e-15;
    }

    async Task<ZipArchive> ZipAsync(ExportRequest request)
    {
        var file = new MemoryStream();
        await _warehouse.Build.WriteZipAsync(_grant, request, file, new(), default);
        return new(file, ZipArchiveMode.Read);
    }

    static string Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    static List<string[]> Rows(ZipArchive zip, string prefix) => [.. Csv.Read(Text(zip, zip.Entries.First(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)).Name))];

    static string Gunzip(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    async Task<string> ShellAsync(string script)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, WorkingDirectory = _folder.FullName })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }
}
