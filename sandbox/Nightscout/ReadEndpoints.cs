using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>GET of API v1 (contract §1, §6).</summary>
sealed class ReadEndpoints(TimeProvider time)
{
    /// <param name="path">Segments after <c>/api/v1/</c>, without the format suffix.</param>
    /// <returns>Null when nothing is served there.</returns>
    public IResult? Answer(NightscoutSite site, string[] path, string format, HttpRequest request) => path switch
    {
        ["entries"] => List(site, site.Entries, request, format),
        ["entries", "current"] => List(site, site.Entries, request, format, count: 1),
        ["entries", var id] when ObjectId.Is(id) => Entry(site, id),
        ["entries", var type] => List(site, site.Entries, request, format, fixedFind: ("type", type)),
        ["treatments"] => List(site, site.Treatments, request),
        ["devicestatus"] => List(site, site.DeviceStatus, request),
        ["activity"] => List(site, site.Activity, request),
        ["profile"] => Profiles(site, request),
        ["profile", "current"] => ListAnswer.Of(Newest(site) is { } newest ? JsonNode.Parse(newest.Span) : null),
        ["profiles"] when site.IsAtLeast(13, 0, 0) => List(site, site.Profiles, request),
        ["count", "entries", "where"] => Count(site, request),
        ["food"] => ListAnswer.Of(site.Food.All),
        ["food", "quickpicks"] => Foods(site, "quickpick"),
        ["food", "regular"] => Foods(site, "food"),
        _ => null,
    };

    IResult List(NightscoutSite site, SiteRecords records, HttpRequest request, string format = "json", int? count = null, (string, string)? fixedFind = null)
    {
        var now = time.GetUtcNow();
        try
        {
            var query = RecordQuery.Read(records.Kind, site, request.Query, now, fixedFind);
            query = count is { } only ? query with { Count = only } : query;
            var cached = query.IsPlain ? FromMemory(site, records, query, now) : null;
            var found = cached ?? query.Run(records);
            return format == "json"
                ? ListAnswer.Of(RecordForms.Served(records.Kind, found, cached is not null, hasEnd: site.IsAtLeast(15, 0, 7)))
                : Results.Text(RecordForms.TabSeparated(found, format == "csv" ? ',' : '\t'), "text/plain; charset=utf-8");
        }
        catch (BadFindException problem)
        {
            return Failure(site, records.Kind, problem.Message);
        }
    }

    /// <summary>Of entries, where it is right with a filter on the date; before 15.0.7 it fails (contract §1).</summary>
    ListAnswer Count(NightscoutSite site, HttpRequest request)
    {
        if (!site.IsAtLeast(15, 0, 7))
            return ListAnswer.Of(new JsonObject { ["message"] = "aggregate is not a function" }, 500);
        var count = (RecordQuery.Read(RecordKind.Entries, site, request.Query, time.GetUtcNow()) with { Count = int.MaxValue }).Run(site.Entries).Count;
        return ListAnswer.Of(count == 0 ? new JsonArray() : new JsonArray(new JsonObject { ["_id"] = null, ["count"] = count }));
    }

    /// <summary>Deleted records are not in the server's memory, which answers when it can fill the whole request.</summary>
    /// <returns>Null when the database must answer.</returns>
    static List<Record>? FromMemory(NightscoutSite site, SiteRecords records, RecordQuery query, DateTimeOffset now)
    {
        if (!site.IsAtLeast(14, 0, 0) || records.Kind.CachedFor is not { } age)
            return null;
        var found = query.Run(records, record => !record.IsDeleted);
        return found.Count == query.Count && RecordForms.Mills(found[^1].Key) >= (now - age).ToUnixTimeMilliseconds() ? found : null;
    }

    /// <summary>A bad <c>find</c>, as each version fails; that a failure can look like 200 is the trap (contract §6).</summary>
    static IResult Failure(NightscoutSite site, RecordKind kind, string message)
    {
        if (kind == RecordKind.Entries)
            return ListAnswer.Of(new JsonObject { ["status"] = 500, ["message"] = "Mongo Error", ["description"] = message }, 500);
        if (site.IsAtLeast(15, 0, 7) || message.StartsWith("unknown operator", StringComparison.Ordinal) && !site.IsAtLeast(13, 0, 0))
            return ListAnswer.Of(body: null);
        var error = new JsonObject { ["message"] = message, ["stack"] = $"Error: {message}\n    at enforceDateFilter" };
        return message.StartsWith("unknown operator", StringComparison.Ordinal)
            ? Results.Text("", "application/json; charset=utf-8")
            : ListAnswer.Of(new JsonObject { ["error"] = error }, 500);
    }

    static ListAnswer Entry(NightscoutSite site, string id) => site.Entries.Find(id) is { } entry
        ? ListAnswer.Of([entry])
        : ListAnswer.Of(new JsonObject { ["status"] = 500, ["message"] = "Mongo Error", ["description"] = $"No such id: '{id}'" }, 500);

    /// <summary>The newest documents; <c>find</c> and <c>sort</c> are not looked at.</summary>
    ListAnswer Profiles(NightscoutSite site, HttpRequest request)
    {
        var onlyCount = new QueryCollection(request.Query.Where(field => field.Key == "count").ToDictionary());
        var count = RecordQuery.Read(RecordKind.Profile, site, onlyCount, time.GetUtcNow()).Count;
        return ListAnswer.Of([.. site.Profiles.All.Reverse().Take(count)]);
    }

    static ReadOnlyMemory<byte>? Newest(NightscoutSite site) => site.Profiles.All is [.., var newest] ? newest : null;

    static ListAnswer Foods(NightscoutSite site, string type) =>
        ListAnswer.Of([.. site.Food.All.Where(food => RecordJson.Field(food, "type").ToString() == type)]);
}
