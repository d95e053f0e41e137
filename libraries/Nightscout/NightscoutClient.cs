using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using ServiceDefaults;

namespace Nightscout;

/// <summary>A page of records: JSON objects in the order the server sent them.</summary>
/// <param name="Records">Slices of the buffer the page was read into; valid until that is used again.</param>
/// <param name="ETag">Of this answer, to be sent along when the same is asked again; null when the server gave none.</param>
public sealed record RecordPage(IReadOnlyList<ReadOnlyMemory<byte>> Records, string? ETag);

/// <summary>Nightscout's API v1 (contract §1 and §2): one request at a time, bounded, nothing cached.</summary>
/// <remarks>
/// Every call throws a <see cref="NightscoutException"/> that says what to do next. Success is 200 with a JSON array (or the object named);
/// <c>null</c>, an empty body, HTML or a cut answer are failures, never "nothing new" (contract §6).
/// </remarks>
public sealed class NightscoutClient(HttpClient http, TimeProvider? clock = null)
{
    /// <summary>Decoded bytes of one answer; 200 devicestatus are 3 MB, the largest single document is 16 MB.</summary>
    const int MaxAnswer = 48 * 1024 * 1024;

    /// <summary>Decoded bytes of what a site says of itself: some 20 KB, and read as a tree, which is many times as large.</summary>
    const int MaxStatus = 1024 * 1024;

    /// <summary>Of one answer, whatever its bytes; more than a page holds, less than their places in memory would cost.</summary>
    const int MaxRecords = 500_000;

    readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>For one answer, from the connection to its last byte, tries again included.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>One page of records.</summary>
    /// <param name="parameters">Query without <c>?</c>, from <see cref="Ranges"/>.</param>
    /// <param name="buffer">Holds the answer; cleared first.</param>
    /// <exception cref="PageTooLargeException">Ask for fewer records.</exception>
    public async Task<RecordPage> ReadAsync(Site site, Collection collection, string parameters, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        var tag = await GetAsync(site, $"api/v1/{collection.Name}.json?{parameters}", buffer, cancellationToken);
        return new(Split(buffer.WrittenMemory), tag);
    }

    /// <summary>One page, unless it is as it was when it had this ETag. <c>If-Modified-Since</c> is never sent: it goes by event times (contract §1).</summary>
    /// <returns>Null: as it was.</returns>
    public async Task<RecordPage?> ReadIfChangedAsync(Site site, Collection collection, string parameters, string tag, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken) =>
        await GetAsync(site, $"api/v1/{collection.Name}.json?{parameters}", buffer, cancellationToken, tag) is var now && buffer.WrittenCount == 0 ? null : new(Split(buffer.WrittenMemory), now);

    /// <summary>How many entries there are since a time, by <c>/count</c>; right for entries only, and known to fail before 15.0.7 (contract §1).</summary>
    /// <param name="since">Unix milliseconds, inclusive.</param>
    /// <returns>Null: the site does not tell.</returns>
    public async Task<long?> CountEntriesAsync(Site site, long since, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            await GetAsync(site, $"api/v1/count/entries/where?find[date][$gte]={since}", buffer, cancellationToken, limit: MaxStatus);
            using var answer = JsonDocument.Parse(buffer.WrittenMemory);
            return answer.RootElement.GetArrayLength() == 0 ? 0 : answer.RootElement[0].GetProperty("count").GetInt64();
        }
        catch (Exception problem) when (problem is NotNightscoutException or SiteRefusedException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The record of that id, wherever it stands now (contract §1: <c>find[_id]</c> knows no window).</summary>
    /// <returns>Null: the site has none.</returns>
    /// <exception cref="SiteTemporaryException">Also when it answers with other records: it cannot look one up.</exception>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(Site site, Collection collection, string id, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var page = await ReadAsync(site, collection, $"count=2&find[_id]={Uri.EscapeDataString(id)}", buffer, cancellationToken);
        if (page.Records.Count == 0)
            return null;
        foreach (var record in page.Records)
            if (RecordHead.Read(record.Span, collection).Id == id)
                return record;
        throw new SiteTemporaryException("it does not look records up by their id");
    }

