using System.Text.Json;
using System.Text.Json.Nodes;

namespace MetabaseProvisioner;

/// <summary>Whether Metabase has what the files say. It answers in forms of its own, so texts are never compared as a whole.</summary>
public static class Likeness
{
    /// <summary>Everything that is wanted is there; objects may hold more. An absent value is as good as null and false.</summary>
    public static bool Includes(JsonNode? have, JsonNode? want) => want switch
    {
        null => have is null,
        JsonObject map => have is JsonObject other && map.All(pair => Includes(other[pair.Key], pair.Value)) || have is null && map.Count == 0,
        JsonArray list => have is JsonArray { Count: var count } other && count == list.Count && list.Index().All(one => Includes(other[one.Index], one.Item)),
        JsonValue value => Same(have, value),
        _ => false,
    };

    /// <summary>As <see cref="Includes"/>, in both directions.</summary>
    public static bool Equal(JsonNode? have, JsonNode? want) => Includes(have, want) && Includes(want, have);

    /// <summary>A native query in either of Metabase's forms: the old one, or MBQL 5 with tags as a map or a list.</summary>
    public static bool SameQuery(JsonNode? have, JsonNode? want)
    {
        var (one, other) = (Read(have), Read(want));
        return one.Database == other.Database && one.Sql == other.Sql && one.Tags.Count == other.Tags.Count && other.Tags.All(tag => one.Tags.TryGetValue(tag.Key, out var found) && found == tag.Value);
    }

    sealed record Tag(string Type, string Words, long? Field, string Widget);

    static (long? Database, string Sql, Dictionary<string, Tag> Tags) Read(JsonNode? query)
    {
        var native = query?["native"] as JsonObject ?? (query?["stages"] as JsonArray)?.FirstOrDefault() as JsonObject;
        var tags = native?["template-tags"] switch
        {
            JsonObject map => map.Select(pair => pair.Value),
            JsonArray list => list,
            _ => [],
        };
        return ((long?)query?["database"], ((string?)(native?["query"] ?? native?["native"]) ?? "").Trim(), tags.OfType<JsonObject>().ToDictionary(tag => $"{tag["name"]}",
            tag => new Tag($"{tag["type"]}", $"{tag["display-name"]}", Field(tag["dimension"]), $"{tag["widget-type"]}")));
    }

    /// <summary><c>["field", 141, null]</c> or <c>["field", {}, 141]</c>.</summary>
    static long? Field(JsonNode? dimension) => (dimension as JsonArray)?.OfType<JsonValue>().Select(value => value.GetValueKind() == JsonValueKind.Number ? (long?)value : null).FirstOrDefault(id => id is not null);

    static bool Same(JsonNode? have, JsonValue want) => want.GetValueKind() switch
    {
        JsonValueKind.Number => have?.GetValueKind() == JsonValueKind.Number && double.Parse(have.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) == double.Parse(want.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.False => have is null || have.GetValueKind() == JsonValueKind.False,
        JsonValueKind.String => have?.GetValueKind() == JsonValueKind.String && (string?)have == (string?)want,
        var kind => have?.GetValueKind() == kind,
    };
}
