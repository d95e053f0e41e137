using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;

namespace MetabaseProvisioner;

/// <summary>The files in the forms of Metabase's API.</summary>
static class Wanted
{
    /// <param name="schema">The only one that Metabase reads.</param>
    public static JsonObject Details(NpgsqlConnectionStringBuilder connection, string schema)
    {
        var details = new JsonObject
        {
            ["host"] = connection.Host,
            ["port"] = connection.Port,
            ["dbname"] = connection.Database,
            ["user"] = connection.Username,
            ["password"] = connection.Password,
            ["schema-filters-type"] = "inclusion",
            ["schema-filters-patterns"] = schema,
        };
        if (connection.SslMode >= SslMode.Require) // below, Metabase tries with encryption first and remembers what worked
            (details["ssl"], details["ssl-mode"]) = (true, "require");
        return details;
    }

    /// <summary>A question, its query in the old form that every release takes.</summary>
    public static JsonObject Of(Question question, long database, long collection, IReadOnlyDictionary<string, long> fields) => new()
    {
        ["name"] = question.Name,
        ["description"] = question.Description,
        ["type"] = "question",
        ["display"] = question.Display,
        ["collection_id"] = collection,
        ["visualization_settings"] = question.Settings.DeepClone(),
        ["dataset_query"] = new JsonObject
        {
            ["database"] = database,
            ["type"] = "native",
            ["native"] = new JsonObject
            {
                ["query"] = question.Sql,
                ["template-tags"] = new JsonObject(Content.Tags(question.Sql).Order(StringComparer.Ordinal).Select(tag => KeyValuePair.Create(tag, (JsonNode?)Tag(question, tag, fields)))),
            },
        },
    };

    /// <summary>A text that must be given, or a filter of a column. There is no default: without a value the question does not run.</summary>
    static JsonObject Tag(Question question, string tag, IReadOnlyDictionary<string, long> fields)
    {
        var declared = new JsonObject
        {
            ["id"] = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{question.EntityId}/{tag}")).AsSpan(0, 16)).ToString(), // the same in every run
            ["name"] = tag,
            ["display-name"] = tag == Content.Project ? "Commons" : "Dates",
            ["type"] = "text",
        };
        if (question.Filters?.GetValueOrDefault(tag) is { } column)
            (declared["type"], declared["dimension"], declared["widget-type"]) = ("dimension", new JsonArray("field", fields[column], null), "date/all-options");
        return declared;
    }

    /// <summary>A dashboard with all its tiles: what is left out of a change is deleted. Tiles that are there keep their numbers.</summary>
    public static JsonObject Of(Dashboard dashboard, Content content, IReadOnlyDictionary<string, long> cards, JsonNode found)
    {
        var there = (found["dashcards"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var next = 0L;
        var tiles = new JsonArray();
        foreach (var tile in dashboard.Tiles)
        {
            long? card = tile.Question is null ? null : cards[tile.Question];
            var kept = there.Find(one => (long?)one["card_id"] == card && (int?)one["row"] == tile.Row && (int?)one["col"] == tile.Col) ?? there.Find(one => card is not null && (long?)one["card_id"] == card);
            if (kept is not null)
                there.Remove(kept);
            tiles.Add(new JsonObject
            {
                ["id"] = (long?)kept?["id"] ?? --next,
                ["card_id"] = card,
                ["row"] = tile.Row,
                ["col"] = tile.Col,
                ["size_x"] = tile.Width,
                ["size_y"] = tile.Height,
                ["series"] = new JsonArray(),
                ["visualization_settings"] = tile.Text is null ? [] : new JsonObject { ["virtual_card"] = new JsonObject { ["name"] = null, ["display"] = "text", ["visualization_settings"] = new JsonObject(), ["archived"] = false }, ["text"] = tile.Text, ["dashcard.background"] = false },
                ["parameter_mappings"] = new JsonArray([.. Mappings(content.Questions.FirstOrDefault(question => question.Key == tile.Question), card)]),
            });
        }
        var embedding = new JsonObject { [Content.Project] = "locked" };
        foreach (var tag in dashboard.Filters?.Keys ?? [])
            embedding[tag] = "enabled";
        return new()
        {
            ["name"] = dashboard.Name,
            ["description"] = dashboard.Description,
            ["width"] = "full",
            ["parameters"] = new JsonArray([Parameter(Content.Project, "Commons", "string/="), .. (dashboard.Filters ?? new Dictionary<string, Filter>()).Select(filter => Parameter(filter.Key, filter.Value.Name, filter.Value.Type))]),
            ["dashcards"] = tiles,
            ["tabs"] = new JsonArray(),
            ["enable_embedding"] = true,
            ["embedding_params"] = embedding,
        };
    }

    /// <summary>Who may give which parameter has to be exactly as wanted; tiles come in no certain order.</summary>
    public static bool IsAsWanted(JsonNode found, JsonObject wanted)
    {
        var rest = (JsonObject)wanted.DeepClone();
        foreach (var key in new[] { "dashcards", "embedding_params" })
            rest.Remove(key);
        return Likeness.Includes(found, rest) && Likeness.Equal(found["embedding_params"], wanted["embedding_params"]) && Likeness.Includes(InOrder(found["dashcards"]), InOrder(wanted["dashcards"]));
    }

    static JsonArray InOrder(JsonNode? tiles) => [.. (tiles as JsonArray ?? []).OfType<JsonObject>().OrderBy(tile => (int?)tile["row"]).ThenBy(tile => (int?)tile["col"]).Select(tile =>
    {
        var one = (JsonObject)tile.DeepClone();
        one["parameter_mappings"] = new JsonArray([.. (one["parameter_mappings"] as JsonArray ?? []).OrderBy(mapping => $"{mapping?["parameter_id"]}", StringComparer.Ordinal).Select(mapping => mapping!.DeepClone())]);
        return one;
    })];

    static JsonObject Parameter(string slug, string name, string type) => new()
    {
        ["id"] = slug,
        ["slug"] = slug,
        ["name"] = name,
        ["type"] = type,
        ["sectionId"] = type.Split('/')[0],
    };

    static IEnumerable<JsonObject> Mappings(Question? question, long? card) => question is null ? [] : Content.Tags(question.Sql).Select(tag => new JsonObject
    {
        ["parameter_id"] = tag,
        ["card_id"] = card,
        ["target"] = new JsonArray(tag == Content.Project ? "variable" : "dimension", new JsonArray("template-tag", tag)),
    });
}