    /// <summary>A JSON web token for the site's token, for API v3; good for 8 hours at most, dead earlier when the site is installed anew.</summary>
    /// <returns>Null: the site knows no v3.</returns>
    /// <exception cref="SiteRefusedException">It does not know the token: do not ask again.</exception>
    public async Task<string?> AuthorizeAsync(Site site, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            await GetAsync(site with { Token = null }, $"api/v2/authorization/request/{Uri.EscapeDataString(site.Token!)}", buffer, cancellationToken, limit: MaxStatus);
            using var answer = JsonDocument.Parse(buffer.WrittenMemory);
            return answer.RootElement.GetProperty("token").GetString();
        }
        catch (Exception problem) when (problem is NotNightscoutException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Records written through API v3 after a time, also those marked as deleted, by <c>srvModified</c> ascending.</summary>
    /// <param name="after">Unix milliseconds, exclusive.</param>
    /// <returns>Null: the site has no such history.</returns>
    /// <exception cref="SiteRefusedException">It does not accept the token there: do not ask again.</exception>
    internal async Task<RecordPage?> ReadHistoryAsync(Site site, Collection collection, string jwt, long after, int count, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(site with { Token = null }, $"api/v3/{collection.Name}/history/{after}?limit={count}", buffer, cancellationToken, jwt: jwt);
        }
        catch (NotNightscoutException)
        {
            return null;
        }
        return new(Split(Result(buffer.WrittenMemory)), null);
    }

