using System.Globalization;

namespace Sandbox.Check;

/// <summary>What an export of all sharing participants holds.</summary>
sealed class ExpectedExport
{
    readonly Dictionary<string, (WarehouseParticipant Participant, string? SourceEntity)> _participants = new(StringComparer.Ordinal);
    readonly Dictionary<Collection, List<ExpectedRecord>> _records = Collection.All.ToDictionary(collection => collection, _ => new List<ExpectedRecord>());

    public void Add(string participant, WarehouseParticipant inWarehouse, IEnumerable<ExpectedRecord> records)
    {
        _participants[participant] = (inWarehouse, inWarehouse.SourceEntity?.ToString(CultureInfo.InvariantCulture));
        foreach (var record in records)
            _records[record.Key.Collection].Add(record);
    }

    /// <summary>What the participant is called inside, which no export may show.</summary>
    public bool IsName(string participant, string code) =>
        _participants[participant].Participant is var inWarehouse && (code == participant || code == inWarehouse.Hex || code == $"{inWarehouse.Id}");

    /// <summary>The records of a collection as far as the files cover them, with the column that the views add.</summary>
    public List<ExpectedRecord> Of(Collection collection, ILookup<Table, ExportFile> files)
    {
        var tables = Tables.Of(collection);
        return [.. _records[collection]
            .Select(record => record with
            {
                Parts = [.. record.Parts.Select((cells, part) => cells is not null && files[tables[part]].Any(file => file.Covers(cells))
                    ? [.. cells, _participants[record.Participant].SourceEntity]
                    : (string?[]?)null)],
            })
            .Where(record => Array.Exists(record.Parts, cells => cells is not null))];
    }
}
