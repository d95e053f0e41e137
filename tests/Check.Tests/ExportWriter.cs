using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox.Check.Tests;

/// <summary>Writes an export by hand: columns in the order of the views, all values as text.</summary>
sealed partial class ExportWriter
{
    static readonly string[] Tables = ["entries", "treatments", "device_status", "device_status_metrics", "profile"];

    readonly Dictionary<string, List<string[]>> _rows = Tables.ToDictionary(table => table, _ => new List<string[]>());

    public (string From, string To) Range { get; init; } = ("2026-09-01", "2026-11-30");

    /// <summary>Files of the zip, to be altered by a test: name and content.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    public void Add(string table, string participant, string record, string row, int sourceEntity)
    {
        var values = JsonNode.Parse(Pseudonym.Replace(row, match => $"~{new string([.. match.Value[1..].Reverse()])}"))!.AsObject();
        if (!values.Any(value => value.Key is "date" or "created_at" or "start_date"))
            return; // of no day
        values["source_entity"] = sourceEntity;
        _rows[table].Add([participant, record, .. Columns(table).Select(column => values[column]?.ToString() is { } text ? values[column]!.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? text.ToLowerInvariant() : text : ""), .. Made(table).Select(_ => "")]);
    }

    public void Change(string table, string record, string column, string value) =>
        _rows[table].Single(row => row[1] == record)[2 + Array.IndexOf(Columns(table), column)] = value;

    public void Remove(string table, string record) => _rows[table].RemoveAll(row => row[1] == record);

    /// <summary>Name of a file of which the manifest says something else.</summary>
    public string? WrongDigest { get; set; }

    public static string[] Columns(string table) => [.. ExportFile.ColumnsOf(Array.Find(Check.Tables.All, known => known.Name == table)!).Select(column => column.Name)];

    public void Write(string path, string format)
    {
        foreach (var table in Tables)
            Files.TryAdd($"{table}_{Range.From}_{Range.To}.{format}", Encoding.UTF8.GetBytes(format == "csv" ? Csv(table) : Json(table)));
        var manifest = new JsonObject
        {
            ["files"] = new JsonArray([.. Files.Select(file => new JsonObject
            {
                ["name"] = file.Key,
                ["rows"] = _rows[Array.Find(Tables, table => file.Key.StartsWith($"{table}_20", StringComparison.Ordinal))!].Count,
                ["sha256"] = file.Key == WrongDigest ? "0" : Sabotage.Sha256(file.Value),
            })]),
        };
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, bytes) in Files.Append(new("manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()))).Append(new("README.txt", "Read me."u8.ToArray()))
            .Append(new("codebook.csv", "column"u8.ToArray())).Append(new("SHA256SUMS", "sums"u8.ToArray())))
            using (var stream = zip.CreateEntry(name).Open())
                stream.Write(bytes);
    }

    string Csv(string table) => string.Concat(new[] { Header(table) }.Concat(_rows[table]).Select(row => $"{string.Join(',', row.Select(Quoted))}\r\n"));

    string Json(string table) => new JsonObject
    {
        ["schema"] = new JsonObject { ["fields"] = new JsonArray([.. Header(table).Select(name => new JsonObject { ["name"] = name, ["type"] = "string" })]) },
        ["data"] = new JsonArray([.. _rows[table].Select(row => new JsonObject(Header(table).Zip(row, (name, value) => KeyValuePair.Create(name, (JsonNode?)Value(value)))))]),
    }.ToJsonString();

    static string[] Header(string table) => ["participant", "record", .. Columns(table), .. Made(table)];

    static string[] Made(string table) => ExportFile.MadeOf(Array.Find(Check.Tables.All, known => known.Name == table)!);

    static string Quoted(string value) => value.AsSpan().ContainsAny(",\"\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    static JsonValue? Value(string text) =>
        text.Length == 0 ? null : decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(text);

    /// <summary>The warehouse's, in whose place the export has others.</summary>
    [GeneratedRegex("~[a-z0-9]{10}")]
    static partial Regex Pseudonym { get; }
}
