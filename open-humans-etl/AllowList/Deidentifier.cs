using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nightscout;

namespace OpenHumansEtl.AllowList;

/// <summary>A value that a column is made of: where it stands in what <see cref="Deidentifier.Reduce"/> wrote.</summary>
public readonly record struct Captured(JsonTokenType Type, int Start, int Length);

/// <summary>
/// Reduces a record to what its collection's allow-list keeps, and on the way picks out the values the typed columns are made of.
/// One pass over the tokens, no document in memory.
/// </summary>
public sealed class Deidentifier
{
    const int MostPseudonyms = 1000;

    static readonly SearchValues<char> HexLetters = SearchValues.Create("abcdefABCDEF"), InMachineMade = SearchValues.Create("0123456789-abcdefABCDEF");

    readonly ushort[] _types;
    readonly int[] _seen;
    int _seenCount;
    readonly Field _root;
    readonly byte[] _key;
    readonly RawJsonWriter _output = new();
    readonly Dictionary<string, byte[]> _names = [], _codes = [];
    byte[] _reason = [];
    byte[]? _reducedReason;

    /// <param name="root">From <see cref="Field.WithSlots"/>.</param>
    /// <param name="slots">How many paths have a slot.</param>
    /// <param name="pseudonymKey">The participant's own key.</param>
    /// <param name="numbers">How many <see cref="Field.WithNumbers"/> gave.</param>
    public Deidentifier(Field root, int slots, byte[] pseudonymKey, int numbers = 1)
    {
        (_root, _key) = (root, pseudonymKey);
        (_types, _seen) = (new ushort[numbers], new int[numbers]);
        Values = new Captured[slots];
        Refused = new bool[slots];
    }

    /// <summary>By slot, from the last record; the first value where there are several.</summary>
    public Captured[] Values { get; }

    /// <summary>By slot: there was a value in the last record and its rule dropped it.</summary>
    public bool[] Refused { get; }

    public string Id { get; private set; } = "";

    /// <summary>The value as UTF-8: of a text without quotes and escapes, of the others as written. Valid until the next record.</summary>
    public ReadOnlySpan<byte> TextOf(Captured value)
    {
        var text = _output.Written.Span.Slice(value.Start, value.Length);
        return value.Type == JsonTokenType.String && text.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(JsonText.Read(text)) : text;
    }

