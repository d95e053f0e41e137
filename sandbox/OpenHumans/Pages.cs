using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Django REST framework's limit and offset, with its way of reading odd values (contract §2).</summary>
sealed record Page(int Limit, int Offset)
{
    const int DefaultLimit = 100;

    /// <summary>A limit that is no positive number is 100, an offset that is none is 0.</summary>
    public static Page Of(HttpRequest request, int? maxLimit)
    {
        var limit = int.TryParse(request.Query["limit"], out var asked) && asked > 0 ? asked : DefaultLimit;
        var offset = int.TryParse(request.Query["offset"], out var start) && start >= 0 ? start : 0;
        return new(Math.Min(limit, maxLimit ?? int.MaxValue), offset);
    }

    public IEnumerable<T> Of<T>(IEnumerable<T> all) => all.Skip(Offset).Take(Limit);

    /// <summary>The head of a listing: <c>count</c> and the URLs of the neighbours, which hold the token if and only if the query did.</summary>
    public JsonObject Head(HttpRequest request, int count) => new()
    {
        ["count"] = count,
        ["next"] = (long)Offset + Limit < count ? Url(request, Offset + Limit) : null,
        ["previous"] = Offset > 0 ? Url(request, Offset - Limit) : null,
    };

    string Url(HttpRequest request, int offset)
    {
        var query = request.Query.ToDictionary(field => field.Key, field => field.Value.ToString());
        query["limit"] = Limit.ToString();
        if (offset > 0)
            query["offset"] = offset.ToString();
        else
            query.Remove("offset");
        var sorted = query.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, (string?)field.Value));
        return request.Root() + request.Path + QueryString.Create(sorted);
    }
}

static class RequestRoot
{
    /// <summary>Scheme and host as the client sees them; a proxy in front says so (contract §2).</summary>
    public static string Root(this HttpRequest request) =>
        $"{(request.Headers["X-Forwarded-Proto"] is [{ } scheme, ..] ? scheme : request.Scheme)}://{request.Host}";
}
