using System.Text;
using System.Text.Json;

namespace Sandbox;

/// <summary>Reads and changes single fields of a record in its own bytes, so that odd JSON (duplicate keys, cut emoji) stays as it is.</summary>
static class RecordJson
{
    /// <param name="path">A top-level field, or one further down with dots between.</param>
    public static Scalar Field(ReadOnlyMemory<byte> json, string path)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        foreach (var name in path.Split('.'))
            if (!Enter(ref reader, name))
                return Scalar.Missing;
        return Value(ref reader, json);
    }

    /// <summary>The value's JSON as it stands in the record; empty when there is none.</summary>
    public static ReadOnlyMemory<byte> Raw(ReadOnlyMemory<byte> json, string name) =>
        Find(json, name) is var (start, end) && end > 0 ? json[start..end] : default;

    /// <summary>The record with one top-level field set to <paramref name="value"/> (JSON), in its place or at the end.</summary>
    public static ReadOnlyMemory<byte> With(ReadOnlyMemory<byte> json, string name, string value)
    {
        var (start, end) = Find(json, name);
        if (end > 0)
            return Concat(json[..start].Span, Encoding.UTF8.GetBytes(value), json[end..].Span);
        var brace = json.Span.LastIndexOf((byte)'}');
        var comma = json.Span[..brace].TrimEnd(" \t\r\n"u8)[^1] == '{' ? "" : ",";
        return Concat(json[..brace].Span, Encoding.UTF8.GetBytes($"{comma}\"{name}\":{value}"), "}"u8);
    }

    /// <summary>The top-level fields in their order, each value and the whole of name and value as they stand in the record.</summary>
    public static List<(string Name, ReadOnlyMemory<byte> Value, ReadOnlyMemory<byte> Whole)> Fields(ReadOnlyMemory<byte> json)
    {
        var fields = new List<(string, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)>();
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (start, name) = ((int)reader.TokenStartIndex, Text(ref reader, json));
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            fields.Add((Encoding.UTF8.GetString(name.Span), json[value..end], json[start..end]));
        }
        return fields;
    }

    /// <summary>The record with only those of its top-level fields.</summary>
    public static ReadOnlyMemory<byte> Only(ReadOnlyMemory<byte> json, Func<string, bool> isWanted)
    {
        using var left = new MemoryStream(json.Length);
        foreach (var (name, _, whole) in Fields(json))
            if (isWanted(name))
            {
                left.WriteByte((byte)(left.Length == 0 ? '{' : ','));
                left.Write(whole.Span);
            }
        left.Write(left.Length == 0 ? "{}"u8 : "}"u8);
        return left.ToArray();
    }

    static byte[] Concat(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c) => [.. a, .. b, .. c];

    static (int Start, int End) Find(ReadOnlyMemory<byte> json, string name)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        if (!Enter(ref reader, name))
            return default;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return (start, (int)reader.BytesConsumed);
    }

    /// <summary>Moves from an object's start to the value of one of its fields.</summary>
    static bool Enter(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
                return true;
            reader.Skip();
        }
        return false;
    }

    static Scalar Value(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json) => reader.TokenType switch
    {
        JsonTokenType.Number => Scalar.Of(reader.GetDouble()),
        JsonTokenType.String => Scalar.Of(Text(ref reader, json)),
        JsonTokenType.Null => new(ScalarKind.Null, 0, default),
        JsonTokenType.StartObject => new(ScalarKind.Object, 0, default),
        JsonTokenType.StartArray => new(ScalarKind.Array, 0, default),
        _ => new(ScalarKind.Bool, reader.TokenType == JsonTokenType.True ? 1 : 0, default),
    };

    static ReadOnlyMemory<byte> Text(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var raw = json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        if (!reader.ValueIsEscaped)
            return raw;
        try
        {
            return Encoding.UTF8.GetBytes(reader.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return raw; // half an emoji cannot be unescaped, and real sites have it (contract §8)
        }
    }
}
