using System.Text.Encodings.Web;
using System.Text.Json;

namespace Codebook;

/// <summary>A field of the allow-list.</summary>
/// <param name="Path">Dotted; <c>*</c> for names that participants chose, an array for its elements.</param>
/// <param name="Keeps">What a value must be to be kept, in words.</param>
public sealed record SourceField(string Collection, string Path, string Keeps);

/// <summary>Where a column of the warehouse comes from.</summary>
/// <param name="Table">In schema openaps.</param>
/// <param name="From">Paths of the collection's fields.</param>
/// <param name="How">What is made of them; empty: the first that can be read as the column's type is the value.</param>
public sealed record SourceColumn(string Collection, string Table, string Name, IReadOnlyList<string> From, string How);

/// <summary>What open-humans-etl knows of fields and columns, as a file, because no service references another: <c>libraries/Codebook/fields.json</c>.</summary>
/// <param name="Columns">In the order in which the ETL has tables and columns.</param>
public sealed record FieldSources(IReadOnlyList<SourceField> Fields, IReadOnlyList<SourceColumn> Columns)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As they were when this was built.</summary>
    public static FieldSources Built { get; } = JsonSerializer.Deserialize<FieldSources>(typeof(FieldSources).Assembly.GetManifestResourceStream("fields.json")!, Json)!;

    /// <summary>One line a field or column, so that changes can be read.</summary>
    public void Write(TextWriter output)
    {
        output.Write("{\n  \"fields\": [\n    ");
        output.Write(string.Join(",\n    ", Fields.Select(field => JsonSerializer.Serialize(field, Json))));
        output.Write("\n  ],\n  \"columns\": [\n    ");
        output.Write(string.Join(",\n    ", Columns.Select(column => JsonSerializer.Serialize(column, Json))));
        output.Write("\n  ]\n}\n");
    }
}
