using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Codebook;

/// <summary>The dictionary for people: the tables, which the portal puts into its page, and a page that stands by itself.</summary>
/// <remarks>End tags of cells, which HTML lets one leave out, are left out: there are a thousand rows.</remarks>
public static class DictionaryHtml
{
    static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>As the file <c>docs/codebook/codebook.html</c> of the repository; its style sheet is that of the sites.</summary>
    public static void WritePage(TextWriter output, DataDictionary dictionary)
    {
        output.Write("""
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Data dictionary · Diabetes data commons</title>
            <link rel="stylesheet" href="../../libraries/Look/wwwroot/look.css">
            <body class="wide">
            <main>
            <h1>Data dictionary</h1>
            <p>What researchers can read, generated from the comments in the database: <code>dotnet run --project db -- codebook docs/codebook</code>. Also as <a href="codebook.csv">CSV</a> and <a href="codebook.json">JSON</a>;
            the portal's page <code>/metadata</code> adds how many participants have each field.

            """);
        WriteTables(output, dictionary);
        output.Write("</main>\n");
    }

    /// <summary>Contents, a section for each table with its columns, a section for each collection with the fields of its records.</summary>
    public static void WriteTables(TextWriter output, DataDictionary dictionary)
    {
        var collections = dictionary.Fields.Select(field => field.Collection).Distinct().ToList();
        output.Write("<nav class=\"contents\" aria-label=\"Contents\">\n");
        Links(output, "Tables of the records", dictionary.Tables.Where(table => table.Collection is not null).Select(table => (table.Name, table.Name)));
        Links(output, "Other tables", dictionary.Tables.Where(table => table.Collection is null).Select(table => (table.Name, table.Name)));
        Links(output, "Fields of the records", collections.Select(collection => ($"records-{collection}", collection)));
        output.Write("</nav>\n");
        foreach (var table in dictionary.Tables)
            Table(output, table);
        foreach (var collection in collections)
            Fields(output, collection, [.. dictionary.Fields.Where(field => field.Collection == collection)], dictionary);
    }

    static void Links(TextWriter output, string title, IEnumerable<(string Id, string Name)> links)
    {
        var items = links.ToList();
        if (items.Count == 0)
            return;
        output.Write($"<p><b>{title}</b>\n<ul>\n");
        foreach (var (id, name) in items)
            output.Write($"<li><a href=\"#{Text(id)}\">{Text(name)}</a>\n");
        output.Write("</ul>\n");
    }

    static void Table(TextWriter output, DictionaryTable table)
    {
        output.Write($"<section id=\"{Text(table.Name)}\">\n<h2>{Text(table.Name)}</h2>\n<p>{Text(table.Description)}\n");
        var from = table.Collection is null ? "" : "<th scope=\"col\">From";
        output.Write($"<table class=\"dictionary of-columns\">\n<thead><tr><th scope=\"col\">Column<th scope=\"col\">Type<th scope=\"col\">Unit<th scope=\"col\">Meaning{from}\n<tbody>\n");
        foreach (var column in table.Columns)
        {
            output.Write($"<tr><th>{Text(column.Name).Replace("_", "_<wbr>", StringComparison.Ordinal)}<td>{Text(column.Type)}{(column.Nullable ? "" : " <small>never null</small>")}<td>{Text(column.Unit)}<td>{Text(column.Description)}");
            if (table.Collection is not null)
                output.Write($"<td>{Text(string.Join(", ", column.From))}{(column.How.Length > 0 ? $" <small>{Text(column.How)}</small>" : "")}");
            output.Write("</tr>\n");
        }
        output.Write("</table>\n</section>\n");
    }

    static void Fields(TextWriter output, string collection, IReadOnlyList<DictionaryField> fields, DataDictionary dictionary)
    {
        output.Write($"<section id=\"records-{Text(collection)}\">\n<h2>Fields of the records: {Text(collection)}</h2>\n");
        if (dictionary.Records.FirstOrDefault(record => record.Collection == collection) is { } records)
            output.Write(records.Participants is null ? "<p>Records of fewer than 5 participants.\n" : Invariant($"<p>{records.Records:N0} records of {records.Participants:N0} participants.\n"));
        else if (dictionary.IsObserved)
            output.Write("<p>There are no records yet.\n");
        var shares = dictionary.IsObserved ? "<th scope=\"col\">Seen as<th scope=\"col\">Participants" : "";
        output.Write($"<table class=\"dictionary of-fields\">\n<thead><tr><th scope=\"col\">Field<th scope=\"col\">Unit<th scope=\"col\">Meaning<th scope=\"col\">Kept when it is{shares}\n<tbody>\n");
        foreach (var field in fields)
        {
            output.Write($"<tr><th>{Text(field.Path)}<td>{Text(field.Unit)}<td>{Text(field.Description)}");
            output.Write($"{(field.Columns.Count > 0 ? $" <small>→ {Text(ByTable(field.Columns))}</small>" : "")}<td>{Text(field.Keeps)}");
            if (dictionary.IsObserved)
                output.Write(field.Observed is { } seen ? $"<td>{Text(string.Join(", ", seen.Types))}<td>{Share(seen)}" : "<td><td>");
            output.Write("</tr>\n");
        }
        output.Write("</table>\n</section>\n");
    }

    /// <summary>"aid_cycle: isf, cr; device_status_metrics: iob_iob".</summary>
    static string ByTable(IReadOnlyList<string> columns) => string.Join("; ", columns.Select(column => column.Split('.')).GroupBy(parts => parts[0], parts => parts[1])
        .Select(table => $"{table.Key}: {string.Join(", ", table)}"));

    static string Share(ObservedField seen) => seen.SharePercent is { } share
        ? Invariant($"{share:0.#} % <small>{seen.Participants:N0}; {seen.Records:N0} records</small>")
        : "fewer than 5";

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static string Text(string? text) => Encoder.Encode(text ?? "");
}
