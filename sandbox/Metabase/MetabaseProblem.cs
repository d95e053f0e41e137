using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>An answer that is no success, in Metabase's own words.</summary>
sealed class MetabaseProblem(int status, string text, JsonNode? body = null) : Exception(text)
{
    public int Status => status;

    public JsonNode? Body => body;

    /// <summary>400 with the message by field, nested as the body is.</summary>
    /// <param name="path">Dotted.</param>
    public static MetabaseProblem Of(string path, string message)
    {
        JsonNode errors = message, specific = new JsonArray(message);
        foreach (var name in path.Split('.').Reverse())
            (errors, specific) = (new JsonObject { [name] = errors }, new JsonObject { [name] = specific });
        return new(400, message, new JsonObject { ["errors"] = errors, ["specific-errors"] = specific });
    }

    public static MetabaseProblem NotFound => new(404, "Not found.");

    /// <summary>What the real one would take and then show wrongly: this one is stricter.</summary>
    public static MetabaseProblem Stricter(string message) => new(400, message, new JsonObject { ["message"] = $"{message} (the real Metabase would store it, and show nothing)" });
}

/// <summary>A body as Metabase takes it: declared keys only.</summary>
sealed class MetabaseBody(JsonObject json)
{
    /// <param name="declared">Every other key is left out, or refused.</param>
    public static async Task<MetabaseBody> ReadAsync(HttpContext context, MetabaseBehaviour behaviour, params string[] declared)
    {
        JsonNode? body = null;
        try
        {
            if (context.Request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true)
                body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (System.Text.Json.JsonException)
        {
        }
        if (body is not JsonObject json)
            throw MetabaseProblem.Of(declared.FirstOrDefault() ?? "_", "missing required key, received: nil");
        foreach (var key in json.Select(pair => pair.Key).Except(declared).ToList())
            if (behaviour.RefusesUndeclaredKeys)
                throw MetabaseProblem.Of(key, "unexpected key");
            else
                json.Remove(key);
        return new(json);
    }

    public bool Has(string key) => json.ContainsKey(key);

    public JsonNode? this[string key] => json[key]?.DeepClone();

    public string Text(string key) => json[key] is JsonValue value && value.TryGetValue<string>(out var text) && text.Trim().Length > 0 ? text : throw MetabaseProblem.Of(key, "value must be a non-blank string.");

    public string? OptionalText(string key, bool mayBeEmpty = true) => json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) && (mayBeEmpty || text.Trim().Length > 0) => text,
        _ => throw MetabaseProblem.Of(key, mayBeEmpty ? "nullable string" : "value may be nil, or if non-nil, value must be a non-blank string."),
    };

    public JsonObject Object(string key) => json[key] is JsonObject value ? (JsonObject)value.DeepClone() : throw MetabaseProblem.Of(key, "Value must be a map.");

    public long? OptionalId(string key) => json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<long>(out var id) && id > 0 => id,
        _ => throw MetabaseProblem.Of(key, "value must be an integer greater than zero."),
    };

    public bool? OptionalFlag(string key) => json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw MetabaseProblem.Of(key, "nullable boolean"),
    };

    /// <summary><c>embedding_params</c>: slug to one of three words.</summary>
    public IReadOnlyDictionary<string, string>? EmbeddingParameters() => !json.ContainsKey("embedding_params") ? null
        : (json["embedding_params"] as JsonObject ?? []).ToDictionary(pair => pair.Key, pair => pair.Value is JsonValue value && value.TryGetValue<string>(out var word) && word is "disabled" or "enabled" or "locked"
            ? pair.Value.GetValue<string>() : throw MetabaseProblem.Of($"embedding_params.{pair.Key}", "enum of disabled, enabled, locked"));
}
