namespace Sandbox.Check;

/// <summary>Follows one participant's records from the site to the account and, when they are shared, to the warehouse.</summary>
sealed class ParticipantCheck(CheckedParticipant participant, HttpClient http, CheckSettings settings, WarehouseDatabase warehouse, Findings findings)
{
    readonly Pseudonyms _inFiles = new();
    readonly Pseudonyms _inWarehouse = new();
    readonly Dictionary<string, List<string>> _lines = new(StringComparer.Ordinal);

    /// <summary>All distinct records, also those that do not go the whole way.</summary>
    public int OnNightscout { get; private set; }
    public int Deleted { get; private set; }
    public int Undated { get; private set; }
    public int OnOpenHumans { get; private set; }
    public int InWarehouse { get; private set; }

    public async Task RunAsync(ExpectedExport exports, CancellationToken cancellationToken)
    {
        var account = new OpenHumansAccount(http, settings.OpenHumans, participant.OpenHumansAccessToken);
        var files = (await account.FilesAsync(cancellationToken)).ToLookup(file => file.Collection);
        var inWarehouse = await warehouse.ParticipantAsync(participant.ProjectMemberId, cancellationToken);
        var site = new NightscoutReader(http, participant.Nightscout, participant.NightscoutToken);
        var expected = new List<ExpectedRecord>();
        foreach (var collection in Collection.All)
        {
            var records = new SiteRecords(collection, await site.ReadAsync(collection, cancellationToken), IgnoreAfter(settings));
            OnNightscout += records.All.Count;
            Deleted += records.Deleted;
            Undated += records.Undated;
            await CheckFilesAsync(account, files[collection], records, cancellationToken);
            if (participant.Shares)
                expected.AddRange(await CheckRowsAsync(inWarehouse, records, cancellationToken));
            else if (inWarehouse is not null)
                await new Unshared(participant.ProjectMemberId, inWarehouse, records, findings).CheckAsync(warehouse, cancellationToken);
        }
        foreach (var (record, what) in _inFiles.Judge())
            findings.Add(participant.ProjectMemberId, record.Collection.Name, record.Id, "open humans", what);
        foreach (var (record, what) in _inWarehouse.Judge())
            findings.Add(participant.ProjectMemberId, record.Collection.Name, record.Id, "warehouse", what);
        if (inWarehouse is null)
            return;
        await CheckQuarantineAsync(inWarehouse, cancellationToken);
        foreach (var record in expected)
            record.Pseudonymise(_inWarehouse);
        if (participant.Shares)
            exports.Add(participant.ProjectMemberId, inWarehouse, expected);
    }

    public static long? IgnoreAfter(CheckSettings settings) => settings.IgnoreAfter is { } time ? Moment.Micros(time) : null;

    async Task CheckFilesAsync(OpenHumansAccount account, IEnumerable<DataFile> files, SiteRecords records, CancellationToken cancellationToken)
    {
        var check = new FileCheck(participant, records, _inFiles, findings);
        foreach (var file in files)
            _lines[$"oh:{file.Id}"] = check.Add(file, await account.DownloadAsync(file, cancellationToken));
        check.Complete();
        OnOpenHumans += check.Found;
    }

    async Task<IReadOnlyCollection<ExpectedRecord>> CheckRowsAsync(WarehouseParticipant? inWarehouse, SiteRecords records, CancellationToken cancellationToken)
    {
        var typed = new TypedRows(participant.ProjectMemberId, records, _inWarehouse, findings);
        if (inWarehouse is not null)
        {
            foreach (var table in Tables.Of(records.Collection))
                await foreach (var row in warehouse.RowsAsync(table, inWarehouse.Id, cancellationToken))
                    using (row)
                        typed.Add(table, row.RootElement);
            await CheckSegmentsAsync(inWarehouse, records, cancellationToken);
        }
        typed.Complete();
        InWarehouse += typed.Found;
        return typed.Expected;
    }

    async Task CheckSegmentsAsync(WarehouseParticipant inWarehouse, SiteRecords records, CancellationToken cancellationToken)
    {
        var raw = new RawSegments(participant.ProjectMemberId, inWarehouse, records, _inWarehouse, findings);
        await foreach (var period in warehouse.SegmentsAsync(records.Collection, inWarehouse.Id, cancellationToken))
            raw.Add(period);
        raw.Complete();
    }

    async Task CheckQuarantineAsync(WarehouseParticipant inWarehouse, CancellationToken cancellationToken)
    {
        await foreach (var (file, collection, line, reason) in warehouse.WholeLinesAsync(inWarehouse.Id, cancellationToken))
        {
            var record = _lines.TryGetValue(file, out var lines) && line >= 1 && line <= lines.Count ? lines[(int)line - 1] : $"{file}:{line}";
            findings.Add(participant.ProjectMemberId, collection, record, "quarantine", Findings.Short(reason));
        }
    }
}
