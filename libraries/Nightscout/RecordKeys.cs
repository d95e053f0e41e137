using System.Globalization;
using System.Text.Json;

namespace Nightscout;

/// <summary>
/// By what a record is known again when it comes back under another <c>_id</c>: after an upgrade that moves UUIDs, an export to a new host, or a
/// second upload (traps, B 12).
/// </summary>
/// <param name="Identifiers">What clients call it, its <c>_id</c> among them.</param>
/// <param name="Event">Its time and amounts; null: it has no time.</param>
/// <param name="IsNamed">A client gave it an identifier.</param>
public sealed record RecordKeys(IReadOnlyList<string> Identifiers, string? Event, bool IsNamed)
{
    static readonly string[] Names = ["_id", "identifier", "syncIdentifier", "uuid", "NSCLIENT_ID"];

    /// <summary>They tell treatments without any amount apart.</summary>
    const string Notes = "notes";

    /// <summary>What makes an event the same one: contract traps B 12.</summary>
    static readonly Dictionary<string, string[]> Main = new()
    {
        ["entries"] = ["type", "sgv", "mbg"],
        ["treatments"] = ["eventType", "insulin", "carbs", "glucose", "duration", "absolute", "rate", "percent", Notes],
        ["devicestatus"] = ["device"],
        ["profile"] = ["defaultProfile"],
    };

    /// <summary>Whether two records of the same <see cref="Event"/> can be one: of two that clients have named differently each is its own.</summary>
    public bool CanBe(bool isNamed) => !(IsNamed && isNamed);

    /// <summary>Two records with an identifier in common, or with the same event, are the same, if only one of them is still served.</summary>
    /// <param name="record">One JSON object.</param>
    public static RecordKeys Of(ReadOnlySpan<byte> record, Collection collection)
    {
        var (keys, isNamed) = (new List<string>(), false);
        var head = RecordHead.Read(record, collection);
        var clientId = "";
        var main = new string[Main[collection.Name].Length];
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var identifier = JsonText.IndexOf(ref reader, Names);
            var field = identifier >= 0 ? -1 : JsonText.IndexOf(ref reader, Main[collection.Name]);
            reader.Read();
            if (identifier >= 0 && Text(ref reader) is { Length: > 0 } id)
            {
                isNamed |= identifier > 0;
                if (identifier == Names.Length - 1)
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
        if (collection == Collection.Treatments && main[1..^1].Any(amount => amount is { Length: > 0 }))
            main[^1] = "";
        return new(keys, head.Time is { } time ? $"{Math.Round((time - DateTimeOffset.UnixEpoch).TotalMilliseconds).ToString(CultureInfo.InvariantCulture)} {string.Join('|', main)}" : null, isNamed);
    }

    /// <summary>Numbers and texts; null, false and missing are nothing, as Nightscout adds <c>null</c> where an amount is missing.</summary>
    static string Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => JsonText.Read(ref reader),
        JsonTokenType.Number when reader.TryGetDouble(out var number) => number.ToString("R", CultureInfo.InvariantCulture),
        _ => "",
    };
}
