using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Reads a JSON table: <c>schema.fields</c> names the columns, <c>data</c> is a list of objects (or of lists) of them.</summary>
static class JsonTable
{
    /// <summary>The records, the header first; null is an empty text.</summary>
    public static IEnumerable<string[]> Read(byte[] json)
    {
        using var table = JsonDocument.Parse(json);
        string[] names = [.. table.RootElement.GetProperty("schema").GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").Text())];
        yield return names;
        foreach (var row in table.RootElement.GetProperty("data").EnumerateArray())
            yield return row.ValueKind is JsonValueKind.Array
                ? [.. row.EnumerateArray().Select(Text)]
                : Array.ConvertAll(names, name => row.TryGetProperty(name, out var value) ? Text(value) : throw new InvalidDataException($"A row lacks {name}."));
    }

    static string Text(JsonElement value) => value.ValueKind is JsonValueKind.Null ? "" : value.Text();
}
