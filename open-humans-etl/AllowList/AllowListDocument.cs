using OpenHumansEtl.Tables;

namespace OpenHumansEtl.AllowList;

/// <summary>The allow-lists as a document.</summary>
public static class AllowListDocument
{
    public static void Write(TextWriter output)
    {
        output.WriteLine("""
            # What enters the warehouse
            Generated: `dotnet run --project open-humans-etl -- allow-list > docs/deidentification.md`.

            A record of a participant's file is reduced to the fields below before anything of it is stored; every other field is dropped, and so is
            a value that is not of the kind named. A record's identifier (`_id`, else `id` or `uuid`) becomes a code. `[]` is not written: an array stands for its elements.
            A *stable pseudonym* is ten characters that stand for the same text of the same participant; nobody can tell the text from it without the
            deployment's key. Free text (notes, reasons, foods, names of profiles and overrides, JSON inside text) is on no list.

            | kind | what it keeps |
            |---|---|
            | number | a JSON number below 100,000,000, true or false, or text that is nothing but a number of up to eight digits before the point ("+5", "0.35", "120%") |
            | true or false | that, also as text |
            | time | a JSON number; text of 9 to 17 digits; text that is nothing but a date, with or without time and offset: `2026-11-20T10:00:00.000Z`, `2026-11-20 10:00 +0100`, `11/20/2026 10:00 AM`, `Fri Nov 20 10:00:00 AEDT 2026` |
            | one of: … | the word in any case, as it was sent |
            | version number | up to four numbers with points between, `v` before or `dev`, `alpha`, `beta`, `rc` with a number behind |
            | time zone | a name of the tz database; `Etc/GMT+8` and the like also in capitals |
            | family and stable pseudonym | a name of a device or an app: what tells the product stays, the rest becomes a pseudonym |
            | stable pseudonym | any text or number, as a pseudonym |

            `null` and empty text stay what they are. Of several values for one column the first that can be read as the column's type counts, from left to right and of a
            list its first element. A value that is there and cannot be read leaves the column empty and is noted in `openaps.quarantine`, without the value.
            """);
        foreach (var tables in WarehouseTables.All)
        {
            output.WriteLine($"\n## {tables.Collection}\n\n| field | kept when it is |\n|---|---|");
            foreach (var (path, rule) in tables.Fields().Paths().OrderBy(field => field.Path, StringComparer.Ordinal))
                output.WriteLine($"| `{path}` | {rule.Says.Replace("|", "\\|")} |");
            foreach (var table in tables.Tables)
            {
                output.WriteLine($"\nTable `openaps.{table.Name}`{(table.Present is null ? "" : $", for records that hold an object `{table.Present}`")}: `{table.Key}` is the record's identifier.\n\n| column | from |\n|---|---|");
                foreach (var column in table.Columns)
                    output.WriteLine($"| `{column.Name}` | {(column.Paths.Length == 0 ? "always empty: free text" : string.Join(", else ", column.Paths.Select(path => $"`{path}`")))}{(column.ZeroIsNone ? "; 0 means none" : "")} |");
            }
        }
    }
}
