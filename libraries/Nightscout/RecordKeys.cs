using System.Globalization;
using System.Text.Json;

namespace Nightscout;

/// <summary>
/// By what a record is known again when it comes back under another <c>_id</c>: after an upgrade that moves UUIDs, an export to a new host, or a
/// second upload (traps, B 12).
/// </summary>
public static class RecordKeys
{
    static readonly string[] Identifiers = ["_id", "identifier", "syncIdentifier", "uuid", "NSCLIENT_ID"];

    /// <summary>What makes an event the same one: contract traps B 12.</summary>
    static readonly Dictionary<string, string[]> Main = new()
    {
        ["entries"] = ["type", "sgv", "mbg"],
        ["treatments"] = ["eventType", "insulin", "carbs", "glucose", "duration", "absolute", "rate", "percent"],
        ["devicestatus"] = ["device"],
        ["profile"] = ["defaultProfile"],
    };

    /// <summary>Two records with a key in common are the same, if only one of them is still served.</summary>
    /// <param name="record">One JSON object.</param>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> record, Collection collection)
    {
        var keys = new List<string>();
        var head = RecordHead.Read(record, collection);
        var clientId = "";
        var main = new string[Main[collection.Name].Length];
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var identifier = JsonText.IndexOf(ref reader, Identifiers);
            var field = identifier >= 0 ? -1 : JsonText.IndexOf(ref reader, Main[collection.Name]);
            reader.Read();
            if (identifier >= 0 && Text(ref reader) is { Length: > 0 } id)
            {
                if (identifier == Identifiers.Length - 1)
                    clientId = id;
                else
                    keys.Add(id);
            }
            else if (field >= 0)
                main[field] = Text(ref reader);
            reader.Skip();
        }
        if (clientId.Length > 0)
            keys.Add($"NSCLIENT_ID {clientId} {main[0]}"); // a bolus and its carbs may share one
        if (head.Time is { } time)
            keys.Add($"{Math.Round((time - DateTimeOffset.UnixEpoch).TotalMilliseconds).ToString(CultureInfo.InvariantCulture)} {string.Join('|', main)}");
        return keys;
    }

    /// <summary>Numbers and texts; null, false and missing are nothing, as Nightscout adds <c>null</c> where an amount is missing.</summary>
    static string Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => JsonText.Read(ref reader),
        JsonTokenType.Number when reader.TryGetDouble(out var number) => number.ToString("R", CultureInfo.InvariantCulture),
        _ => "",
    };
}
