using Microsoft.AspNetCore.WebUtilities;

namespace DataManagementApp.Pages;

/// <summary>Links to the neighbouring parts of a long list; one row more than is shown is read, to know whether there is an older part.</summary>
/// <param name="Newer">Null: this is the first.</param>
/// <param name="Older">Null: this is the last.</param>
public sealed record PageLinks(string? Newer, string? Older, int Size)
{
    public const int Shown = 50, Read = Shown + 1;

    /// <summary>Beyond it nobody reads on, and the database would only count.</summary>
    const int Furthest = 100_000;

    /// <param name="from">How many were skipped, as it came with the address.</param>
    public static int Skip(int from) => Math.Clamp(from, 0, Furthest);

    /// <param name="read">How many rows came, of <see cref="Read"/>.</param>
    public static PageLinks Of(HttpRequest request, int from, int read)
    {
        var skip = Skip(from);
        return new(skip > 0 ? Link(request, Math.Max(0, skip - Shown)) : null, read > Shown ? Link(request, skip + Shown) : null, Shown);
    }

    static string Link(HttpRequest request, int from) => QueryHelpers.AddQueryString(request.Path,
        request.Query.Where(field => field.Key != "from" && field.Value.ToString().Length > 0).Select(field => KeyValuePair.Create(field.Key, (string?)field.Value.ToString())).Append(new("from", $"{from}")));
}
