using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>Collections, and the questions in them.</summary>
static partial class MetabaseQuestions
{
    /// <summary>Ways to draw a question that Metabase has registered; any other is stored, and drawn as nothing.</summary>
    static readonly string[] Displays = ["table", "bar", "line", "area", "combo", "row", "pie", "scalar", "smartscalar", "gauge", "progress", "funnel", "scatter", "waterfall", "map", "pivot", "object", "sankey", "boxplot"];

    /// <summary>Settings that name columns of the result.</summary>
    static readonly string[] ListsOfColumns = ["graph.dimensions", "graph.metrics"], SingleColumns = ["scalar.field", "pie.dimension", "pie.metric", "table.pivot_column", "table.cell_column"];

    static readonly string[] OfCard = ["name", "type", "display", "collection_id", "collection_position", "dataset_query", "visualization_settings", "description", "parameters", "parameter_mappings", "cache_ttl", "result_metadata", "dashboard_id", "dashboard_tab_id"];

    public static void Map(MetabaseServer server, WebApplication app)
    {
        app.MapGet("/api/collection", context => Answers.Json(new JsonArray([new JsonObject { ["id"] = "root", ["name"] = "Our analytics" },
            .. server.State.Collections.Values.Where(collection => collection.IsArchived == (context.Request.Query["archived"] == "true")).Select(Answer)])).ExecuteAsync(context));
        app.MapPost("/api/collection", async context =>
        {
            var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "description", "parent_id", "namespace", "authority_level");
            var collection = new MetabaseCollection(server.State.NextId(), body.Text("name"), body.OptionalText("description", mayBeEmpty: false));
            server.State.Collections[collection.Id] = collection;
            await Answers.Json(Answer(collection)).ExecuteAsync(context);
        });
        app.MapPut("/api/collection/{id:long}", async context =>
        {
            var collection = FindCollection(server, Number(context, "id"));
            var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "description", "archived", "parent_id", "authority_level");
            (collection.Name, collection.Description, collection.IsArchived) = (body.OptionalText("name", mayBeEmpty: false) ?? collection.Name, body.Has("description") ? body.OptionalText("description") : collection.Description, body.OptionalFlag("archived") ?? collection.IsArchived);
            await Answers.Json(Answer(collection)).ExecuteAsync(context);
        });
        app.MapGet("/api/collection/{id:long}/items", context => Answers.Json(Items(server, FindCollection(server, Number(context, "id")).Id)).ExecuteAsync(context));
        app.MapPost("/api/card", async context => await Answers.Json(await AddAsync(server, context)).ExecuteAsync(context));
        app.MapGet("/api/card/{id}", context => Answers.Json(Answer(server, Find(server, context))).ExecuteAsync(context));
        app.MapPut("/api/card/{id}", async context => await Answers.Json(await ChangeAsync(server, context)).ExecuteAsync(context));
        app.MapPost("/api/card/{id}/query", async context =>
            await Answers.Json((await new MetabaseQueryRun(server.State).RunAsync(Find(server, context).Query, new Dictionary<string, JsonNode?>(), context.RequestAborted)).Answer, 202).ExecuteAsync(context));
    }

    static async Task<JsonObject> AddAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, [.. OfCard, "entity_id"]); // enable_embedding is not among them
        var (name, display, settings) = (body.Text("name"), body.Text("display"), body.Object("visualization_settings"));
        var query = MetabaseQuery.Read(body.Object("dataset_query"));
        var description = body.OptionalText("description", mayBeEmpty: false);
        var entity = body.OptionalText("entity_id") ?? Guid.NewGuid().ToString("N")[..21];
        if (!Entity().IsMatch(entity))
            throw MetabaseProblem.Of("entity_id", "value must be a string of 21 characters.");
        if (server.State.Cards.Values.Any(card => card.EntityId == entity))
            throw new MetabaseProblem(500, "", new JsonObject { ["message"] = "ERROR: duplicate key value violates unique constraint \"report_card_entity_id_key\"" });
        var collection = body.OptionalId("collection_id");
        if (collection is { } id)
            FindCollection(server, id);
        await CheckAsync(server, query, display, settings);
        var added = new MetabaseCard(server.State.NextId(), entity, name) { Description = description, Display = display, CollectionId = collection, Query = query, Settings = settings };
        server.State.Cards[added.Id] = added;
        return Answer(server, added);
    }

    static async Task<JsonObject> ChangeAsync(MetabaseServer server, HttpContext context)
    {
        var card = Find(server, context);
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, [.. OfCard, "archived", "enable_embedding", "embedding_params", "embedding_type"]);
        var query = body.Has("dataset_query") ? MetabaseQuery.Read(body.Object("dataset_query")) : card.Query;
        var (display, settings) = (body.OptionalText("display", mayBeEmpty: false) ?? card.Display, body.Has("visualization_settings") ? body.Object("visualization_settings") : card.Settings);
        if (body.OptionalId("collection_id") is { } collection)
            card.CollectionId = FindCollection(server, collection).Id;
        if ((body.Has("enable_embedding") || body.Has("embedding_params")) && !server.IsEmbeddingOn)
            throw new MetabaseProblem(400, "Embedding is not enabled.");
        var parameters = body.EmbeddingParameters();
        await CheckAsync(server, query, display, settings);
        (card.Query, card.Display, card.Settings, card.Name) = (query, display, settings, body.OptionalText("name", mayBeEmpty: false) ?? card.Name);
        (card.Description, card.IsArchived) = (body.Has("description") ? body.OptionalText("description") : card.Description, body.OptionalFlag("archived") ?? card.IsArchived);
        (card.IsPublished, card.Parameters) = (body.OptionalFlag("enable_embedding") ?? card.IsPublished, parameters ?? card.Parameters);
        return Answer(server, card);
    }

    /// <summary>What the real one does not look at: the field, the way to draw it, and the columns that the settings name.</summary>
    static async Task CheckAsync(MetabaseServer server, MetabaseQuery query, string display, JsonObject settings)
    {
        if (!server.State.Databases.ContainsKey(query.Database))
            throw MetabaseProblem.NotFound;
        foreach (var tag in query.Tags.Values)
            if (MetabaseQuery.Field(tag) is { } field && server.State.Field(field) is null)
                throw MetabaseProblem.Stricter($"There is no field {field}.");
        if (!Displays.Contains(display))
            throw MetabaseProblem.Stricter($"There is no display \"{display}\".");
        var values = query.Tags.Values.Where(tag => MetabaseQuery.Field(tag) is null).ToDictionary(tag => (string)tag["name"]!, tag => (JsonNode?)(((string?)tag["type"]) switch { "number" => "1", "date" => "2026-01-01", _ => "all" }));
        if (await new MetabaseQueryRun(server.State).RunAsync(query, values, default) is not { Error: null } result)
            return; // a query that fails is stored all the same
        var columns = result.Columns.Select(column => column.Name).ToHashSet();
        var named = ListsOfColumns.SelectMany(key => (settings[key] as JsonArray)?.Select(name => (string?)name) ?? [])
            .Concat((settings["table.columns"] as JsonArray)?.Select(column => (string?)column?["name"]) ?? [])
            .Concat(SingleColumns.Select(key => (string?)settings[key]).OfType<string>())
            .Concat((settings["column_settings"] as JsonObject)?.Select(column => JsonNode.Parse(column.Key) is JsonArray { Count: 2 } reference && (string?)reference[0] == "name" ? (string?)reference[1] : column.Key) ?? [])
            .Concat((settings["table.column_formatting"] as JsonArray)?.SelectMany(rule => (rule?["columns"] as JsonArray)?.Select(name => (string?)name) ?? []) ?? []);
        if (named.FirstOrDefault(name => name is null || !columns.Contains(name)) is { } unknown)
            throw MetabaseProblem.Stricter($"The query has no column \"{unknown}\".");
    }

    static JsonObject Items(MetabaseServer server, long collection)
    {
        var items = server.State.Cards.Values.Where(card => card.CollectionId == collection && !card.IsArchived).Select(card => new JsonObject { ["id"] = card.Id, ["model"] = "card", ["name"] = card.Name, ["entity_id"] = card.EntityId })
            .Concat(server.State.Dashboards.Where(dashboard => dashboard.Value.CollectionId == collection && !dashboard.Value.IsArchived).Select(dashboard => new JsonObject { ["id"] = dashboard.Key, ["model"] = "dashboard", ["name"] = dashboard.Value.Name })).ToArray();
        return new() { ["total"] = items.Length, ["data"] = new JsonArray([.. items]), ["models"] = new JsonArray("card", "dashboard"), ["limit"] = null, ["offset"] = null };
    }

    static JsonObject Answer(MetabaseCollection collection) => new()
    {
        ["id"] = collection.Id,
        ["name"] = collection.Name,
        ["description"] = collection.Description,
        ["location"] = "/",
        ["archived"] = collection.IsArchived,
    };

    /// <summary>Made anew of what is known, not what was sent.</summary>
    static JsonObject Answer(MetabaseServer server, MetabaseCard card) => new()
    {
        ["id"] = card.Id,
        ["entity_id"] = card.EntityId,
        ["name"] = card.Name,
        ["description"] = card.Description,
        ["type"] = "question",
        ["display"] = card.Display,
        ["collection_id"] = card.CollectionId,
        ["dataset_query"] = card.Query.Answer(server.Behaviour),
        ["visualization_settings"] = card.Settings.DeepClone(),
        ["archived"] = card.IsArchived,
        ["enable_embedding"] = card.IsPublished,
        ["embedding_params"] = new JsonObject(card.Parameters.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    public static MetabaseCollection FindCollection(MetabaseServer server, long id) => server.State.Collections.GetValueOrDefault(id) ?? throw MetabaseProblem.NotFound;

    static MetabaseCard Find(MetabaseServer server, HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return server.State.Cards.Values.FirstOrDefault(card => long.TryParse(id, out var number) ? card.Id == number : card.EntityId == id) ?? throw MetabaseProblem.NotFound;
    }

    public static long Number(HttpContext context, string name) => long.Parse((string)context.Request.RouteValues[name]!);

    [GeneratedRegex("^[A-Za-z0-9_-]{21}$")]
    private static partial Regex Entity();
}
