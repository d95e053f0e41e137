using Npgsql;

namespace Sandbox.Check.Tests;

/// <summary>A whole way in small: three participants, two of whom share. What a test alters before <see cref="CheckAsync"/> is found, or the test fails.</summary>
sealed class ExampleWay
{
    public const string Member = "00000101";
    public const string Bob = "00000202";
    public const string Eve = "00000303";
    const string Token = "reader-0123456789abcdef";

    public Dictionary<string, List<ExampleRecord>> Records { get; } = new() { [Member] = ExampleRecords.Ann(), [Bob] = ExampleRecords.Bob(), [Eve] = ExampleRecords.Eve() };
    public Dictionary<string, string> Consent { get; } = new() { [Member] = "both", [Bob] = "nsf", [Eve] = "none" };
    public DateTimeOffset? IgnoreAfter { get; set; }

    /// <summary>Called with what stands there before it is checked.</summary>
    public Action<string, List<StubFile>> AlterFiles { get; set; } = (_, _) => { };
    public Func<NpgsqlDataSource, Task> AlterWarehouse { get; set; } = _ => Task.CompletedTask;
    public Func<string, Task> AlterWarehouseByOwner { get; set; } = _ => Task.CompletedTask;
    public Func<string, Task> AlterZip { get; set; } = _ => Task.CompletedTask;
    public Action<ExportWriter> AlterExport { get; set; } = _ => { };

    public ExampleRecord this[string id] => Records.Values.SelectMany(records => records).Single(record => record.Id == id);

    /// <summary>What an export calls the participant.</summary>
    public string CodeOf(string member) => $"p-{Records.Keys.ToList().IndexOf(member) + 1000}";

    public async Task<CheckResult> CheckAsync(string owner)
    {
        await using var db = NpgsqlDataSource.Create(owner);
        await ExampleWarehouse.EmptyAsync(db);
        foreach (var (member, records) in Records)
            await new ExampleWarehouse(db).LoadAsync(member, Consent[member], records);
        await AlterWarehouse(db);
        await AlterWarehouseByOwner(owner);

        var files = Records.ToDictionary(member => member.Key, member => Files(member.Key, member.Value));
        foreach (var (member, ofMember) in files)
            AlterFiles(member, ofMember);
        var (app, url) = await StubServer.StartAsync(app =>
        {
            NightscoutStub.Map(app, SiteRecords, Token);
            OpenHumansStub.Map(app, token => files[token]);
        });
        await using var running = app;
        var folder = Directory.CreateTempSubdirectory("way-check");
        try
        {
            var (csv, json) = (Export(folder, "csv"), Export(folder, "json"));
            await AlterZip(csv);
            CheckedParticipant[] participants = [.. Records.Keys.Select(member => new CheckedParticipant(member, new(url, member), Token, member, member != Eve))];
            return await new WayCheck(new(url, owner, participants, csv, json, IgnoreAfter)).RunAsync(default);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    IEnumerable<string> SiteRecords(string path) =>
        Records[path.Split('/')[0]].Where(record => record.Collection == path.Split('/')[1]).Select(record => record.Site).OfType<string>();

    static List<StubFile> Files(string member, List<ExampleRecord> records) =>
    [
        .. records.Where(record => record.File is not null).GroupBy(record => (record.Collection, record.Period))
            .Select(file => StubFile.Of(member, file.Key.Collection, file.Key.Period, [.. file.Select(record => record.File!)])),
        new StubFile($"{member}_open_aps_data_sharing_consent.txt", "both"u8.ToArray()),
        new StubFile($"{member}_entries_2026-11-01.ndjson.gz", "another project's"u8.ToArray()) { Source = "direct-sharing-99" },
    ];

    string Export(DirectoryInfo folder, string format)
    {
        var export = new ExportWriter();
        foreach (var (member, records) in Records)
            foreach (var record in records.Where(record => record is { Row: not null, IsExported: true }))
            {
                var (participant, source) = (record.ParticipantCode ?? CodeOf(member), Consent[member] == "both" ? 2 : Consent[member] == "openaps" ? 0 : 1);
                export.Add(record.Table, participant, record.Code, record.ExportedRow ?? record.Row!, source);
                if (record.Metrics is { } metrics)
                    export.Add("device_status_metrics", participant, record.MetricsCode ?? record.Code, metrics, source);
            }
        AlterExport(export);
        var path = Path.Combine(folder.FullName, $"export.{format}.zip");
        export.Write(path, format);
        return path;
    }
}
