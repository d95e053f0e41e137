using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Nightscout;

/// <summary>What has to be known of a record to file it.</summary>
/// <param name="Id"><c>_id</c>; a hash of the record when it has none, so that the same record is still the same.</param>
/// <param name="Time">When the event happened, UTC; null when no field says so readably.</param>
/// <param name="Order">Where the server sorts it; null when that cannot be told.</param>
public readonly record struct RecordHead(string Id, DateTimeOffset? Time, DateTimeOffset? Order)
{
    /// <param name="record">One JSON object.</param>
    public static RecordHead Read(ReadOnlySpan<byte> record, Collection collection)
    {
        var id = "";
        DateTimeOffset? order = null;
        var times = new DateTimeOffset?[collection.TimeFields.Length];
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("_id"u8);
            var field = isId ? -1 : JsonText.IndexOf(ref reader, collection.TimeFields);
            reader.Read();
            if (isId)
                id = reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : Raw(record, ref reader);
            else if (field >= 0)
            {
                times[field] = ReadTime(ref reader, out var text);
                if (collection.TimeFields[field] == collection.TimeField)
                    order = text is null ? times[field] : RecordTime.WallClock(text);
            }
            reader.Skip();
        }
        if (id.Length == 0)
            id = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(record)[..16])}";
        return new(id, times.FirstOrDefault(time => time is not null), order);
    }

    static DateTimeOffset? ReadTime(ref Utf8JsonReader reader, out string? text)
    {
        text = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetDouble(out var milliseconds) && RecordTime.TryFromMilliseconds(milliseconds, out var time) ? time : null;
            case JsonTokenType.String:
                text = JsonText.Read(ref reader);
                return RecordTime.TryParse(text, out var parsed) ? parsed : null;
            default:
                return null;
        }
    }

    static string Raw(ReadOnlySpan<byte> record, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Encoding.UTF8.GetString(record[start..(int)reader.BytesConsumed]);
    }
}

static class JsonLimits
{
    /// <summary>Nested deeper than any uploader's record, less deep than the stack.</summary>
    public static readonly JsonReaderOptions Reader = new() { MaxDepth = 128 };
}
