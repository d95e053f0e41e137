using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>Reads every record of a site by API v1, which every version from 0.12.8 on speaks alike; each as its own JSON.</summary>
sealed partial class NightscoutReader(HttpClient http, Uri site, string? token)
{
    const string Earliest = "1900-01-01T00:00:00.000Z";
    const int EdgeSize = 1000;

    readonly Uri _site = site.AbsoluteUri.EndsWith('/') ? site : new(site.AbsoluteUri + "/");

    /// <returns>Distinct records by <c>_id</c>.</returns>
    /// <exception cref="InvalidDataException">The answer is not a list: null, HTML or an error, also with status 200.</exception>
    public async Task<Dictionary<string, byte[]>> ReadAsync(Collection collection, CancellationToken cancellationToken)
    {
        var records = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (collection == Collection.Profile) // knows neither find nor sort
        {
            Add(records, await PageAsync(collection, "", collection.PageSize, cancellationToken));
            return records;
        }
        await ReadRangeAsync(collection, records, cancellationToken);
        await ReadEdgeAsync(collection, 1, records, cancellationToken);
        await ReadEdgeAsync(collection, -1, records, cancellationToken);
        return records;
    }

    /// <summary>Upwards by time. A page starts with the last record's own time, since others may share it, and grows when that alone fills it.</summary>
    async Task ReadRangeAsync(Collection collection, Dictionary<string, byte[]> records, CancellationToken cancellationToken)
    {
        var field = collection.TimeFields[0];
        var isNumber = collection == Collection.Entries;
        var from = isNumber ? "0" : Earliest;
        var size = collection.PageSize;
        while (true)
        {
            var page = await PageAsync(collection, $"find[{field}][$gte]={Uri.EscapeDataString(from)}&sort[{field}]=1&", size, cancellationToken);
            var added = Add(records, page);
            if (added == 0 && page.Count < size)
                return;
            size = added == 0 ? size * 2 : collection.PageSize;
            if (added == 0)
                continue;
            if ((isNumber ? LastNumber(page) : LastText(page)) is not { } last)
                return; // only times that no bound can be made of: the edges hold them
            from = last;
        }
    }

    /// <summary>
    /// Records without a time, or with one of another type, are outside every range; sorted, they stand before or after all the others.
    /// The condition holds for every record; without one on a time the server adds its window of some days.
    /// </summary>
    async Task ReadEdgeAsync(Collection collection, int order, Dictionary<string, byte[]> records, CancellationToken cancellationToken)
    {
        var field = collection.TimeFields[0];
        for (var size = EdgeSize; ; size *= 4)
        {
            var page = await PageAsync(collection, $"find[dateString][$ne]=x&sort[{field}]={order}&", size, cancellationToken);
            if (Add(records, page) == 0 || page.Count < size)
                return;
        }
    }

    static string? LastNumber(List<Row> page) =>
        page.Where(row => row.TimeIsNumber).Select(row => double.Parse(row.Time, CultureInfo.InvariantCulture)).DefaultIfEmpty(double.NaN).Max() is var last && !double.IsNaN(last)
            ? Math.Floor(last).ToString("F0", CultureInfo.InvariantCulture) // the server cuts fractions of a bound
            : null;

    static string? LastText(List<Row> page) =>
        page.Select(row => row.Time).Where(time => IsoStart.IsMatch(time)).Max(StringComparer.Ordinal) is { } last
        && DateTime.TryParseExact(last[..19], "s", CultureInfo.InvariantCulture, DateTimeStyles.None, out var second)
            ? second.AddSeconds(-1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) // texts are compared: a zone behind sorts before Z
            : null;

    static int Add(Dictionary<string, byte[]> records, List<Row> page) => page.Count(row => records.TryAdd(row.Id, row.Json));

    async Task<List<Row>> PageAsync(Collection collection, string query, int count, CancellationToken cancellationToken)
    {
        var credential = token is null ? "" : $"&token={Uri.EscapeDataString(token)}";
        using var response = await http.GetAsync(new Uri(_site, $"api/v1/{collection.Name}.json?{query}count={count}{credential}"), cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (response.StatusCode is not HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType is not "application/json")
            throw new InvalidDataException($"Nightscout answered {collection.Name} with {(int)response.StatusCode} {response.Content.Headers.ContentType?.MediaType}.");
        using var answer = JsonDocument.Parse(body);
        if (answer.RootElement.ValueKind is not JsonValueKind.Array)
            throw new InvalidDataException($"Nightscout answered {collection.Name} with {answer.RootElement.ValueKind}, not with a list.");
        return [.. answer.RootElement.EnumerateArray().Select(record => Row.Of(collection, record))];
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")]
    static partial Regex IsoStart { get; }

    sealed record Row(string Id, byte[] Json, bool TimeIsNumber, string Time)
    {
        public static Row Of(Collection collection, JsonElement record)
        {
            var id = record.Field("_id")?.Text() ?? throw new InvalidDataException($"Nightscout served a record of {collection.Name} without _id.");
            var time = record.Field(collection.TimeFields[0]);
            return new(id, record.Bytes().ToArray(), time?.ValueKind is JsonValueKind.Number, time?.Text() ?? "");
        }
    }
}
