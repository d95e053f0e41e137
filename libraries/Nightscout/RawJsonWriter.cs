using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nightscout;

/// <summary>
/// Writes JSON from the tokens of a reader byte for byte — numbers keep their digits, strings their escapes — without whitespace, so that a
/// record is one line. What is left out or replaced is the caller's business.
/// </summary>
public sealed class RawJsonWriter
{
    byte[] _buffer = new byte[4096];
    int _length;
    bool _comma;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Clear() => (_length, _comma) = (0, false);

    /// <summary>A place to <see cref="Return"/> to.</summary>
    public (int Length, bool Comma) Mark => (_length, _comma);

    /// <summary>Forgets what was written since the mark.</summary>
    public void Return((int Length, bool Comma) mark) => (_length, _comma) = mark;

    /// <summary>Copies the reader's current token: a bracket, a property name, or a value that is no container.</summary>
    public void Token(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Separate();
                Write(reader.ValueSpan);
                _comma = false;
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Write(reader.ValueSpan);
                _comma = true;
                break;
            case JsonTokenType.PropertyName:
                Quoted(reader.ValueSpan, ":"u8);
                _comma = false;
                break;
            case JsonTokenType.String:
                Quoted(reader.ValueSpan);
                _comma = true;
                break;
            default:
                Separate();
                Write(reader.ValueSpan);
                _comma = true;
                break;
        }
    }

    /// <summary>A value in the place of the one that was read.</summary>
    public void String(string value) => Escaped(Escape(value));

    /// <summary>The same, when it was escaped before.</summary>
    public void Escaped(ReadOnlySpan<byte> value)
    {
        Quoted(value);
        _comma = true;
    }

    /// <summary>Values that are JSON already, with the commas between them.</summary>
    public void Values(ReadOnlySpan<byte> json)
    {
        Separate();
        Write(json);
        _comma = true;
    }

    public static byte[] Escape(string value) => Encoding.UTF8.GetBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value));

    /// <summary>A property name in the place of the one that was read.</summary>
    public void PropertyName(string name)
    {
        String(name);
        Write(":"u8);
        _comma = false;
    }

    void Separate()
    {
        if (_comma)
            Write(","u8);
    }

    /// <summary>At once, because nearly all that is written is this.</summary>
    void Quoted(ReadOnlySpan<byte> text, ReadOnlySpan<byte> behind = default)
    {
        var to = Take((_comma ? 3 : 2) + text.Length + behind.Length);
        if (_comma)
        {
            to[0] = (byte)',';
            to = to[1..];
        }
        to[0] = (byte)'"';
        text.CopyTo(to[1..]);
        to[1 + text.Length] = (byte)'"';
        behind.CopyTo(to[(2 + text.Length)..]);
    }

    void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    Span<byte> Take(int length)
    {
        if (_length + length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        _length += length;
        return _buffer.AsSpan(_length - length, length);
    }
}