    /// <summary>The list in the envelope of v3.</summary>
    static ReadOnlyMemory<byte> Result(ReadOnlyMemory<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer.Span, JsonLimits.Reader);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isResult = reader.ValueTextEquals("result"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (isResult)
                    return answer[start..(int)reader.BytesConsumed];
            }
        }
        catch (JsonException)
        {
            // falls through: without the cause, which quotes the answer
        }
        throw new SiteTemporaryException("its answer has no result");
    }

    /// <summary>Finds out whether this is a Nightscout that can be read with what was given.</summary>
    /// <returns>The site to keep (https where http redirects there), and what it says of itself.</returns>
    public async Task<SiteCheck> CheckAsync(Site site, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        site = await UpgradeAsync(site, cancellationToken);
        try
        {
            await GetAsync(site, "api/v1/status.json", buffer, cancellationToken, limit: MaxStatus);
        }
        catch (SiteRefusedException)
        {
            if (await VerifyAsync(site, buffer, cancellationToken) is null)
                throw new NotNightscoutException("it asks for a password, but not as a Nightscout does");
            throw;
        }
        var status = SiteCheck.Read(site, buffer.WrittenMemory);

        if (site.Token is not null && await KnowsTokenAsync(site, cancellationToken) is false)
            throw new SiteRefusedException(withToken: true);
        await ReadAsync(site, Collection.Entries, "count=1", buffer, cancellationToken); // a role may see the status and no data
        return status;
    }

    /// <summary>Whether the site knows the token it was given; null: it does not tell (before 14.2.6).</summary>
    public async Task<bool?> KnowsTokenAsync(Site site, CancellationToken cancellationToken) =>
        await VerifyAsync(site, new ArrayBufferWriter<byte>(), cancellationToken) is { Length: > 0 } role ? role != NotFound : null;

    /// <summary>What verifyauth says of a token that nobody has; a wrong token counts as none on a readable site (contract §2).</summary>
    const string NotFound = "NOTFOUND";

    /// <returns>What verifyauth says of the token (<c>rolefound</c>), "" when it says nothing, null when this is not verifyauth.</returns>
    async Task<string?> VerifyAsync(Site site, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(site, "api/v1/verifyauth", buffer, cancellationToken, limit: MaxStatus);
            using var answer = JsonDocument.Parse(buffer.WrittenMemory);
            return !answer.RootElement.TryGetProperty("message", out var message) ? null
                : message.ValueKind == JsonValueKind.Object && message.TryGetProperty("rolefound", out var role) && role.ValueKind == JsonValueKind.String ? role.GetString() : "";
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or NotNightscoutException or SiteRefusedException)
        {
            return null;
        }
    }

    /// <summary>Follows the one redirect that is followed: from http to https on the same host, at the standard ports or at the port given.</summary>
    public async Task<Site> UpgradeAsync(Site site, CancellationToken cancellationToken)
    {
        if (site.Root.Scheme != "http")
            return site;
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        using var response = await SendAsync(site with { Token = null }, "api/v1/status.json", budget.Token, cancellationToken);
        if (response.StatusCode >= HttpStatusCode.InternalServerError)
            throw Temporary(response.StatusCode); // where it leads is not known, and the token must not go there in clear
        var target = response.Headers.Location is { } location && Uri.TryCreate(site.Root, location, out var absolute) ? absolute : null;
        return target is { Scheme: "https" } && target.IdnHost == site.Root.IdnHost && (target.IsDefaultPort && site.Root.IsDefaultPort || target.Port == site.Root.Port)
            ? site with { Root = new UriBuilder(site.Root) { Scheme = "https", Port = target.Port }.Uri }
            : site;
    }

    /// <returns>The answer's ETag. With <paramref name="tag"/> and an answer that is as it was, the buffer stays empty.</returns>
    async Task<string?> GetAsync(
        Site site, string path, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken, string? tag = null, string? jwt = null, int limit = MaxAnswer)
    {
        buffer.ResetWrittenCount();
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        using var response = await SendAsync(site, path, budget.Token, cancellationToken, tag, jwt);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                break;
            case HttpStatusCode.NotModified when tag is not null:
                return tag;
            case HttpStatusCode.Forbidden when response.Content.Headers.ContentType?.MediaType == "text/html":
                throw new SiteTemporaryException("a guard in front of it answers 403 with a page");
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw new SiteRefusedException(site.Token is not null);
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                throw new SiteMovedException();
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw Temporary(response.StatusCode);
            default:
                throw new NotNightscoutException($"it answers {(int)response.StatusCode} where a Nightscout has its data");
        }
        if (response.Content.Headers.ContentType?.MediaType != "application/json")
            throw new NotNightscoutException("it answers with a page instead of data");
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(budget.Token);
            while (await body.ReadAsync(buffer.GetMemory(64 * 1024)[..(64 * 1024)], budget.Token) is var read and > 0)
            {
                buffer.Advance(read);
                if (buffer.WrittenCount > limit) // counted here, decoded: a limit on what arrives would let a small bomb through
                    throw new PageTooLargeException();
            }
        }
        // InvalidOperation is how the framework says that brotli is damaged.
        catch (Exception failure) when (failure is HttpRequestException or IOException or InvalidDataException or InvalidOperationException || IsTimeout(failure, cancellationToken))
        {
            throw new SiteTemporaryException("its answer breaks off", failure);
        }
        site.Visit.Bytes += buffer.WrittenCount;
        if (buffer.WrittenCount == 0)
            throw new SiteTemporaryException("its answer is empty");
        return response.Headers.TryGetValues("ETag", out var tags) ? tags.First() : null;
    }

    static SiteTemporaryException Temporary(HttpStatusCode status) => new($"it answers {(int)status}")
    {
        IsStarting = status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
    };

    /// <param name="budget">Also ends with <paramref name="cancellationToken"/>, which tells a caller who stops from a site that is too slow.</param>
    async Task<HttpResponseMessage> SendAsync(Site site, string path, CancellationToken budget, CancellationToken cancellationToken, string? tag = null, string? jwt = null)
    {
        var separator = path.Contains('?') ? '&' : '?';
        var url = new Uri(site.Root, site.Token is null ? path : $"{path}{separator}token={Uri.EscapeDataString(site.Token)}");
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Accept", "application/json" }, { "User-Agent", "OpenApsStreaming/1.0" } } };
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        if (jwt is not null)
            request.Headers.Authorization = new("Bearer", jwt);
        if (site.Visit.Requests++ > 0)
            await Task.Delay(site.Visit.Pause, cancellationToken);
        var (watch, asked) = (Stopwatch.StartNew(), _clock.GetUtcNow());
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget);
            site.Visit.FirstAnswer ??= watch.Elapsed;
            site.Visit.ClockSkew = ClockSkew.Of(response, asked, _clock.GetUtcNow()) ?? site.Visit.ClockSkew;
            return response;
        }
        catch (HttpRequestException failure)
        {
            throw failure.InnerException as NightscoutException ?? new SiteUnreachableException(failure switch
            {
                { HttpRequestError: HttpRequestError.NameResolutionError } => UnreachableReason.NameNotFound,
                { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } => UnreachableReason.CertificateNotValid,
                { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => UnreachableReason.NameNotFound,
                _ => UnreachableReason.ConnectionRefused,
            }, failure);
        }
        catch (CircuitOpenException)
        {
            throw new SiteTemporaryException("it failed several times in a row and is left alone for a while");
        }
        catch (Exception failure) when (failure is TimeoutException || IsTimeout(failure, cancellationToken))
        {
            throw new SiteUnreachableException(UnreachableReason.NoAnswerInTime, failure);
        }
    }

    static bool IsTimeout(Exception failure, CancellationToken cancellationToken) =>
        failure is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> answer)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        try
        {
            var reader = new Utf8JsonReader(answer.Span, JsonLimits.Reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                throw new SiteTemporaryException("its answer is not a list");
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                records.Add(answer[start..(int)reader.BytesConsumed]);
                if (records.Count > MaxRecords)
                    throw new PageTooLargeException();
            }
            if (reader.TokenType != JsonTokenType.EndArray || reader.Read())
                throw new SiteTemporaryException("its answer is not a list of records");
        }
        catch (JsonException)
        {
            throw new SiteTemporaryException("its answer is cut or not JSON"); // without the cause: it quotes the answer
        }
        return records;
    }
}
