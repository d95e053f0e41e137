using System.Net;

namespace Sandbox.Check;

/// <summary>Follows every record from Nightscout to the exported files and compares every field at every stage.</summary>
/// <remarks>
/// Written from the documents alone (docs/data-way.md, docs/scrubbing.md, docs/deidentification.md, the migrations), without the product's code: the two can only agree when both are right.
/// One collection of one participant is in memory at a time, and the typed rows of all, which the exports are compared with.
/// </remarks>
public sealed class WayCheck(CheckSettings settings)
{
    /// <exception cref="InvalidDataException">A site answered with something else than a list, or what was read is no gzip.</exception>
    /// <exception cref="HttpRequestException">A site or Open Humans refused or could not be reached.</exception>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, UseProxy = false }); // the stand-ins are on this machine
        await using var warehouse = new WarehouseDatabase(settings.Postgres);
        var findings = new Findings();
        var exports = new ExpectedExport();
        var (nightscout, openHumans, rows, notShared, deleted, undated) = (0L, 0L, 0L, 0L, 0L, 0L);
        foreach (var participant in settings.Participants)
        {
            var check = new ParticipantCheck(participant, http, settings, warehouse, findings);
            await check.RunAsync(exports, cancellationToken);
            if (!participant.Shares)
            {
                notShared += check.OnNightscout;
                continue;
            }
            nightscout += check.OnNightscout - check.Deleted - check.Undated;
            openHumans += check.OnOpenHumans;
            rows += check.InWarehouse;
            deleted += check.Deleted;
            undated += check.Undated;
        }

        var exported = new ExportCheck(exports, ParticipantCheck.IgnoreAfter(settings), findings);
        foreach (var zip in new[] { settings.CsvZip, settings.JsonZip })
            if (zip is not null)
                exported.Run(zip);
        return new(nightscout, openHumans, rows, exported.Exported, notShared, deleted, undated, findings.All);
    }
}
