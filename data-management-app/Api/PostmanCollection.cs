using System.Text.Json.Nodes;

namespace DataManagementApp.Api;

/// <summary>A collection for Postman (format 2.1), made of the OpenAPI document: a request for each operation, with its parameters and an example of its body.</summary>
public static class PostmanCollection
{
    /// <param name="document">OpenAPI 3.</param>
    /// <param name="baseUrl">Where the API is; a variable of the collection.</param>
    public static JsonObject Of(JsonNode document, Uri baseUrl) => new()
    {
        ["info"] = new JsonObject
        {
            ["name"] = document["info"]!["title"]!.ToString(),
            ["description"] = document["info"]!["description"]!.ToString(),
            ["schema"] = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        ["auth"] = new JsonObject { ["type"] = "bearer", ["bearer"] = new JsonArray(Variable("token", "{{token}}")) },
        ["variable"] = new JsonArray(Variable("baseUrl", baseUrl.GetLeftPart(UriPartial.Authority)), Variable("token", "")),
        ["item"] = new JsonArray([.. Operations(document).GroupBy(operation => operation.Tag).Select(tag => (JsonNode)new JsonObject
        {
            ["name"] = tag.Key,
            ["item"] = new JsonArray([.. tag.Select(operation => (JsonNode)Item(document, operation.Path, operation.Method, operation.Operation))]),
        })]),
    };

    static IEnumerable<(string Tag, string Path, string Method, JsonObject Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        where operation.Key is "get" or "post" or "delete"
        select (operation.Value!["tags"]![0]!.ToString(), path.Key, operation.Key, operation.Value!.AsObject());

    static JsonObject Item(JsonNode document, string path, string method, JsonObject operation)
    {
        var parameters = operation["parameters"]?.AsArray().Select(parameter => parameter!.AsObject()).ToList() ?? [];
        var named = path.Replace("{", ":", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
        var request = new JsonObject
        {
            ["method"] = method.ToUpperInvariant(),
            ["description"] = operation["description"]?.ToString() ?? "",
            ["url"] = new JsonObject
            {
                ["raw"] = $"{{{{baseUrl}}}}{named}",
                ["host"] = new JsonArray("{{baseUrl}}"),
                ["path"] = new JsonArray([.. named.Trim('/').Split('/').Select(part => (JsonNode)part)]),
                ["variable"] = Parameters(parameters, "path"),
                ["query"] = Parameters(parameters, "query"),
            },
        };
        if (operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema)
        {
            request["header"] = new JsonArray(new JsonObject { ["key"] = "Content-Type", ["value"] = "application/json" });
            request["body"] = new JsonObject { ["mode"] = "raw", ["raw"] = Example(document, schema)?.ToJsonString() ?? "" };
        }
        return new() { ["name"] = operation["summary"]!.ToString(), ["request"] = request };
    }

    static JsonArray Parameters(IEnumerable<JsonObject> parameters, string place) => new([.. parameters.Where(parameter => parameter["in"]!.ToString() == place).Select(parameter => (JsonNode)new JsonObject
    {
        ["key"] = parameter["name"]!.ToString(),
        ["value"] = "",
        ["description"] = parameter["description"]?.ToString() ?? "",
        ["disabled"] = place == "query",
    })]);

    /// <summary>Names with nothing in them, to be filled in.</summary>
    static JsonObject? Example(JsonNode document, JsonNode schema)
    {
        while (schema["$ref"]?.ToString() is { } reference)
            schema = reference.TrimStart('#', '/').Split('/').Aggregate(document, (node, name) => node[name]!);
        return schema["properties"] is JsonObject properties ? new JsonObject(properties.Select(property => KeyValuePair.Create(property.Key, (JsonNode?)null))) : null;
    }

    static JsonObject Variable(string key, string value) => new() { ["key"] = key, ["value"] = value, ["type"] = "string" };
}
