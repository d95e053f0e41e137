using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Codebook;

/// <summary>The dictionary for programs.</summary>
public static class DictionaryFiles
{
    static readonly SearchValues<char> Quotable = SearchValues.Create(",\"\r\n");

    static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The whole dictionary, names in snake_case, UTF-8.</summary>
    public static byte[] Json(DataDictionary dictionary) => [.. JsonSerializer.SerializeToUtf8Bytes(new { dictionary.Tables, dictionary.Fields, dictionary.Records }, Options), (byte)'\n'];

    /// <summary>RFC 4180, UTF-8: a line for each column and each field; several values in one cell have <c>"; "</c> between. An empty number with types seen: fewer than 5 participants.</summary>
    public static byte[] Csv(DataDictionary dictionary)
    {
        var text = new StringBuilder("kind,in,name,type,unit,nullable,description,from,how,kept_when,columns,types_seen,participants,participants_of,share_percent,records\r\n");
        foreach (var table in dictionary.Tables)
            foreach (var column in table.Columns)
                Line(text, "column", table.Name, column.Name, column.Type, column.Unit, column.Nullable ? "yes" : "no", column.Description, string.Join("; ", column.From), column.How,
                    "", "", "", "", "", "", "");
        foreach (var field in dictionary.Fields)
            Line(text, "field", field.Collection, field.Path, "", field.Unit, "", field.Description, "", "", field.Keeps, string.Join("; ", field.Columns),
                field.Observed is { } seen ? string.Join("; ", seen.Types) : "", Number(field.Observed?.Participants), Number(field.Observed?.ParticipantsOf),
                field.Observed?.SharePercent?.ToString("0.#", CultureInfo.InvariantCulture), Number(field.Observed?.Records));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    static void Line(StringBuilder text, params string?[] cells) => text.AppendJoin(',', cells.Select(Cell)).Append("\r\n");

    static string Cell(string? value) => value is null ? "" : value.AsSpan().ContainsAny(Quotable) ? $"\"{value.Replace("\"", "\"\"")}\"" : value;
}
