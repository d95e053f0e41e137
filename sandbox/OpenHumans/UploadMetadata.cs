using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>The rules for a file's metadata, with the real server's messages and its failures (contract §3).</summary>
static partial class UploadMetadata
{
    static readonly string[] Dates = ["creation_date", "start_date", "end_date"];

    /// <param name="field">Must be a string that holds JSON, also in a JSON body.</param>
    public static JsonNode Parse(JsonNode? field)
    {
        if (field is null || field.GetValueKind() == JsonValueKind.String && field.GetValue<string>().Trim() == "")
            throw Refusal.Field("metadata", "This field is required.");
        var metadata = ParseText(field);
        if (metadata is JsonArray)
            throw Refused("\"description\" is a required field of the metadata");
        if (metadata is not JsonObject fields)
            throw Refusal.ServerError();
        Check(fields);
        return metadata;
    }

    static JsonNode? ParseText(JsonNode field)
    {
        try
        {
            return JsonNode.Parse(field is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>()
                : "not JSON but an object's text");
        }
        catch (JsonException)
        {
            throw Refused("could not parse the uploaded metadata");
        }
    }

    static void Check(JsonObject fields)
    {
        if (!fields.TryGetPropertyValue("description", out var description))
            throw Refused("\"description\" is a required field of the metadata");
        if (description?.GetValueKind() != JsonValueKind.String)
            throw Refused("\"description\" must be a string");
        if (!fields.TryGetPropertyValue("tags", out var tags))
            throw Refused("\"tags\" is a required field of the metadata");
        if (tags is not JsonArray)
            throw Refused("\"tags\" must be an array of strings");
        foreach (var name in Dates)
            if (fields.TryGetPropertyValue(name, out var date))
                CheckDate(date);
        if (fields.TryGetPropertyValue("md5", out var md5))
            CheckMd5(md5);
    }

    // What arrow cannot take at all, null first of all, is not caught (contract §9 trap 24).
    static void CheckDate(JsonNode? date)
    {
        var isDate = date?.GetValueKind() switch
        {
            JsonValueKind.Number => true,
            JsonValueKind.String => DateTimeOffset.TryParse(date.GetValue<string>(), out _),
            _ => throw Refusal.ServerError(),
        };
        if (!isDate)
            throw Refused("Dates must be in ISO 8601 format");
    }

    static void CheckMd5(JsonNode? md5)
    {
        if (md5?.GetValueKind() != JsonValueKind.String)
            throw Refusal.ServerError();
        if (!Md5Prefix.IsMatch(md5.GetValue<string>()))
            throw Refused("Invalid MD5 specified");
    }

    [GeneratedRegex("^[a-z0-9]{32}")]
    static partial Regex Md5Prefix { get; } // a prefix match, never compared with the file

    static Refusal Refused(string message) => Refusal.Field("metadata", message);
}
