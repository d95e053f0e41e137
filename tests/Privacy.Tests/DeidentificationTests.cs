using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.Extensions.DependencyInjection;
using Nightscout;
using Npgsql;
using OpenHumansEtl;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;

namespace Privacy.Tests;

/// <summary>What people typed and what names them, planted in every place of every uploader's records, is in no table, segment, export or log.</summary>
[NonParallelizable]
public sealed class DeidentificationTests
{
    static readonly string[] Collections = ["entries", "treatments", "devicestatus", "profile"];

    /// <summary>Fields that contracts name as personal, in a record of each collection; the uploaders' own records come beside.</summary>
    static readonly (string Collection, string Record)[] Contract =
    [
        ("entries", """
            {"device":"loop://Ann's iPhone","type":"sgv","sgv":104,"date":1795226000000,"dateString":"2026-11-21T01:53:20Z","sysTime":"2026-11-21T01:53:20Z","direction":"Flat","trend":4,"noise":1,"filtered":1,"unfiltered":1,"rssi":100,"delta":0.5,
            "transmitterID":"8ABC12","transmitterId":"8ABC12","SensorId":"MH0","patchUid":"e0","activationDate":1795226000000,"sessionStartDate":"2026-11-20T00:00:00Z","subject":"ann-phone","modifiedBy":"ann","app":"xDrip","identifier":"i","units":"mg/dl",
            "trend_arrow":"Flat","utcOffset":60,"srvCreated":1795226000000,"srvModified":1795226000000,"isValid":true,"slope":1,"intercept":1,"scale":1,"rawbg":100,"glucose":100,"system_time":"x","mbg":1,"created_at":"2026-11-21T01:53:20Z"}
            """),
        ("treatments", """
            {"eventType":"Temporary Override","created_at":"2026-11-20T10:00:00.000Z","timestamp":1795226000000,"enteredBy":"Mum","notes":"n","reason":"r","foodType":"f","customTitle":"c","pumpId":12,"pumpSerial":"s","pumpType":"t","sensorId":"s","remoteAddress":"a",
            "deviceToken":"d","bundleIdentifier":"b","teamID":"t","subject":"s","modifiedBy":"m","identifier":"i","syncIdentifier":"s","uuid":"u","NSCLIENT_ID":1,"id":"x","bolusId":1,"endId":1,"profile":"p","originalProfileName":"p","profileJson":"{\"a\":1}",
            "insulinInjections":"[{\"insulin\":\"x\",\"units\":1}]","bolusCalculatorResult":"{\"note\":\"x\"}","insulinType":"Humalog","insulin":1,"carbs":"20","glucose":100,"glucoseType":"Finger","units":"mg/dl","duration":30,"rate":1,"absolute":1,"percent":1,
            "targetTop":100,"targetBottom":90,"durationType":"indefinite","correctionRange":[100,110],"boluscalc":{"bg":100,"carbs":20,"notes":"x","foods":["x"],"profile":"p"},"bolus":{"timestamp":"2026-11-20T10:00:00Z","_type":"Bolus","id":"x","amount":1},
            "wizard":{"timestamp":"2026-11-20T10:00:00Z","_type":"BolusWizard","carb_input":1},"raw_rate":{"rate":1,"temp":"absolute","id":"x"},"raw_duration":{"duration (min)":30,"id":"x"},"extendedEmulated":{"enteredBy":"x","notes":"y","rate":1},
            "temp":"absolute","type":"SMB","medtronic":"mm://openaps/mm-format-ns-treatments/Temp Basal","programmed":1,"ratio":"10","absorptionTime":180,"eventTime":"x","userEnteredAt":"x","location":"home","relative":1,"app":"AAPS","device":"x"}
            """),
        ("devicestatus", """
            {"created_at":"2026-11-20T10:00:00.000Z","device":"openaps://ann-rig","app":"AAPS","identifier":"i","uploader":{"name":"Ann's Pixel","battery":80,"type":"PHONE","temperature":"+51.0°C"},"uploaderBattery":50,"snooze":"low","isCharging":true,
            "openaps":{"version":"0.7.1","iob":[{"iob":1.2,"timestamp":"2026-11-20T10:00:00Z","lastTemp":{"rate":1,"date":1795226000000}}],"suggested":{"temp":"absolute","bg":100,"tick":"+5","eventualBG":100,"reason":"COB: 0, Dev: 1, BGI: -1, ISF: 45, CR: 10; Eventual BG 100",
            "reservoir":"100","timestamp":"2026-11-20T10:00:00Z","predBGs":{"IOB":[100,101]},"deliverAt":"2026-11-20T10:00:00Z"},"enacted":{"reason":"r","rate":1,"duration":30,"timestamp":"2026-11-20T10:00:00Z","received":true},"mmtune":{"scanDetails":[["916.5",5,-80]],"setFreq":916.5},
            "temptargets":[{"created_at":"2026-11-20T10:00:00Z","targetTop":100,"_id":"x","reason":"y"}]},"loop":{"name":"Loop","version":"3.2.3","failureReason":"connectionError: Ann's pump","iob":{"iob":1,"timestamp":"2026-11-20T10:00:00Z"},"predicted":{"values":[100],"startDate":"2026-11-20T10:00:00Z"},
            "enacted":{"rate":1},"automaticDoseRecommendation":{"timestamp":"2026-11-20T10:00:00Z"},"deviceToken":"x","bundleIdentifier":"y"},"override":{"name":"Ann's run","active":true,"symbol":"x","currentCorrectionRange":{"minValue":1}},
            "pump":{"pumpID":"554123","pumpSerial":554123,"serial":"x","model":"722","manufacturer":"Medtronic","clock":"2026-11-20T10:00:00Z","reservoir":100,"battery":{"status":"normal","voltage":1.5},"status":{"status":"normal","timestamp":"2026-11-20T10:00:00Z"},
            "extended":{"ActiveProfile":"Ann","Version":"3.2.0.4","LastBolus":"x"},"bluetooth":{"mac":"x"}},"preferences":{"curve":"rapid-acting","max_iob":1,"nightscout_host":"x","pushover_token":"y","bt_mac":"z","_unknown":{"a":"b"}},
            "configuration":{"overviewConfiguration":{"units":"mg/dl","name":"x"},"insulinConfiguration":"{}"},"connect":{"sensorReading":"2026-11-20T10:00:00Z","user":"x"},"radioAdapter":{"name":"Ann's Orange","hardware":"x"},"xdripjs":{"sensorId":"x"},"mills":1795226000000}
            """),
        ("profile", """
            {"defaultProfile":"Ann school","startDate":"2026-11-20T10:00:00.000Z","mills":1795226000000,"created_at":"2026-11-20T10:00:00.000Z","enteredBy":"Ann","units":"mg/dl","bundleIdentifier":"b","teamID":"t","deviceToken":"d","isAPNSProduction":true,"expirationDate":"2027-01-01",
            "overridePresets":[{"name":"Ann's run","symbol":"x","targetRange":[1,2]}],"loopSettings":{"deviceToken":"x","bundleIdentifier":"y","dosingEnabled":true,"dosingStrategy":"tempBasalOnly","maximumBolus":10,"overridePresets":[{"name":"x"}]},
            "store":{"Ann school":{"dia":"5","carbratio":[{"time":"00:00","value":"10","timeAsSeconds":"0"}],"sens":[{"time":"00:00","value":45}],"basal":[{"time":"00:00","value":1}],"timezone":"Europe/Berlin","units":"mg/dl","carbs_hr":20,"delay":20,"name":"x"}},
            "timezone":"Europe/Berlin","dia":5,"identifier":"i"}
            """),
    ];