    /// <returns>The fields of the object that is left, without its braces, minified; valid until the next record.</returns>
    /// <exception cref="JsonException">This is no JSON object.</exception>
    public ReadOnlyMemory<byte> Reduce(ReadOnlySpan<byte> record)
    {
        _output.Clear();
        Array.Clear(Values);
        Array.Clear(Refused);
        Id = "";
        foreach (var number in _seen.AsSpan(0, _seenCount))
            _types[number] = 0;
        _seenCount = 0;
        var input = new Input { Rest = record, Reader = new(record, JsonLimits.Reader) };
        if (!input.Reader.Read() || input.Reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not a JSON object");
        Object(ref input, _root);
        if (input.Reader.Read())
            throw new JsonException("more than one value");
        var written = _output.Written;
        return written[1..^1];
    }

    /// <summary>Counts the fields that were kept of the last record.</summary>
    public void CountFields(ObservedFields counts)
    {
        foreach (var number in _seen.AsSpan(0, _seenCount))
            counts.Add(number, _types[number]);
    }

    /// <summary>A JSON object inside a text, reduced; null when the text is none.</summary>
    public static string? ReduceText(string text, Field inside, byte[] pseudonymKey)
    {
        try
        {
            return $"{{{Encoding.UTF8.GetString(new Deidentifier(inside, 0, pseudonymKey).Reduce(Encoding.UTF8.GetBytes(text)).Span)}}}";
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A reader and what it was begun on.</summary>
    ref struct Input
    {
        public ReadOnlySpan<byte> Rest;
        public Utf8JsonReader Reader;
    }

    void Object(ref Input input, Field field)
    {
        if (field.Slot >= 0)
            Values[field.Slot] = new(JsonTokenType.StartObject, 0, 0);
        Saw(field, JsonTokenType.StartObject);
        _output.Token(ref input.Reader);
        while (input.Reader.Read() && input.Reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReferenceEquals(field, _root) && (input.Reader.ValueTextEquals("_id"u8) || Id.Length == 0 && (input.Reader.ValueTextEquals("id"u8) || input.Reader.ValueTextEquals("uuid"u8))))
                TakeId(input.Reader);
            if (field.Find(ref input.Reader) is not { } below)
            {
                input.Reader.Skip();
                continue;
            }
            Property(ref input, below);
        }
        _output.Token(ref input.Reader);
    }

    /// <summary>
    /// The record's identifier: <c>_id</c>, else an uploader's own. It stands in front of the line as a code; the value itself goes only into the key
    /// column, and one that no machine made not even there: any client may choose it.
    /// </summary>
    /// <param name="reader">A copy, at the name of a property.</param>
    void TakeId(Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.String)
        {
            var id = JsonText.Read(ref reader);
            Id = id.Length == 0 || IsMachineMade(id) ? id : $"hmac:{Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(id)).AsSpan(0, 16))}";
        }
    }

    /// <summary>ObjectIds, UUIDs and hashes. Nothing but digits may be a telephone number or a serial, unless it is as long as an ObjectId.</summary>
    static bool IsMachineMade(ReadOnlySpan<char> id) => id.Length <= 64 && !id.ContainsAnyExcept(InMachineMade) && (id.Length == 24 || id.ContainsAny(HexLetters));

    void Property(ref Input input, Field field)
    {
        var mark = _output.Mark;
        if (field.Name == "*")
            _output.PropertyName(DeviceName.Mark + DeviceName.Code(JsonText.Read(ref input.Reader), _key));
        else
            _output.Token(ref input.Reader);
        input.Reader.Read();
        if (Value(ref input, field))
            return;
        _output.Return(mark);
        if (field.Slot >= 0)
            Refused[field.Slot] = true;
    }

    /// <returns>False when the value was not kept; nothing of it was written then.</returns>
    bool Value(ref Input input, Field field)
    {
        switch (input.Reader.TokenType)
        {
            case JsonTokenType.StartObject when field.IsContainer:
                Object(ref input, field);
                return true;
            case JsonTokenType.StartObject:
                input.Reader.Skip();
                return false;
            case JsonTokenType.StartArray:
                Saw(field, JsonTokenType.StartArray);
                _output.Token(ref input.Reader);
                if (field is { Slot: < 0, Rule.KeepsNumbers: true })
                    Numbers(ref input, field);
                while (input.Reader.Read() && input.Reader.TokenType != JsonTokenType.EndArray)
                    Value(ref input, field);
                _output.Token(ref input.Reader);
                return true;
            default:
                return field.Rule is not null && Leaf(ref input.Reader, field, field.Rule);
        }
    }

    /// <summary>
    /// Copies what an array holds when it is nothing but short numbers and commas. Predictions are half of all data, and reading each of them as a token is
    /// what costs; at any other character nothing is copied, and the reader goes on as usual.
    /// </summary>
    void Numbers(ref Input input, Field field)
    {
        var inside = input.Rest[(int)input.Reader.BytesConsumed..];
        var length = LengthOfNumbers(inside);
        if (length < 0)
            return;
        _output.Values(inside[..length]);
        Saw(field, JsonTokenType.Number);
        input.Rest = inside[length..];
        input.Reader = new(input.Rest, isFinalBlock: true, input.Reader.CurrentState);
    }

    /// <returns>Where the closing bracket is; -1 when there is anything but <c>-12,3.5,0</c> before it, or a number that <see cref="Rule.KeepsAsIs"/> has to look at.</returns>
    static int LengthOfNumbers(ReadOnlySpan<byte> json)
    {
        for (var at = 0; at < json.Length; at++)
        {
            if (json[at] == '-')
                at++;
            var first = at;
            at = AfterDigits(json, at);
            if (at - first is 0 or > Rule.SurelySmall || at - first > 1 && json[first] == '0')
                return -1;
            if (at < json.Length && json[at] == '.')
            {
                first = at + 1;
                at = AfterDigits(json, first);
                if (at == first)
                    return -1;
            }
            if (at < json.Length && json[at] == ']')
                return at;
            if (at >= json.Length || json[at] != ',')
                return -1;
        }
        return -1;
    }

    static int AfterDigits(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is >= (byte)'0' and <= (byte)'9')
            at++;
        return at;
    }

