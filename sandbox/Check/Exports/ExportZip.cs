using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Reads an exported zip and checks what it says of itself.</summary>
sealed class ExportZip(string path, Findings findings)
{
    const string Manifest = "manifest.json";
    const string Readme = "README.txt";

    /// <summary>About the others.</summary>
    static readonly string[] About = [Manifest, Readme, "codebook.csv", "SHA256SUMS"];

    /// <summary>Made of the records of other tables: not compared.</summary>
    static readonly string[] Derived = ["demographics_", "daily_metrics_", "aid_cycle_", "aid_day_", "therapy_setting_"];

    public const string Stage = "export";

    readonly string _name = Path.GetFileName(path);

    /// <returns>Every table with its rows.</returns>
    public IReadOnlyList<(ExportFile File, List<ExportedRow> Rows)> Read()
    {
        using var zip = ZipFile.OpenRead(path);
        using var manifest = zip.GetEntry(Manifest) is { } entry ? JsonDocument.Parse(Bytes(entry)) : null;
        if (manifest is null)
            Wrong(Manifest, "missing");
        foreach (var missing in About.Where(name => name != Manifest && zip.GetEntry(name) is null))
            Wrong(missing, "missing");

        var tables = new List<(ExportFile, List<ExportedRow>)>();
        foreach (var file in zip.Entries.Where(entry => !About.Contains(entry.FullName) && !Array.Exists(Derived, name => entry.FullName.StartsWith(name, StringComparison.Ordinal))))
            if (ExportFile.Of(file.FullName, Bytes(file)) is { } table)
                tables.Add((table, Rows(table, manifest?.RootElement)));
            else
                Wrong(file.FullName, "not named for a table");
        foreach (var table in Tables.All)
            if (!tables.Exists(read => read.Item1.Table == table))
                Wrong(table.Name, "no file");
        return tables;
    }

    List<ExportedRow> Rows(ExportFile file, JsonElement? manifest)
    {
        var rows = new List<ExportedRow>();
        try
        {
            rows.AddRange(file.Rows());
        }
        catch (Exception broken) when (broken is InvalidDataException or JsonException or KeyNotFoundException)
        {
            Wrong(file.Name, Findings.Short(broken.Message));
        }
        if (manifest is not { } root || Entry(root, file.Name) is not { } entry)
            Wrong(file.Name, "not in the manifest");
        else if (entry.Field("sha256")?.Text() != Convert.ToHexStringLower(SHA256.HashData(file.Bytes)))
            Wrong(file.Name, "sha256 is not that of the manifest");
        else if (entry.Field("rows")?.GetRawText() != $"{rows.Count}")
            Wrong(file.Name, $"{rows.Count} rows, not as many as the manifest says");
        return rows;
    }

    /// <summary>Where the manifest speaks of a file: an object that holds its name, or stands under it.</summary>
    static JsonElement? Entry(JsonElement manifest, string name)
    {
        if (manifest.ValueKind is JsonValueKind.Array)
            return manifest.EnumerateArray().Select(element => Entry(element, name)).FirstOrDefault(entry => entry is not null);
        if (manifest.ValueKind is not JsonValueKind.Object)
            return null;
        if (manifest.TryGetProperty(name, out var under))
            return under;
        return manifest.EnumerateObject().Any(field => field.Value.ValueKind is JsonValueKind.String && field.Value.Text() == name)
            ? manifest
            : manifest.EnumerateObject().Select(field => Entry(field.Value, name)).FirstOrDefault(entry => entry is not null);
    }

    static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    void Wrong(string what, string why) => findings.Add(_name, "", what, Stage, why);
}
