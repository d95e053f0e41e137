using System.Text;

namespace DataManagementApp.Tests;

/// <summary>Reads RFC 4180.</summary>
static class Csv
{
    public static IEnumerable<string[]> Read(string text)
    {
        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var at = 0; at < text.Length; at++)
        {
            if (quoted && text[at] == '"' && at + 1 < text.Length && text[at + 1] == '"')
                field.Append(text[++at]);
            else if (text[at] == '"')
                quoted = !quoted;
            else if (!quoted && text[at] is ',' or '\n' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
                if (text[at] != '\n')
                    continue;
                yield return [.. fields];
                fields.Clear();
            }
            else if (quoted || text[at] != '\r')
                field.Append(text[at]);
        }
    }
}
