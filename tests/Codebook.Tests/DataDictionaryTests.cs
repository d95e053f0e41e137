using System.Text;
using System.Text.Json.Nodes;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Codebook.Tests;

/// <summary>The dictionary as page, CSV and JSON.</summary>
public sealed class DataDictionaryTests
{
    const string Hostile = "<script>alert(\"x\")</script>, \"quoted\"\nand & more";

    static readonly DataDictionary Example = new(
        [new("entries", "Readings.", "entries", [
            new("sgv", "numeric", "mg/dL", true, "sensor glucose", ["sgv"], ""),
            new("id", "text", null, false, Hostile, [Hostile], Hostile),
        ])],
        [
            new("entries", "sgv", "number", "mg/dL", "sensor glucose", ["entries.sgv"], new("entries", "sgv", ["text", "number"], 12, 14, 123456)),
            new("entries", "rssi", "number", null, "", [], new("entries", "rssi", ["number"], null, 14, null)),
            new("entries", Hostile, Hostile, Hostile, Hostile, [$"entries.{Hostile}"], null),
        ],
        [new("entries", "", ["object"], 14, 14, 150000)]);

    [Test]
    public void What_stands_in_a_comment_is_text_on_the_page_and_never_markup()
    {
        var page = Page(Example);

        Assert.That(page.QuerySelector("script"), Is.Null);
        Assert.That(page.QuerySelectorAll("#entries tbody tr")[1].Children.Select(cell => cell.TextContent.Trim()),
            Is.EqualTo(new[] { "id", "text never null", "", Hostile, $"{Hostile} {Hostile}" }));
    }

    [Test]
    public void A_share_of_fewer_than_five_is_told_in_words()
    {
        var rows = Page(Example).QuerySelectorAll("#records-entries tbody tr").Select(row => string.Join(" | ", row.Children.Select(cell => cell.TextContent.Trim()))).ToList();

        Assert.That(rows[0], Is.EqualTo("sgv | mg/dL | sensor glucose → entries: sgv | number | text, number | 85.7 % 12; 123,456 records"));
        Assert.That(rows[1], Is.EqualTo("rssi |  |  | number | number | fewer than 5"));
        Assert.That(rows[2], Does.EndWith(" |  | "));
        Assert.That(Page(Example).QuerySelector("#records-entries p")!.TextContent.Trim(), Is.EqualTo("150,000 records of 14 participants."));
    }

    [Test]
    public void Without_anything_observed_there_is_no_column_for_it() =>
        Assert.That(Page(Example with { Records = [] }).QuerySelectorAll("#records-entries thead th").Select(head => head.TextContent.Trim()), Is.EqualTo(new[] { "Field", "Unit", "Meaning", "Kept when it is" }));

    [Test]
    public void Every_link_of_the_contents_leads_to_a_section()
    {
        var page = Page(Example);
        var links = page.QuerySelectorAll("nav a").Select(link => link.GetAttribute("href")![1..]).ToList();

        Assert.That(links, Is.EqualTo(new[] { "entries", "records-entries" }));
        Assert.That(links.Select(id => page.GetElementById(id)?.LocalName), Is.All.EqualTo("section"));
    }

    [Test]
    public void Any_csv_reader_gets_the_same_cells_back()
    {
        var rows = ReadCsv(Encoding.UTF8.GetString(DictionaryFiles.Csv(Example)));

        Assert.That(rows.Select(row => row.Count), Is.All.EqualTo(16));
        Assert.That(rows, Has.Count.EqualTo(1 + 2 + 3));
        Assert.That(rows[1], Is.EqualTo(new[] { "column", "entries", "sgv", "numeric", "mg/dL", "yes", "sensor glucose", "sgv", "", "", "", "", "", "", "", "" }));
        Assert.That(rows[2][6], Is.EqualTo(Hostile));
        Assert.That(rows[3], Is.EqualTo(new[] { "field", "entries", "sgv", "", "mg/dL", "", "sensor glucose", "", "", "number", "entries.sgv", "text; number", "12", "14", "85.7", "123456" }));
        Assert.That(rows[4][11..], Is.EqualTo(new[] { "number", "", "14", "", "" }));
    }

    [Test]
    public void Json_has_everything_under_names_that_stay()
    {
        var json = JsonNode.Parse(DictionaryFiles.Json(Example))!;

        Assert.That(json["tables"]![0]!["columns"]![0]!["unit"]!.GetValue<string>(), Is.EqualTo("mg/dL"));
        var seen = json["fields"]![0]!["observed"]!;
        Assert.That((seen["participants"]!.GetValue<int>(), seen["participants_of"]!.GetValue<int>(), seen["records"]!.GetValue<int>(), seen["types"]!.AsArray().Count), Is.EqualTo((12, 14, 123456, 2)));
        Assert.That(json["fields"]![1]!["observed"]!["share_percent"], Is.Null);
        Assert.That(json["records"]![0]!["records"]!.GetValue<int>(), Is.EqualTo(150000));
    }

    [TestCase(null, 2, 3)]
    [TestCase("  ", 2, 3)]
    [TestCase("SGV", 1, 1)]
    [TestCase("mg/dL glucose", 1, 1)]
    [TestCase("rssi", 0, 1)]
    [TestCase("entries", 2, 3)]
    [TestCase("sgv nothing", 0, 0)]
    [TestCase("<script>", 1, 1)]
    public void A_search_leaves_what_holds_all_of_its_words(string? search, int columns, int fields)
    {
        var found = Example.Matching(search);

        Assert.That((found.Tables.Sum(table => table.Columns.Count), found.Fields.Count), Is.EqualTo((columns, fields)));
        Assert.That(found.Tables.Count, Is.EqualTo(columns > 0 ? 1 : 0));
    }

    static IDocument Page(DataDictionary dictionary)
    {
        using var html = new StringWriter();
        DictionaryHtml.WritePage(html, dictionary);
        return new HtmlParser().ParseDocument(html.ToString());
    }

    /// <summary>RFC 4180.</summary>
    static List<List<string>> ReadCsv(string text)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var cell = new StringBuilder();
            if (text[at] == '"')
            {
                for (at++; text[at] != '"' || at + 1 < text.Length && text[at + 1] == '"'; at++)
                {
                    cell.Append(text[at]);
                    if (text[at] == '"')
                        at++;
                }
                at++;
            }
            else
            {
                while (text[at] is not (',' or '\r'))
                    cell.Append(text[at++]);
            }
            row.Add(cell.ToString());
            if (text[at] == ',')
            {
                at++;
                continue;
            }
            Assert.That(text[at..(at + 2)], Is.EqualTo("\r\n"));
            at += 2;
            rows.Add(row);
            row = [];
        }
        return rows;
    }
}
