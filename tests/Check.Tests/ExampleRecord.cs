namespace Sandbox.Check.Tests;

/// <summary>One record as it should stand at every stage, written by hand. A test alters one of them.</summary>
sealed class ExampleRecord
{
    public required string Collection { get; init; }
    public required string Id { get; init; }
    public required string Period { get; set; }

    /// <summary>What Nightscout serves; null: nothing.</summary>
    public required string? Site { get; set; }

    /// <summary>Line of the file; null: it is in none.</summary>
    public required string? File { get; set; }

    /// <summary>Fields of the raw line behind the codes; null: there is none.</summary>
    public required string? Raw { get; set; }

    /// <summary>Columns of the row in the collection's table; null: it has none.</summary>
    public required string? Row { get; set; }

    /// <summary>Columns of the row in device_status_metrics.</summary>
    public string? Metrics { get; set; }

    /// <summary>Columns in the export where they differ from those in the warehouse.</summary>
    public string? ExportedRow { get; set; }

    public bool IsExported { get; set; } = true;

    public string Code { get; set; } = $"r-{Guid.NewGuid():N}";

    public string? MetricsCode { get; set; }
    public string? ParticipantCode { get; set; }
    public string? RawCode { get; set; }
    public string? WarehouseId { get; set; }

    public string Table => Collection == "devicestatus" ? "device_status" : Collection;

    /// <summary>Gives a record another device at every stage.</summary>
    public void Rename(string device, string onSite, string inFile, string inWarehouse)
    {
        Site = Site?.Replace(device, onSite, StringComparison.Ordinal);
        File = File?.Replace(device, inFile, StringComparison.Ordinal);
        Raw = Raw?.Replace(device, inWarehouse, StringComparison.Ordinal);
        Row = Row?.Replace(device, inWarehouse, StringComparison.Ordinal);
    }
}
