using System.Text;
using System.Text.Json;

namespace Nightscout;

/// <summary>Reads strings that the framework refuses: half of a cut emoji is an escape without a partner, for which GetString throws.</summary>
public static class JsonText
{
    public static string Read(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return Encoding.UTF8.GetString(reader.ValueSpan);
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescape(reader.ValueSpan);
        }
    }

    /// <summary>The text of a string's bytes between its quotes, escapes and all.</summary>
    public static string Read(ReadOnlySpan<byte> escaped) => escaped.Contains((byte)'\\') ? Unescape(escaped) : Encoding.UTF8.GetString(escaped);

    /// <summary>Position of the current property's name among <paramref name="names"/>, or -1.</summary>
    public static int IndexOf(ref Utf8JsonReader reader, string[] names)
    {
        for (var i = 0; i < names.Length; i++)
            if (reader.ValueTextEquals(names[i]))
                return i;
        return -1;
    }

    /// <summary>The reader has checked the escapes; a surrogate without its partner becomes U+FFFD when the text is encoded again.</summary>
    static string Unescape(ReadOnlySpan<byte> escaped)
    {
        var raw = Encoding.UTF8.GetString(escaped);
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }
            i++;
            if (raw[i] == 'u')
            {
                var unit = (char)Convert.ToUInt16(raw.Substring(i + 1, 4), 16);
                i += 4;
                text.Append(unit);
            }
            else
                text.Append(raw[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var other => other });
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                text[i] = '\uFFFD';
        }
        return text.ToString();
    }
}
