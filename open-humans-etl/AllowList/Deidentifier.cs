using System.Text;
using System.Text.Json;
using Nightscout;

namespace OpenHumansEtl.AllowList;

/// <summary>A value that a column is made of: text, or a number, true or false as written.</summary>
public readonly record struct Captured(JsonTokenType Type, string? Text);

/// <summary>
/// Reduces a record to what its collection's allow-list keeps, and on the way picks out the values the typed columns are made of.
/// One pass over the tokens, no document in memory.
/// </summary>
public sealed class Deidentifier
{
    const int MostPseudonyms = 1000;

    readonly Field _root;
    readonly byte[] _key;
    readonly RawJsonWriter _output = new();
    readonly Dictionary<(Rule.Kind, string), string> _pseudonyms = [];

    /// <param name="root">From <see cref="Field.WithSlots"/>.</param>
    /// <param name="slots">How many paths have a slot.</param>
    /// <param name="pseudonymKey">The participant's own key.</param>
    public Deidentifier(Field root, int slots, byte[] pseudonymKey)
    {
        (_root, _key) = (root, pseudonymKey);
        Values = new Captured[slots];
        Refused = new bool[slots];
    }

    /// <summary>By slot, from the last record; the first value where there are several.</summary>
    public Captured[] Values { get; }

    /// <summary>By slot: there was a value in the last record and its rule dropped it.</summary>
    public bool[] Refused { get; }

    public string Id { get; private set; } = "";

    /// <returns>The fields of the object that is left, without its braces, minified; valid until the next record.</returns>
    /// <exception cref="JsonException">This is no JSON object.</exception>
    public ReadOnlyMemory<byte> Reduce(ReadOnlySpan<byte> record)
    {
        _output.Clear();
        Array.Clear(Values);
        Array.Clear(Refused);
        Id = "";
        var reader = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = 128 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not a JSON object");
        Object(ref reader, _root);
        if (reader.Read())
            throw new JsonException("more than one value");
        var written = _output.Written;
        return written[1..^1];
    }

    void Object(ref Utf8JsonReader reader, Field field)
    {
        if (field.Slot >= 0)
            Values[field.Slot] = new(JsonTokenType.StartObject, null);
        _output.Token(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReferenceEquals(field, _root) && (reader.ValueTextEquals("_id"u8) || Id.Length == 0 && (reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("uuid"u8))))
                TakeId(reader);
            if (field.Find(ref reader) is not { } below)
            {
                reader.Skip();
                continue;
            }
            Property(ref reader, below);
        }
        _output.Token(ref reader);
    }

    /// <summary>The record's identifier: <c>_id</c>, else an uploader's own. It stands in front of the line as a code; the value itself goes only into the key column.</summary>
    /// <param name="reader">A copy, at the name of a property.</param>
    void TakeId(Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.String)
            Id = JsonText.Read(ref reader).Replace("\0", "");
    }

    void Property(ref Utf8JsonReader reader, Field field)
    {
        var mark = _output.Mark;
        if (field.Name == "*")
            _output.PropertyName(DeviceName.Code(JsonText.Read(ref reader), _key));
        else
            _output.Token(ref reader);
        reader.Read();
        if (Value(ref reader, field))
            return;
        _output.Return(mark);
        if (field.Slot >= 0)
            Refused[field.Slot] = true;
    }

    /// <returns>False when the value was not kept; nothing of it was written then.</returns>
    bool Value(ref Utf8JsonReader reader, Field field)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when field.IsContainer:
                Object(ref reader, field);
                return true;
            case JsonTokenType.StartObject:
                reader.Skip();
                return false;
            case JsonTokenType.StartArray:
                _output.Token(ref reader);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    Value(ref reader, field);
                _output.Token(ref reader);
                return true;
            default:
                return field.Rule is not null && Leaf(ref reader, field, field.Rule);
        }
    }

    bool Leaf(ref Utf8JsonReader reader, Field field, Rule rule)
    {
        if (rule.KeepsAsIs(ref reader))
        {
            _output.Token(ref reader);
            if (field.Slot >= 0 && reader.TokenType != JsonTokenType.Null)
                Capture(field, new(reader.TokenType, Encoding.UTF8.GetString(reader.ValueSpan)));
            return true;
        }
        if (Text(ref reader, rule) is not { } text)
            return false;
        _output.String(text);
        Capture(field, new(JsonTokenType.String, text));
        return true;
    }

    void Capture(Field field, Captured value)
    {
        if (field.Slot >= 0 && Values[field.Slot].Type == JsonTokenType.None)
            Values[field.Slot] = value;
    }

    /// <summary>What is left of a text, or of a number or a flag where the rule wants a code; null when nothing is.</summary>
    string? Text(ref Utf8JsonReader reader, Rule rule) => reader.TokenType switch
    {
        JsonTokenType.String when reader.ValueSpan.IsEmpty => "", // uploaders' way to say nothing
        JsonTokenType.String => Keep(JsonText.Read(ref reader), rule),
        JsonTokenType.Number when rule.Accepts == Rule.Kind.Code => Keep(Encoding.UTF8.GetString(reader.ValueSpan), rule),
        _ => null,
    };

    /// <summary>A participant has few devices and they stand in every record: what a name becomes is computed once.</summary>
    string? Keep(string text, Rule rule)
    {
        if (rule.Accepts is not (Rule.Kind.Name or Rule.Kind.Code))
            return rule.Keep(text, _key);
        if (_pseudonyms.TryGetValue((rule.Accepts, text), out var known))
            return known;
        if (_pseudonyms.Count >= MostPseudonyms)
            _pseudonyms.Clear();
        return _pseudonyms[(rule.Accepts, text)] = rule.Keep(text, _key)!;
    }
}
