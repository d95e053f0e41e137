using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>The fields of an API request: form-urlencoded, multipart or JSON (contract §3).</summary>
sealed class ApiBody
{
    /// <summary>Django's limit of what is kept in memory (contract §3).</summary>
    public const int InMemoryLimit = 2_621_440;

    readonly JsonObject _fields = [];

    /// <summary>Forms know text only, which decides how <c>all_files</c> is read (contract §9 trap 23).</summary>
    public bool IsForm { get; private init; }

    /// <summary>The part <c>data_file</c>, if it has a file name.</summary>
    public IFormFile? DataFile { get; private init; }

    public static readonly ApiBody None = new();

    public static async Task<ApiBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HasFormContentType)
            return FromForm(await request.ReadFormAsync(cancellationToken));
        if (request.HasJsonContentType())
            return new(await ReadJsonAsync(request, cancellationToken));
        if (request.ContentLength is null or 0)
            return None;
        throw new Refusal(Answers.Detail($"Unsupported media type \"{request.ContentType}\" in request.", 415));
    }

    ApiBody(JsonObject? fields = null) => _fields = fields ?? [];

    /// <returns>Null when the field is absent or JSON null.</returns>
    public JsonNode? this[string name] => _fields[name];

    /// <summary>The field as text, trimmed; "" when it is absent. JSON numbers become text, too.</summary>
    public string Text(string name) => _fields[name] switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>().Trim(),
        var other => other.ToJsonString(),
    };

    static ApiBody FromForm(IFormCollection form)
    {
        if (form.Sum(field => field.Key.Length + field.Value.Sum(value => value?.Length ?? 0)) > InMemoryLimit)
            throw new Refusal(Answers.Html("<h1>Bad Request (400)</h1>", 400));
        var fields = new JsonObject();
        foreach (var (name, values) in form)
            fields[name] = values[^1]; // of a repeated field the last counts
        return new(fields) { IsForm = true, DataFile = form.Files["data_file"] };
    }

    static async Task<JsonObject> ReadJsonAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<JsonNode>(request.Body, cancellationToken: cancellationToken) as JsonObject ?? [];
        }
        catch (JsonException problem)
        {
            throw new Refusal(Answers.Detail($"JSON parse error - {problem.Message}", 400));
        }
    }
}
