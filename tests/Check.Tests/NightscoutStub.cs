using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Check.Tests;

/// <summary>Answers API v1 as MongoDB would: ranges compare within one type, sorting puts numbers before texts, entries come newest first.</summary>
static class NightscoutStub
{
    public static void Map(WebApplication app, Func<string, IEnumerable<string>> records, string? token = null) =>
        app.MapGet("/{site}/api/v1/{collection}.json", (string site, string collection, HttpRequest request) =>
            token is not null && request.Query["token"] != token
                ? Results.StatusCode(StatusCodes.Status401Unauthorized)
                : Results.Text($"[{string.Join(',', Select(collection, [.. records($"{site}/{collection}")], request.Query))}]", "application/json", Encoding.UTF8));

    static IEnumerable<string> Select(string collection, string[] records, IQueryCollection query)
    {
        var count = int.Parse(query["count"]!, CultureInfo.InvariantCulture);
        if (collection == "profile")
            return records.Take(count);
        var field = collection == "entries" ? "date" : "created_at";
        var sorted = records.Select(json => (Json: json, Time: Time(json, field))).ToArray();
        if (query[$"find[{field}][$gte]"] is [{ } from])
            sorted = Array.FindAll(sorted, record => field == "date"
                ? record.Time.ValueKind is JsonValueKind.Number && record.Time.GetDouble() >= long.Parse(from, CultureInfo.InvariantCulture)
                : record.Time.ValueKind is JsonValueKind.String && string.CompareOrdinal(record.Time.GetString(), from) >= 0);
        else if (query["find[dateString][$ne]"] != "x")
            return []; // outside the window of some days that the server adds
        var ascending = sorted.OrderBy(record => record.Time.ValueKind is not JsonValueKind.Undefined)
            .ThenBy(record => record.Time.ValueKind is JsonValueKind.String)
            .ThenBy(record => record.Time.ValueKind is JsonValueKind.Number ? record.Time.GetDouble() : 0)
            .ThenBy(record => record.Time.ToString(), StringComparer.Ordinal);
        var selected = (query[$"sort[{field}]"] == "1" ? ascending : ascending.Reverse()).Take(count).Select(record => record.Json);
        return collection == "entries" ? selected.Reverse() : selected;
    }

    static JsonElement Time(string json, string field) => JsonDocument.Parse(json).RootElement.TryGetProperty(field, out var time) ? time : default;
}
