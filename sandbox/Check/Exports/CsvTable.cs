using System.Text;

namespace Sandbox.Check;

/// <summary>Reads comma separated values as RFC 4180 defines them.</summary>
static class CsvTable
{
    /// <summary>The records, the header first. A feed alone ends a line too.</summary>
    /// <exception cref="InvalidDataException">A quote stands where none may.</exception>
    public static IEnumerable<string[]> Read(TextReader text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var (quoted, closed, empty) = (false, false, true);
        for (var next = text.Read(); next >= 0; next = text.Read())
        {
            var character = (char)next;
            empty = false;
            if (quoted && character == '"')
            {
                if (text.Peek() == '"')
                    field.Append((char)text.Read());
                else
                    (quoted, closed) = (false, true);
            }
            else if (quoted)
                field.Append(character);
            else if (character == '"')
                quoted = field.Length == 0 && !closed ? true : throw new InvalidDataException("A quote inside an unquoted field.");
            else if (character == ',')
                End();
            else if (character == '\n')
            {
                End();
                yield return [.. fields];
                fields.Clear();
                empty = true;
            }
            else if (character != '\r' || text.Peek() != '\n')
                field.Append(closed ? throw new InvalidDataException("Text behind a closing quote.") : character);
        }
        if (quoted)
            throw new InvalidDataException("A quoted field does not end.");
        if (empty)
            yield break;
        End();
        yield return [.. fields];

        void End()
        {
            fields.Add(field.ToString());
            field.Clear();
            closed = false;
        }
    }
}
