namespace Sandbox.Check;

/// <summary>The warehouse must hold nothing of a participant who does not share.</summary>
sealed class Unshared(string participant, WarehouseParticipant inWarehouse, SiteRecords records, Findings findings)
{
    const string Stage = "warehouse";

    public async Task CheckAsync(WarehouseDatabase warehouse, CancellationToken cancellationToken)
    {
        foreach (var table in Tables.Of(records.Collection))
            await foreach (var row in warehouse.RowsAsync(table, inWarehouse.Id, cancellationToken))
                using (row)
                    Wrong(row.RootElement.GetProperty(table.IdColumn).Text(), $"{table.Name}: a row of a participant who does not share");

        var idOfCode = records.All.Keys.ToDictionary(id => RawSegments.CodeOf(inWarehouse, records.Collection, id), StringComparer.Ordinal);
        await foreach (var period in warehouse.SegmentsAsync(records.Collection, inWarehouse.Id, cancellationToken))
            foreach (var line in period.Lines())
                Wrong(RawPeriod.CodeOf(line) is { } code ? idOfCode.GetValueOrDefault(code, code) : period.Name, "a raw line of a participant who does not share");
    }

    void Wrong(string record, string what) => findings.Add(participant, records.Collection.Name, record, Stage, what);
}