    bool Leaf(ref Utf8JsonReader reader, Field field, Rule rule)
    {
        if (rule.KeepsAsIs(ref reader))
        {
            _output.Token(ref reader);
            Saw(field, reader.TokenType);
            if (reader.TokenType != JsonTokenType.Null)
                Capture(field, reader.TokenType, reader.ValueSpan.Length);
            return true;
        }
        if (Text(ref reader, rule) is not { } text)
            return false;
        _output.Escaped(text);
        Saw(field, JsonTokenType.String);
        Capture(field, JsonTokenType.String, text.Length);
        return true;
    }

    /// <summary>Runs for every value of every record: no more than this.</summary>
    void Saw(Field field, JsonTokenType type)
    {
        ref var types = ref _types[field.Number];
        if (types == 0)
            _seen[_seenCount++] = field.Number;
        types |= (ushort)(1 << (int)type);
    }

    /// <summary>Remembers where the value stands that was written last.</summary>
    void Capture(Field field, JsonTokenType type, int length)
    {
        if (field.Slot >= 0 && (field.TakesLast || Values[field.Slot].Type == JsonTokenType.None))
            Values[field.Slot] = new(type, _output.Written.Length - length - (type == JsonTokenType.String ? 1 : 0), length);
    }

    /// <summary>What is left of a text, or of a number or a flag where the rule wants a code, escaped; null when nothing is.</summary>
    byte[]? Text(ref Utf8JsonReader reader, Rule rule) => reader.TokenType switch
    {
        JsonTokenType.String when reader.ValueSpan.IsEmpty => [], // uploaders' way to say nothing
        JsonTokenType.String => Keep(ref reader, rule),
        JsonTokenType.Number when rule.Accepts == Rule.Kind.Code => Keep(ref reader, rule),
        _ => null,
    };

    /// <summary>A participant has few devices and they stand in every record: what a name becomes is computed once.</summary>
    byte[]? Keep(ref Utf8JsonReader reader, Rule rule)
    {
        if (rule.Accepts is Rule.Kind.Reason)
            return KeepReason(ref reader, rule);
        if (rule.Accepts is not (Rule.Kind.Name or Rule.Kind.Code))
            return rule.Keep(JsonText.Read(ref reader), _key) is { } kept ? RawJsonWriter.Escape(kept) : null;
        var known = rule.Accepts == Rule.Kind.Name ? _names : _codes;
        Span<char> chars = stackalloc char[256];
        if (!reader.ValueIsEscaped && Encoding.UTF8.TryGetChars(reader.ValueSpan, chars, out var length) && known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars[..length], out var pseudonym))
            return pseudonym;
        if (known.Count >= MostPseudonyms)
            known.Clear();
        var text = JsonText.Read(ref reader);
        return known[text] = RawJsonWriter.Escape(rule.Keep(text, _key)!);
    }

    /// <summary>What a loop enacted it suggested for the same reason, mostly.</summary>
    byte[]? KeepReason(ref Utf8JsonReader reader, Rule rule)
    {
        if (!reader.ValueSpan.SequenceEqual(_reason))
            (_reason, _reducedReason) = (reader.ValueSpan.ToArray(), rule.Keep(JsonText.Read(ref reader), _key) is { } kept ? RawJsonWriter.Escape(kept) : null);
        return _reducedReason;
    }
}
