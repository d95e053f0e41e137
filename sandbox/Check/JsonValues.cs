using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Sandbox.Check;

static class JsonValues
{
    /// <summary>The bytes as they were sent: 1.50 is not 1.5.</summary>
    public static ReadOnlySpan<byte> Bytes(this JsonElement value) => JsonMarshal.GetRawUtf8Value(value);

    /// <summary>The text of a string; of one that holds half a surrogate pair, which .NET refuses to read, the escaped form.</summary>
    public static string Text(this JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(value.Bytes()[1..^1]);
        }
    }

    public static bool IsEmptyText(this JsonElement value) => value.ValueKind is JsonValueKind.String && value.Bytes().Length == 2;

    public static JsonElement? Field(this JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var field) ? field : null;

    public static string Shown(this JsonElement value) => Findings.Short(value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? $"({value.ValueKind})" : value.Text());
}
