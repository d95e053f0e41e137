using System.Text.Json.Nodes;
using Npgsql;

namespace Sandbox;

/// <summary>Databases that questions are asked of: really connected to, and their tables read.</summary>
static class MetabaseDatabases
{
    /// <summary>What stands in the place of a password, and keeps the old one when it is sent back.</summary>
    const string Mask = "**MetabasePass**";

    const string Columns = """
        select table_schema, table_name, column_name, data_type from information_schema.columns
         where table_schema not in ('pg_catalog', 'information_schema') and ($1 = '' or table_schema = any(string_to_array($1, ',')))
         order by 1, 2, ordinal_position
        """;

    public static void Map(MetabaseServer server, WebApplication app)
    {
        app.MapGet("/api/database", context => Answers.Json(new JsonObject { ["data"] = new JsonArray([.. server.State.Databases.Values.Select(database => Answer(database))]), ["total"] = server.State.Databases.Count }).ExecuteAsync(context));
        app.MapGet("/api/database/{id:long}", context => Answers.Json(Answer(Find(server, context), poll: true)).ExecuteAsync(context));
        app.MapGet("/api/database/{id:long}/metadata", context => Answers.Json(Metadata(Find(server, context))).ExecuteAsync(context));
        app.MapPost("/api/database", async context => await Answers.Json(await AddAsync(server, context)).ExecuteAsync(context));
        app.MapPut("/api/database/{id:long}", async context => await Answers.Json(await ChangeAsync(server, context)).ExecuteAsync(context));
        app.MapPost("/api/database/{id:long}/sync_schema", async context =>
        {
            var database = Find(server, context);
            await ReadAsync(server, database);
            await Answers.Json(new JsonObject { ["status"] = "ok" }).ExecuteAsync(context);
        });
    }

    static async Task<JsonObject> AddAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "engine", "details", "is_full_sync", "is_on_demand", "schedules", "auto_run_queries", "cache_ttl", "connection_source");
        var database = new MetabaseDatabase(server.State.NextId(), body.Text("name"), body.Text("engine"), body.Object("details"));
        await ReadAsync(server, database);
        server.State.Databases[database.Id] = database;
        return Answer(database);
    }

    static async Task<JsonObject> ChangeAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "name", "engine", "details", "is_full_sync", "is_on_demand", "schedules", "description", "caveats", "points_of_interest", "auto_run_queries", "cache_ttl", "refingerprint", "settings");
        var database = Find(server, context);
        if (body.Has("details"))
        {
            var details = body.Object("details");
            if ((string?)details["password"] == Mask)
                details["password"] = database.Details["password"]?.DeepClone();
            var before = database.Details;
            if (!JsonNode.DeepEquals(before, details))
                try
                {
                    database.Details = details;
                    await ReadAsync(server, database);
                }
                catch (MetabaseProblem)
                {
                    database.Details = before;
                    throw;
                }
        }
        database.Name = body.OptionalText("name", mayBeEmpty: false) ?? database.Name;
        return Answer(database);
    }

    static async Task ReadAsync(MetabaseServer server, MetabaseDatabase database)
    {
        if (database.Engine != "postgres")
            throw MetabaseProblem.Of("engine", "value must be a valid database engine.");
        try
        {
            await using var connection = await MetabaseQueryRun.ConnectAsync(database.Details, default);
            var wanted = (string?)database.Details["schema-filters-type"] == "inclusion" ? (string?)database.Details["schema-filters-patterns"] ?? "" : "";
            await using var command = new NpgsqlCommand(Columns, connection) { Parameters = { new() { Value = wanted } } };
            await using var reader = await command.ExecuteReaderAsync();
            var (fields, tables) = (new List<MetabaseField>(), database.Fields.DistinctBy(field => field.TableId).ToDictionary(field => (field.Schema, field.Table), field => field.TableId));
            while (await reader.ReadAsync())
            {
                var (schema, table, name) = (reader.GetString(0), reader.GetString(1), reader.GetString(2));
                if (!tables.TryGetValue((schema, table), out var tableId))
                    tables[(schema, table)] = tableId = server.State.NextId();
                fields.Add(database.Fields.FirstOrDefault(field => (field.Schema, field.Table, field.Name) == (schema, table, name)) ?? new(server.State.NextId(), tableId, schema, table, name, $"type/{reader.GetString(3)}"));
            }
            (database.Fields, database.PollsLeft) = (fields, server.Behaviour.PollsUntilSynced);
        }
        catch (NpgsqlException problem)
        {
            throw new MetabaseProblem(400, "", problem is PostgresException { SqlState: "28P01" or "28000" }
                ? new JsonObject { ["message"] = "Looks like the username or password is incorrect.", ["errors"] = new JsonObject { ["user"] = "check your username", ["password"] = "check your password" } }
                : new JsonObject { ["message"] = "Hmm, we couldn't connect to the database. Make sure your Host and Port settings are correct", ["errors"] = new JsonObject { ["host"] = "check your host settings", ["port"] = "check your port settings" } });
        }
    }

    static MetabaseDatabase Find(MetabaseServer server, HttpContext context) =>
        server.State.Databases.GetValueOrDefault(long.Parse((string)context.Request.RouteValues["id"]!)) ?? throw MetabaseProblem.NotFound;

    static JsonObject Answer(MetabaseDatabase database, bool poll = false)
    {
        var details = (JsonObject)database.Details.DeepClone();
        if (details.ContainsKey("password"))
            details["password"] = Mask;
        var synced = database.PollsLeft == 0;
        if (poll && !synced)
            database.PollsLeft--;
        return new() { ["id"] = database.Id, ["name"] = database.Name, ["engine"] = database.Engine, ["details"] = details, ["initial_sync_status"] = synced ? "complete" : "incomplete" };
    }

    /// <summary>Empty until the tables are read.</summary>
    static JsonObject Metadata(MetabaseDatabase database) => new()
    {
        ["id"] = database.Id,
        ["tables"] = database.PollsLeft > 0 ? [] : new JsonArray([.. database.Fields.GroupBy(field => (field.TableId, field.Schema, field.Table)).Select(table => new JsonObject
        {
            ["id"] = table.Key.TableId,
            ["schema"] = table.Key.Schema,
            ["name"] = table.Key.Table,
            ["fields"] = new JsonArray([.. table.Select(field => new JsonObject { ["id"] = field.Id, ["name"] = field.Name, ["base_type"] = field.BaseType })]),
        })]),
    };
}
