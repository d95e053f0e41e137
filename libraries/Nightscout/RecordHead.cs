using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Nightscout;

/// <summary>What has to be known of a record to file it and to count it.</summary>
/// <param name="Id"><c>_id</c>; a hash of the record when it has none, so that the same record is still the same.</param>
/// <param name="Time">When the event happened, UTC; null when no field says so readably.</param>
/// <param name="Order">Where the server sorts it; null when that cannot be told.</param>
/// <param name="IsOdd">No bounded range of the site finds it: its time is missing, of another type than the others', or a text that does not begin with a date. Just what <see cref="Ranges.ReadOddAsync"/> asks for.</param>
/// <param name="IsDeleted">The source marks it as deleted: <c>isValid</c> is false.</param>
/// <param name="Glucose">Of a sensor reading: mg/dL, 30 to 600; else 0 (error codes, calibrations, values in another unit).</param>
/// <param name="UtcOffset">Minutes east of UTC that the record claims; null when it claims none.</param>
public readonly record struct RecordHead(string Id, DateTimeOffset? Time, DateTimeOffset? Order, bool IsOdd, bool IsDeleted, short Glucose, short? UtcOffset)
{
    static readonly string[] Others = ["_id", "isValid", "sgv", "type", "utcOffset"];

    /// <summary>Whether the server sorts it elsewhere than at its time: by the wall clock of a text with an offset.</summary>
    public bool HasOffset => Order is { } order && Time is { } time && (order - time).Duration() >= TimeSpan.FromSeconds(1);

    /// <param name="record">One JSON object.</param>
    public static RecordHead Read(ReadOnlySpan<byte> record, Collection collection)
    {
        var id = "";
        var (isDeleted, isSensor) = (false, true);
        double glucose = 0;
        short? offset = null;
        DateTimeOffset? order = null;
        var isOdd = collection.TimeField is not null;
        var times = new DateTimeOffset?[collection.TimeFields.Length];
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = JsonText.IndexOf(ref reader, collection.TimeFields);
            var other = field >= 0 ? -1 : JsonText.IndexOf(ref reader, Others);
            reader.Read();
            if (field >= 0)
            {
                times[field] = ReadTime(ref reader, out var text);
                if (collection.TimeFields[field] == collection.TimeField)
                {
                    order = text is null ? times[field] : RecordTime.WallClock(text);
                    times[field] ??= order; // the 31st of February stands where the server sorts it
                    isOdd = order is null || reader.TokenType != (collection.TimeIsNumber ? JsonTokenType.Number : JsonTokenType.String);
                }
            }
            else
                switch (other)
                {
                    case 0:
                        id = reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : Raw(record, ref reader);
                        break;
                    case 1:
                        isDeleted = reader.TokenType == JsonTokenType.False;
                        break;
                    case 2:
                        glucose = ReadNumber(ref reader);
                        break;
                    case 3:
                        isSensor = reader.TokenType != JsonTokenType.String || reader.ValueTextEquals("sgv"u8);
                        break;
                    case 4:
                        offset = ReadNumber(ref reader) is >= -840 and <= 840 and var minutes ? (short)minutes : null;
                        break;
                }
            reader.Skip();
        }
        if (id.Length == 0)
            id = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(record)[..16])}";
        return new(id, times.FirstOrDefault(time => time is not null), order, isOdd, isDeleted, isSensor && glucose is >= 30 and <= 600 ? (short)Math.Round(glucose) : (short)0, offset);
    }

    static double ReadNumber(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var number) => number,
        JsonTokenType.String when double.TryParse(JsonText.Read(ref reader), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => double.NaN,
    };

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

/// <summary>What a record may be, as JSON.</summary>
public static class JsonLimits
{
    /// <summary>Nested deeper than any uploader's record, less deep than the stack.</summary>
    public static readonly JsonReaderOptions Reader = new() { MaxDepth = 128 };
}
