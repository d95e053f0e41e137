using System.Globalization;
using DataManagementApp.Accounts;

namespace DataManagementApp.Exports;

/// <summary>What an export is to hold; the same for the page, the command and whoever builds releases.</summary>
/// <param name="Entity">One of <see cref="ExportEntity.Choices"/>.</param>
/// <param name="Format">One of <see cref="ExportFormat.All"/>.</param>
/// <param name="From">First day, UTC; null: all days, and what has no usable time.</param>
/// <param name="To">Last day, UTC, included; null with <paramref name="From"/>.</param>
public sealed record ExportRequest(string Entity, string Format, DateOnly? From, DateOnly? To)
{
    /// <summary>openaps or nsf: only participants who share with this one; null: with any that the grant covers.</summary>
    public string? Commons { get; init; }

    /// <summary>Only participants with glucose readings on at least so many local days of the days asked for.</summary>
    public int MinDays { get; init; }

    /// <summary><c>table.column</c>; of a table that none is named of, all.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>A file per participant and type, instead of one per type.</summary>
    public bool PerParticipant { get; init; }

    /// <summary>Number of the release it is built for: its files are given out one by one, and are described by the release; null: none.</summary>
    public int? Release { get; init; }

    /// <summary>Only this one of the files, by the name of its <see cref="ExportEntity"/>; null: all of them.</summary>
    public string? File { get; init; }

    /// <summary>The files that are made, in order; of raw formats one per collection.</summary>
    public IEnumerable<ExportEntity> Entities => ExportEntity.Choices[Entity].Where(entity => (entity.HasRaw || !ExportFormat.IsRaw(Format)) && (File is null || entity.Name == File));

    public string Days => From is null ? "all-days" : string.Create(CultureInfo.InvariantCulture, $"{From:yyyy-MM-dd}_{To:yyyy-MM-dd}");

    /// <summary>Of the zip.</summary>
    public string FileName => $"{Entity}_{Days}_{Format}.zip";

    /// <summary>Of one file.</summary>
    /// <param name="participant">Code; null: it holds all of them.</param>
    public string NameOf(ExportEntity entity, string? participant) =>
        $"{entity.Name}{(Format == ExportFormat.RawCsv ? "_raw" : "")}{(participant is null ? "" : $"_{participant}")}_{Days}.{ExportFormat.Extension(Format)}";

    /// <summary>For the audit: numbers and words of ours.</summary>
    public string Summary => $"{Entity} {Format} {Days.Replace('_', ' ')}"
        + (Commons is null ? "" : $" {Commons}") + (MinDays == 0 ? "" : $" {MinDays} days") + (Columns.Count == 0 ? "" : $" {Columns.Count} columns") + (PerParticipant ? " per participant" : "");

    /// <summary>What is wrong with it, by the name of the property; nothing: it can be built.</summary>
    public IEnumerable<(string Property, string Problem)> Problems(Grant grant)
    {
        if (!ExportFormat.All.Contains(Format))
            yield return (nameof(Format), "There is no such format.");
        if (!ExportEntity.Choices.TryGetValue(Entity, out var entities))
            yield return (nameof(Entity), "There is no such data.");
        else
        {
            if (ExportFormat.IsRaw(Format) && !entities.Any(entity => entity.HasRaw))
                yield return (nameof(Format), "These data are made of records and are not records themselves: please choose CSV, JSON table or Parquet.");
            if (ExportFormat.IsRaw(Format) && Columns.Count > 0)
                yield return (nameof(Columns), "Records as they were sent come whole: please choose no columns, or CSV, JSON table or Parquet.");
            foreach (var unknown in Columns.Where(column => !entities.Any(entity => entity.Columns.Any(name => column == $"{entity.Name}.{name}"))).Take(1)) // null, in a program's JSON, is none either
                yield return (nameof(Columns), $"{(unknown?.Length > 80 ? unknown[..80] : unknown ?? "null")} is no column of these data.");
        }
        if (To < From)
            yield return (nameof(To), "The last day is before the first.");
        if (MinDays is < 0 or > 36_500)
            yield return (nameof(MinDays), "Please give a number of days from 0 to 36,500.");
        if (Commons is not (null or "openaps" or "nsf"))
            yield return (nameof(Commons), "There is no such commons.");
        else if (Commons == "openaps" && !grant.OpenAps || Commons == "nsf" && !grant.Nsf)
            yield return (nameof(Commons), "Your access does not cover this commons.");
    }

    /// <summary>Values of <c>source_entity</c> that it takes.</summary>
    public int[] SourceEntities => Commons switch { "openaps" => [0, 2], "nsf" => [1, 2], _ => [0, 1, 2] };
}

/// <summary>How files are written.</summary>
public static class ExportFormat
{
    public const string Csv = "csv", JsonTable = "json", Parquet = "parquet", Ndjson = "ndjson", RawCsv = "raw_csv";

    public static readonly string[] All = [Csv, JsonTable, Parquet, Ndjson, RawCsv];

    /// <summary>Records as they were sent, de-identified, instead of typed rows.</summary>
    public static bool IsRaw(string format) => format is Ndjson or RawCsv;

    public static string Extension(string format) => format == RawCsv ? Csv : format;

    public static string Name(string format) => format switch
    {
        Csv => "CSV",
        JsonTable => "JSON table",
        Parquet => "Parquet",
        Ndjson => "NDJSON, records as sent",
        RawCsv => "CSV, records as sent",
        _ => format,
    };
}