    static IEnumerable<TestCaseData> Shapes()
    {
        yield return new TestCaseData("fields that the contract names", () => Contract);
        foreach (var uploader in Enum.GetValues<Uploader>())
            yield return new TestCaseData($"{uploader}", () => RecordsOf(uploader));
    }

    [TestCaseSource(nameof(Shapes))]
    public async Task Nothing_that_a_person_wrote_or_is_known_by_is_kept(string shape, Func<IEnumerable<(string Collection, string Record)>> recordsOf)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var sandbox = await SandboxHost.StartAsync(new());
        var (planting, lines) = (new Planting(), Collections.ToDictionary(collection => collection, _ => new List<string>()));
        foreach (var (collection, record) in recordsOf())
            foreach (var variant in planting.Variants(record))
                lines[collection].Add(variant);
        foreach (var all in lines.Values.Where(all => all.Count > 0))
            all.AddRange([Planting.Broken(all[0]), $"[{all[0]}", "Zofia Plantowska"]);

        var (logs, rows) = await LoadAsync(database, sandbox, lines);

        Assert.That(rows, Is.GreaterThan(lines.Values.Sum(all => all.Count) / 2), $"{shape}: most were loaded");
        Assert.That(logs, Does.Contain("lines read").And.Contain("quarantined"), "logs were captured");
        await using var owner = database.OpenAsOwner();
        Assert.That(Found(logs), Is.Empty, "logs");
        Assert.That(await InTablesAsync(owner), Is.Empty, "tables");
        Assert.That(await InSegmentsAsync(owner), Is.Empty, "segments");
        Assert.That(await InExportsAsync(database), Is.Empty, "exports");
    }

    /// <summary>Loads the lines as files of one member, by the service's own parts, with the most talkative logs.</summary>
    /// <returns>What was logged, and how many lines became rows.</returns>
    static async Task<(string Logs, long Rows)> LoadAsync(TestDatabase database, RunningSandbox sandbox, Dictionary<string, List<string>> lines)
    {
        var (standardOutput, logs) = (Console.Out, new StringWriter());
        Console.SetOut(TextWriter.Synchronized(logs));
        try
        {
            var key = Convert.ToBase64String(new byte[32]);
            await using var app = Etl.Build([$"--Postgres:Connection={database.As("open_humans_etl")}", $"--Secrets:Key={key}", $"--OpenHumans:BaseUrl={sandbox.OpenHumansUrl}", "--OpenHumans:ClientId=sandbox-client",
                "--OpenHumans:ClientSecret=sandbox-client-secret", "--environment=Testing", "--Serilog:MinimumLevel:Default=Verbose", "--Etl:BatchLines=200"]);
            var member = sandbox.OpenHumans.AddMember();
            await using var site = database.OpenAs("registration_site");
            var participant = await new Participants(site).FindAsync(await new ConsentLedger(site).RecordAsync(member.Id, ConsentLedger.Page, SharedProjects.Both, "test", default), default);
            var pair = member.Authorize();
            await using (var connection = await site.OpenConnectionAsync())
                await OpenHumansTokens.StoreAsync(participant, new(pair.AccessToken, pair.RefreshToken, TimeProvider.System.GetUtcNow().AddHours(10)), new(new() { Key = key }), connection, default);
            member.AddFile(ParticipantFiles.Consent(member.Id), "both"u8.ToArray());
            foreach (var (collection, all) in lines)
                member.AddFile($"1571000000000_{member.Id}_{collection}.json", Encoding.UTF8.GetBytes(string.Join('\n', all)));
            member.AddFile($"{member.Id}_entries_2026-11-20.ndjson.gz", "Zofia Plantowska"u8.ToArray()); // damaged
            await ActivatorUtilities.CreateInstance<EtlJob>(app.Services).Execute(null!);
            await using var owner = await database.OpenAsOwner().OpenConnectionAsync();
            return (logs.ToString(), await owner.ExecuteScalarAsync<long>("select coalesce(sum(rows), 0)::bigint from openaps.loaded_period"));
        }
        finally
        {
            Console.SetOut(standardOutput);
        }
    }

    static async Task<IReadOnlyList<string>> InTablesAsync(NpgsqlDataSource owner)
    {
        await using var connection = await owner.OpenConnectionAsync();
        var found = new List<string>();
        foreach (var table in (await connection.QueryAsync<string>("""
            select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1
            """)).ToList())
            found.AddRange((await connection.QueryAsync<string>($"select to_jsonb(t)::text from {table} t where lower(to_jsonb(t)::text) ~ @stems limit 3", new { stems = string.Join('|', Planting.Stems.Select(stem => stem.Replace(".", "[.]"))) }))
                .Select(row => $"{table}: {row}"));
        return found;
    }

    static async Task<IReadOnlyList<string>> InSegmentsAsync(NpgsqlDataSource owner)
    {
        await using var connection = await owner.OpenConnectionAsync();
        var segments = (await connection.QueryAsync<byte[]>("select data from openaps.raw_segment")).ToList();
        var lines = segments.SelectMany(segment => RecordLines.Read(new MemoryStream(segment))).Select(line => Encoding.UTF8.GetString(line.Json.Span)).ToList();
        Assert.That(lines, Is.Not.Empty);
        return [.. lines.SelectMany(Found).Take(5)];
    }

    static async Task<IReadOnlyList<string>> InExportsAsync(TestDatabase database)
    {
        var db = database.OpenAs("data_management_app");
        var grants = new Grants(db, new SecretBox(new() { Key = Convert.ToBase64String(new byte[32]) }));
        await using (var owner = await database.OpenAsOwner().OpenConnectionAsync())
            await grants.AddAsync(await owner.ExecuteScalarAsync<long>("insert into portal.app_users (email) values ('somebody@example.org') returning id"), true, true, default);
        var grant = (await grants.CurrentAsync(1, default))!;
        var found = new List<string>();
        foreach (var entity in ExportEntity.Choices.Keys)
            foreach (var format in ExportFormat.All.Where(format => format != ExportFormat.Parquet)) // its pages are packed: the same rows as CSV's
            {
                using var file = new MemoryStream();
                var totals = await new ExportBuild(db, grants, new(), TimeProvider.System).WriteZipAsync(grant, new(entity, format, null, null), file, new(), default);
                if (entity == "all")
                    Assert.That(totals.Rows, Is.Positive);
                using var zip = new ZipArchive(file, ZipArchiveMode.Read);
                foreach (var entry in zip.Entries)
                {
                    using var text = new StreamReader(await entry.OpenAsync());
                    found.AddRange(Found(await text.ReadToEndAsync()).Select(what => $"{entity}.{format}/{entry.Name}: {what}"));
                }
            }
        return found;
    }

    static IEnumerable<string> Found(string text)
    {
        foreach (var stem in Planting.Stems)
            if (text.IndexOf(stem, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                yield return $"{stem}: …{text[Math.Max(0, at - 120)..Math.Min(text.Length, at + 60)]}…";
    }

    /// <summary>One record of each shape that the uploader writes in two days, and its oddities.</summary>
    static IEnumerable<(string, string)> RecordsOf(Uploader uploader)
    {
        var site = Synthetic.Site(uploader, (int)uploader + 21, days: 2, new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));
        foreach (var (collection, records) in new[] { ("entries", site.Entries), ("treatments", site.Treatments), ("devicestatus", site.DeviceStatus), ("profile", site.Profiles) })
            foreach (var record in records.All.Select(json => Encoding.UTF8.GetString(json.Span)).Where(IsPlain).DistinctBy(Shape))
                yield return (collection, record);
    }

    /// <summary>Records with duplicate keys or cut emoji are read by the loader, but by no JSON library that could plant in them.</summary>
    static bool IsPlain(string record)
    {
        try
        {
            return JsonNode.Parse(record)!.AsObject().Remove("_id") && JsonNode.Parse(record)!.DeepClone().ToJsonString().Length > 0;
        }
        catch (Exception odd) when (odd is ArgumentException or InvalidOperationException or JsonException)
        {
            return false;
        }
    }

    static string Shape(string record)
    {
        using var document = JsonDocument.Parse(record);
        return Of(document.RootElement);

        static string Of(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(field => $"{field.Name}:{Of(field.Value)}"))}}}",
            JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Of).Distinct())}]",
            _ => $"{value.ValueKind}",
        };
    }
}
