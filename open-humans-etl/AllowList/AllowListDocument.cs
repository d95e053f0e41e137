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
            a value that is not of the kind named. A record's identifier (`_id`, else `id` or `uuid`) becomes a code; the key column keeps it when it is hexadecimal, as machines make them, else a keyed hash. `[]` is not written: an array stands for its elements.
            A *stable pseudonym* is `~` and ten characters that stand for the same text of the same participant; nobody can tell the text from it without the
            deployment's key. Free text (notes, reasons, foods, names of profiles and overrides) is on no list.

            | kind | what it keeps |
            |---|---|
            | number | a JSON number below 100,000,000, true or false, or text that is nothing but a number of up to eight digits before the point, without zeros in front ("+5", "0.35", "120%") |
            | true or false | that, also as text |
            | time | Unix seconds or milliseconds: a JSON number or text of 10 or 13 digits that begins with 1 (September 2001 to May 2033; a telephone number looks different), or the number 0; text that is nothing but a date, with or without time and offset: `2026-11-20T10:00:00.000Z`, `2026-11-20 10:00 +0100`, `11/20/2026 10:00 AM`, `Fri Nov 20 10:00:00 AEDT 2026` |
            | one of: … | the word in any case, as it was sent |
            | oref0 reason | of the text in which oref0 and its descendants explain a decision the tokens of its grammar, with `, ` between: labels with numbers of up to three digits before the point (`ISF: 50`, `minPredBG 90`, `Eventual BG 94 >= 90`) and its fixed phrases (`temp 0.8 ~ req 0.85U/hr`, `no temp required`) |
            | JSON of … | a text that is a JSON object, reduced to the fields named |
            | version number | up to four numbers with points between, of two digits and then of three, `v` before or `dev`, `alpha`, `beta`, `rc` with a number behind |
            | time zone | a name of the tz database; `Etc/GMT+8` and the like also in capitals |
            | family and stable pseudonym | a name of a device or an app: what tells the product stays, the rest becomes a pseudonym |
            | stable pseudonym | any text or number, as a pseudonym |

            `null` and empty text stay what they are. Of several values for one column the first that can be read as the column's type counts, from left to right and of a
            list its first element (of `loop.predicted.values` its last), of a field that stands twice the first. A number of seconds is told from one of milliseconds by its size.

            A value that is there and cannot be read, or cannot be, leaves the column empty and is noted in `openaps.quarantine`, without the value; it stays in the raw lines as far as they may hold it. The limits below are wide: what is beyond
            them no body, pump or sensor has (an insulin pen and a pump's reservoir hold 300 U, a year has 525,600 minutes, a reading of 0 to 12 is an error code and stays). Columns without limits have none that are known.
            `percentage` of a profile switch has none here: a switch with an impossible one counts for nothing and is noted. A time of 0 is none.

            | reason | of |
            |---|---|
            """);
        foreach (var (reason, of) in Reason.All)
            output.WriteLine($"| {reason} | {of} |");
        output.WriteLine("| not … to … | a number beyond the limits of its column, or of a setting of a profile |");
        foreach (var tables in WarehouseTables.All)
        {
            output.WriteLine($"\n## {tables.Collection}\n\n| field | kept when it is |\n|---|---|");
            foreach (var (path, rule) in tables.Fields().Paths().OrderBy(field => field.Path, StringComparer.Ordinal))
                output.WriteLine($"| `{path}` | {rule.Says.Replace("|", "\\|")} |");
            foreach (var table in tables.Tables)
            {
                output.WriteLine($"\nTable `openaps.{table.Name}`{(table.Present.Length == 0 ? "" : $", for records that hold an object {string.Join(" or ", table.Present.Select(path => $"`{path}`"))}")}: `{table.Key}` is the record's identifier.\n\n| column | from |\n|---|---|");
                foreach (var column in table.Columns)
                    output.WriteLine($"| `{column.Name}` | {From(column)}{(column.ZeroIsNone ? "; 0 means none" : "")}{(column.Limits is var (least, most, unit) ? FormattableString.Invariant($"; {least} to {most} {unit}") : "")} |");
            }
        }
    }

    static string From(Column column) =>
        column.Paths.Length == 0 ? "always empty: free text"
        : column.Derive is not null ? $"{column.How}, from {string.Join(", ", column.Paths.Select(path => $"`{path}`"))}"
        : string.Join(", else ", column.Paths.Select(path => $"`{path}`"));
}
