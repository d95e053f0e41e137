using System.Text.Json;

namespace NightscoutIngester;

/// <summary>The time zone in a profile document (contract Nightscout §8: IANA, <c>ETC/GMT+8</c>, or empty).</summary>
static class ProfileZone
{
    /// <returns>Null when it names none that is known.</returns>
    public static string? Of(ReadOnlySpan<byte> profile)
    {
        try
        {
            var reader = new Utf8JsonReader(profile);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var schedule = root.TryGetProperty("store", out var store) && store.ValueKind == JsonValueKind.Object && root.TryGetProperty("defaultProfile", out var name)
                && name.ValueKind == JsonValueKind.String && store.TryGetProperty(name.GetString()!, out var named) ? named : root;
            return schedule.ValueKind == JsonValueKind.Object && schedule.TryGetProperty("timezone", out var zone) && zone.ValueKind == JsonValueKind.String && LocalDays.Find(zone.GetString()) is not null
                ? zone.GetString() : null;
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException)
        {
            return null; // a cut emoji in a name, say
        }
    }
}
