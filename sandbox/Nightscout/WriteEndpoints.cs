using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>POST, PUT and DELETE of API v1, as far as they shape what is read later (contract §4).</summary>
sealed class WriteEndpoints(TimeProvider time)
{
    static readonly string[] Emptied = ["targetTop", "targetBottom", "carbs", "insulin", "percent", "relative", "notes", "preBolus"];

    /// <returns>Null when nothing is served there.</returns>
    public async Task<IResult?> AnswerAsync(NightscoutSite site, string[] path, SiteAccess access, HttpRequest request)
    {
        if (site.Collection(path[0]) is not { } records)
            return null;
        var permission = request.Method switch { "POST" => "create", "PUT" => "update", "DELETE" => "delete", _ => "none" };
        if (!access.May($"api:{records.Kind.Name}:{permission}"))
            return StatusPages.Unauthorized();
        switch (request.Method, path.Length)
        {
            case ("DELETE", 2):
                return ListAnswer.Of(new JsonObject { ["acknowledged"] = true, ["deletedCount"] = records.Delete(path[1]) ? 1 : 0 });
            case ("POST" or "PUT", 1):
                return await WriteAsync(site, records, request);
            default:
                return null;
        }
    }

    async Task<IResult> WriteAsync(NightscoutSite site, SiteRecords records, HttpRequest request)
    {
        JsonNode? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync<JsonNode>(request.Body, cancellationToken: request.HttpContext.RequestAborted);
        }
        catch (JsonException problem)
        {
            return ListAnswer.Of(new JsonObject { ["status"] = 400, ["message"] = problem.Message }, 400);
        }
        var documents = (body as JsonArray ?? [body?.DeepClone()]).OfType<JsonObject>().Select(document => document.DeepClone().AsObject());
        return ListAnswer.Of(new JsonArray([.. documents.Select(document => Write(site, records, document))]));
    }

    JsonObject Write(NightscoutSite site, SiteRecords records, JsonObject document)
    {
        if (site.IsAtLeast(15, 0, 7) && document["_id"] is JsonValue id && !ObjectId.Is(id.ToString()))
        {
            document["identifier"] ??= id.DeepClone(); // a UUID is no longer kept as the record's id
            document.Remove("_id");
        }
        var replaced = records.Kind.Name switch
        {
            "entries" => PrepareEntry(records, document),
            "treatments" => PrepareTreatment(records, document),
            _ => PrepareOther(records, document),
        };
        if (replaced is { } old)
        {
            document["_id"] = old.Id;
            records.Replace(old.Id, document);
        }
        else
            document["_id"] = records.Insert(document);
        return document;
    }

    /// <summary>Upserts by (sysTime, type) and merges: fields of the record that was there remain, and its id does.</summary>
    Record? PrepareEntry(SiteRecords records, JsonObject document)
    {
        var at = document["dateString"] is { } text ? MomentText.Parse(text.ToString())
            : document["date"]?.GetValueKind() == JsonValueKind.Number
                ? DateTimeOffset.FromUnixTimeMilliseconds((long)document["date"]!.GetValue<double>()) : null;
        SetTime(document, "sysTime", at ?? time.GetUtcNow());
        if (document.ContainsKey("dateString"))
            document["dateString"] = document["sysTime"]!.DeepClone();
        var (sysTime, type) = (Scalar.Of(document["sysTime"]!.ToString()), Scalar.Of(document["type"]?.ToString() ?? ""));
        if (records.FirstWhere(record => record.Has("sysTime", sysTime) && record.Has("type", type)) is not { } old)
            return null;
        foreach (var (name, value) in JsonNode.Parse(old.Json.Span)!.AsObject())
            if (!document.ContainsKey(name))
                document[name] = value?.DeepClone();
        return old;
    }

    /// <summary>Replaces by identifier, else by id, else by (created_at, eventType); zeros and blanks go.</summary>
    Record? PrepareTreatment(SiteRecords records, JsonObject document)
    {
        NormaliseCreatedAt(document, document["eventTime"] ?? document["created_at"]);
        document.Remove("eventTime");
        foreach (var name in Emptied)
            if (document[name] is null || document[name]!.ToString() is "" or "0")
                document.Remove(name);
        if (document["identifier"] is { } identifier)
            return ByField(records, "identifier", identifier);
        if (document["_id"] is { } id)
            return ByField(records, "_id", id);
        var (createdAt, eventType) = (Scalar.Of(document["created_at"]!.ToString()), Scalar.Of(document["eventType"]?.ToString() ?? ""));
        return records.FirstWhere(record => record.Has("created_at", createdAt) && record.Has("eventType", eventType));
    }

    /// <summary>A plain insert, so a client's retry makes a duplicate; only a PUT brings an id.</summary>
    Record? PrepareOther(SiteRecords records, JsonObject document)
    {
        if (records.Kind == RecordKind.DeviceStatus)
            NormaliseCreatedAt(document, document["created_at"]);
        return document["_id"] is { } id ? ByField(records, "_id", id) : null;
    }

    static Record? ByField(SiteRecords records, string name, JsonNode value)
    {
        var wanted = Scalar.Of(value.ToString());
        return records.FirstWhere(record => record.Has(name, wanted));
    }

    /// <summary>To UTC; missing or unreadable becomes the server's now, a number counts as milliseconds.</summary>
    void NormaliseCreatedAt(JsonObject document, JsonNode? given)
    {
        var at = given?.GetValueKind() switch
        {
            JsonValueKind.Number => DateTimeOffset.FromUnixTimeMilliseconds((long)given.GetValue<double>()),
            JsonValueKind.String => MomentText.Parse(given.ToString()),
            _ => null,
        };
        SetTime(document, "created_at", at ?? time.GetUtcNow());
    }

    static void SetTime(JsonObject document, string name, DateTimeOffset at)
    {
        document[name] = MomentText.Iso(at);
        document["utcOffset"] = (int)at.Offset.TotalMinutes;
    }
}
