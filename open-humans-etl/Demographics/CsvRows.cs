using System.Text;

namespace OpenHumansEtl.Demographics;

/// <summary>RFC 4180: quoted fields may hold commas, line breaks and doubled quotes; lines end with CR, LF or both.</summary>
public static class CsvRows
{
    /// <exception cref="InvalidDataException">A quote is not closed, or something stands behind a closing one: the rest cannot be told apart.</exception>
    public static List<List<string>> Read(TextReader text)
    {
        var (rows, row, field) = (new List<List<string>>(), new List<string>(), new StringBuilder());
        for (var next = text.Read(); next >= 0;)
        {
            if (next == '"' && field.Length == 0)
            {
                next = ReadQuoted(text, field);
                if (next is not (',' or '\r' or '\n' or -1))
                    throw new InvalidDataException($"Row {rows.Count + 1}: text behind a closing quote.");
            }
            for (; next is not (',' or '\r' or '\n' or -1); next = text.Read())
                field.Append((char)next);
            row.Add(field.ToString());
            field.Clear();
            if (next == ',')
            {
                next = text.Read();
                if (next is not ('\r' or '\n' or -1))
                    continue;
                row.Add(""); // the last field is empty
            }
            if (next == '\r' && text.Peek() == '\n')
                text.Read();
            if (next >= 0)
                next = text.Read();
            rows.Add(row);
            row = [];
        }
        return rows;
    }

    /// <returns>What follows the closing quote.</returns>
    static int ReadQuoted(TextReader text, StringBuilder field)
    {
        for (var next = text.Read(); next >= 0; next = text.Read())
        {
            if (next != '"')
                field.Append((char)next);
            else if (text.Peek() == '"')
                field.Append((char)text.Read());
            else
                return text.Read();
        }
        throw new InvalidDataException("A quote is not closed: the file is cut off.");
    }
}
