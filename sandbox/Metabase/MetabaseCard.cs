using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>A question of the stand-in.</summary>
sealed class MetabaseCard(long id, string entityId, string name)
{
    public long Id => id;

    public string EntityId => entityId;

    public string Name { get; set; } = name;

    public string? Description { get; set; }

    public string Display { get; set; } = "table";

    public long? CollectionId { get; set; }

    public MetabaseQuery Query { get; set; } = null!;

    public JsonObject Settings { get; set; } = [];

    public bool IsArchived { get; set; }

    public bool IsPublished { get; set; }

    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();
}

/// <summary>A native query, however it was sent.</summary>
/// <param name="Tags">By name, as they were sent.</param>
sealed partial record MetabaseQuery(long Database, string Sql, IReadOnlyDictionary<string, JsonObject> Tags)
{
    /// <summary>The old form, which every release takes, or MBQL 5, in which 0.57 and later answer; tags as a map or as a list.</summary>
    /// <exception cref="MetabaseProblem">Neither.</exception>
    public static MetabaseQuery Read(JsonObject query)
    {
        var native = query["native"] as JsonObject ?? (query["stages"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault();
        var sql = (native?["query"] ?? native?["native"]) is JsonValue text && text.TryGetValue<string>(out var words) ? words : null;
        if (query["database"] is not JsonValue number || !number.TryGetValue<long>(out var database) || string.IsNullOrWhiteSpace(sql) || query["native"] is not null && (string?)query["type"] != "native")
            throw MetabaseProblem.Of("dataset_query", "Invalid query");
        var tags = native!["template-tags"] switch
        {
            JsonObject map => map.Select(pair => (pair.Key, Tag: (pair.Value as JsonObject)!)).ToList(),
            JsonArray list => [.. list.OfType<JsonObject>().Select(tag => ((string?)tag["name"] ?? "", tag))],
            _ => [],
        };
        foreach (var (key, tag) in tags)
        {
            if (tag is null || (string?)tag["name"] != key || !Guid.TryParse((string?)tag["id"], out _) || string.IsNullOrWhiteSpace((string?)tag["display-name"]) || (string?)tag["type"] is not ("text" or "number" or "date" or "boolean" or "dimension"))
                throw MetabaseProblem.Of("dataset_query", $"Invalid template tag: {key}");
            if ((string?)tag["type"] == "dimension" && (Field(tag) is null || string.IsNullOrEmpty((string?)tag["widget-type"])))
                throw MetabaseProblem.Of("dataset_query", $"Invalid template tag: {key}");
        }
        var used = Names(sql).ToHashSet();
        if (!used.SetEquals(tags.Select(tag => tag.Key)))
            throw MetabaseProblem.Stricter("The tags in the query and those that are declared are not the same.");
        return new(database, sql, tags.ToDictionary(tag => tag.Key, tag => (JsonObject)tag.Tag.DeepClone()));
    }

    /// <summary>As 0.57 and later answer, whatever was sent.</summary>
    public JsonObject Answer(MetabaseBehaviour behaviour, bool hidden = false)
    {
        var tags = Tags.Values.Select(tag =>
        {
            var normal = (JsonObject)tag.DeepClone();
            if (Field(tag) is { } field)
                normal["dimension"] = new JsonArray("field", new JsonObject { ["lib/uuid"] = Guid.NewGuid().ToString() }, field);
            return normal;
        }).ToList();
        return new()
        {
            ["lib/type"] = "mbql/query",
            ["database"] = Database,
            ["stages"] = new JsonArray(new JsonObject
            {
                ["lib/type"] = "mbql.stage/native",
                ["native"] = hidden ? "-" : Sql,
                ["template-tags"] = behaviour.TagsAreAList ? new JsonArray([.. tags]) : new JsonObject(tags.Select(tag => KeyValuePair.Create((string)tag["name"]!, (JsonNode?)tag))),
            }),
        };
    }

    /// <summary>The number of a field filter's column; null: the tag is none.</summary>
    public static long? Field(JsonObject tag) =>
        tag["dimension"] is JsonArray { Count: 3 } reference && (string?)reference[0] == "field" ? reference.Skip(1).OfType<JsonValue>().Select(value => value.TryGetValue<long>(out var id) ? id : (long?)null).FirstOrDefault(id => id is not null) : null;

    public static IEnumerable<string> Names(string sql) => Tag().Matches(sql).Select(tag => tag.Groups[1].Value);

    [GeneratedRegex(@"\{\{\s*([A-Za-z0-9_-]+)\s*\}\}")]
    internal static partial Regex Tag();
}
