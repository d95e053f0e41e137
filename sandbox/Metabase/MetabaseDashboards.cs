using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Dashboards: a change names the whole set of tiles and parameters.</summary>
static class MetabaseDashboards
{
    const int Wide = 24;

    static readonly string[] ParameterTypes = ["id", "category", "number/=", "number/!=", "number/between", "number/>=", "number/<=", "string/=", "string/!=", "string/contains", "string/does-not-contain", "string/starts-with", "string/ends-with",
        "boolean/=", "temporal-unit", "date/single", "date/range", "date/relative", "date/month-year", "date/quarter-year", "date/all-options"];

    public static void Map(MetabaseServer server, WebApplication app)
    {
        app.MapPost("/api/dashboard", async context =>
        {
            var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "description", "collection_id", "parameters", "cache_ttl", "collection_position"); // nothing of embedding, and no tiles
            var dashboard = new MetabaseDashboard(body.Text("name"), IsPublished: false, new Dictionary<string, string>())
            {
                Description = body.OptionalText("description"),
                CollectionId = body.OptionalId("collection_id") is { } collection ? MetabaseQuestions.FindCollection(server, collection).Id : null,
                Declared = Parameters(body["parameters"]),
            };
            var id = server.State.NextId();
            server.State.Dashboards[id] = dashboard;
            await Answers.Json(Answer(id, dashboard)).ExecuteAsync(context);
        });
        app.MapGet("/api/dashboard/{id:long}", context => Answers.Json(Answer(MetabaseQuestions.Number(context, "id"), Find(server, context))).ExecuteAsync(context));
        app.MapPut("/api/dashboard/{id:long}", async context => await Answers.Json(await ChangeAsync(server, context)).ExecuteAsync(context));
    }

    static async Task<JsonObject> ChangeAsync(MetabaseServer server, HttpContext context)
    {
        var (id, dashboard) = (MetabaseQuestions.Number(context, "id"), Find(server, context));
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "description", "collection_id", "parameters", "dashcards", "tabs", "width", "archived", "enable_embedding", "embedding_params", "embedding_type", "auto_apply_filters", "cache_ttl");
        if (dashboard.IsArchived && body.OptionalFlag("archived") != false)
            throw new MetabaseProblem(404, "The object has been archived.");
        if ((body.Has("enable_embedding") || body.Has("embedding_params")) && !server.IsEmbeddingOn)
            throw new MetabaseProblem(400, "Embedding is not enabled.");
        if (body.OptionalText("width") is { } width)
            dashboard.Width = width is "fixed" or "full" ? width : throw MetabaseProblem.Of("width", "enum of fixed, full");
        var embedding = body.EmbeddingParameters();
        if (body.OptionalId("collection_id") is { } collection)
            dashboard.CollectionId = MetabaseQuestions.FindCollection(server, collection).Id;
        var parameters = body.Has("parameters") ? Parameters(body["parameters"]) : dashboard.Declared;
        if (body.Has("dashcards"))
            dashboard.Dashcards = Dashcards(server, dashboard, body["dashcards"] as JsonArray ?? throw MetabaseProblem.Of("dashcards", "value must be a sequence"), parameters);
        dashboard.Declared = parameters;
        (dashboard.Name, dashboard.Description, dashboard.IsArchived) = (body.OptionalText("name", mayBeEmpty: false) ?? dashboard.Name, body.Has("description") ? body.OptionalText("description") : dashboard.Description, body.OptionalFlag("archived") ?? dashboard.IsArchived);
        (dashboard.IsPublished, dashboard.Parameters) = (body.OptionalFlag("enable_embedding") ?? dashboard.IsPublished, embedding ?? dashboard.Parameters);
        return Answer(id, dashboard);
    }

    static JsonArray Parameters(JsonNode? parameters)
    {
        foreach (var parameter in parameters as JsonArray ?? [])
            if (string.IsNullOrWhiteSpace((string?)parameter?["id"]) || !ParameterTypes.Contains((string?)parameter?["type"]))
                throw MetabaseProblem.Of("parameters", "parameter must be a map with :id and :type keys");
        return (parameters as JsonArray)?.DeepClone() as JsonArray ?? [];
    }

    static List<JsonObject> Dashcards(MetabaseServer server, MetabaseDashboard dashboard, JsonArray sent, JsonArray parameters)
    {
        var (known, result) = (dashboard.Dashcards.Select(dashcard => (long)dashcard["id"]!).ToHashSet(), new List<JsonObject>());
        foreach (var one in sent)
        {
            if (one is not JsonObject dashcard || !IsWhole(dashcard, "id", out var id) || !IsWhole(dashcard, "row", out var row) || !IsWhole(dashcard, "col", out var col) || !IsWhole(dashcard, "size_x", out var wide) || !IsWhole(dashcard, "size_y", out var high)
                || row < 0 || col < 0 || wide <= 0 || high <= 0)
                throw MetabaseProblem.Of("dashcards", "each dashboard card must have :id, :row, :col, :size_x and :size_y");
            if (id > 0 && !known.Contains(id))
                throw MetabaseProblem.NotFound;
            MetabaseCard? card = null;
            if (dashcard["card_id"] is { } number && !server.State.Cards.TryGetValue((long)number, out card))
                throw MetabaseProblem.NotFound;
            if (card is null && dashcard["visualization_settings"]?["virtual_card"] is null)
                throw MetabaseProblem.Stricter("A tile without a question says what it is.");
            foreach (var mapping in dashcard["parameter_mappings"] as JsonArray ?? [])
                Check(mapping, card, parameters);
            if (col + wide > Wide)
                throw MetabaseProblem.Stricter("A tile goes beyond the 24 columns.");
            if (result.Any(other => (long)other["row"]! < row + high && row < (long)other["row"]! + (long)other["size_y"]! && (long)other["col"]! < col + wide && col < (long)other["col"]! + (long)other["size_x"]!))
                throw MetabaseProblem.Stricter("Two tiles overlap.");
            var kept = (JsonObject)dashcard.DeepClone();
            if (result.Any(other => (long)other["sent"]! == id))
                throw MetabaseProblem.Of("dashcards", "value must be seq of maps in which ids are unique");
            (kept["sent"], kept["id"]) = (id, id > 0 ? id : server.State.NextId());
            result.Add(kept);
        }
        foreach (var kept in result)
            kept.Remove("sent");
        return result;
    }

    static void Check(JsonNode? mapping, MetabaseCard? card, JsonArray parameters)
    {
        var tag = mapping?["target"] is JsonArray { Count: >= 2 } target && (string?)target[0] is "dimension" or "variable" && mapping["target"]![1] is JsonArray { Count: 2 } reference && (string?)reference[0] == "template-tag" ? (string?)reference[1] : null;
        if (mapping?["parameter_id"] is null || tag is null)
            throw MetabaseProblem.Of("dashcards", "parameter_mapping must be a map with :parameter_id and :target keys");
        if (!parameters.Any(parameter => (string?)parameter!["id"] == (string?)mapping["parameter_id"]))
            throw MetabaseProblem.Stricter($"There is no parameter \"{(string?)mapping["parameter_id"]}\".");
        if (card is null || !card.Query.Tags.TryGetValue(tag, out var declared) || (string?)mapping["target"]![0] != (MetabaseQuery.Field(declared) is null ? "variable" : "dimension"))
            throw MetabaseProblem.Stricter($"The question has no such tag \"{tag}\".");
    }

    static bool IsWhole(JsonObject dashcard, string key, out long number)
    {
        number = 0;
        return dashcard[key] is JsonValue value && value.TryGetValue(out number);
    }

    static MetabaseDashboard Find(MetabaseServer server, HttpContext context) => server.State.Dashboards.GetValueOrDefault(MetabaseQuestions.Number(context, "id")) ?? throw MetabaseProblem.NotFound;

    /// <summary>Tiles in an order of its own.</summary>
    static JsonObject Answer(long id, MetabaseDashboard dashboard) => new()
    {
        ["id"] = id,
        ["name"] = dashboard.Name,
        ["description"] = dashboard.Description,
        ["collection_id"] = dashboard.CollectionId,
        ["archived"] = dashboard.IsArchived,
        ["width"] = dashboard.Width,
        ["parameters"] = dashboard.Declared.DeepClone(),
        ["dashcards"] = new JsonArray([.. dashboard.Dashcards.OrderBy(dashcard => (long)dashcard["id"]!).Select(dashcard =>
        {
            var answer = (JsonObject)dashcard.DeepClone();
            (answer["dashboard_id"], answer["dashboard_tab_id"], answer["series"]) = (id, null, new JsonArray());
            return answer;
        })]),
        ["tabs"] = new JsonArray(),
        ["enable_embedding"] = dashboard.IsPublished,
        ["embedding_params"] = new JsonObject(dashboard.Parameters.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };
}
