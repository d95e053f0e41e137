using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace Nightscout;

/// <summary>A page of records: JSON objects in the order the server sent them.</summary>
/// <param name="Records">Slices of the buffer the page was read into; valid until that is used again.</param>
public sealed record RecordPage(IReadOnlyList<ReadOnlyMemory<byte>> Records);

/// <summary>Nightscout's API v1 (contract §1 and §2): one request at a time, bounded, nothing cached.</summary>
/// <remarks>
/// Every call throws a <see cref="NightscoutException"/> that says what to do next. Success is 200 with a JSON array (or the object named);
/// <c>null</c>, an empty body, HTML or a cut answer are failures, never "nothing new" (contract §6).
/// </remarks>
public sealed class NightscoutClient(HttpClient http)
{
    /// <summary>Decoded bytes of one answer; 200 devicestatus are 3 MB, the largest single document is 16 MB.</summary>
    const int MaxAnswer = 48 * 1024 * 1024;

    /// <summary>Decoded bytes of what a site says of itself: some 20 KB, and read as a tree, which is many times as large.</summary>
    const int MaxStatus = 1024 * 1024;

    /// <summary>Of one answer, whatever its bytes; more than a page holds, less than their places in memory would cost.</summary>
    const int MaxRecords = 500_000;

    /// <summary>For one answer, from the connection to its last byte, tries again included.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>One page of records.</summary>
    /// <param name="parameters">Query without <c>?</c>, from <see cref="Ranges"/>.</param>
    /// <param name="buffer">Holds the answer; cleared first.</param>
    /// <exception cref="PageTooLargeException">Ask for fewer records.</exception>
    public async Task<RecordPage> ReadAsync(Site site, Collection collection, string parameters, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        await GetAsync(site, $"api/v1/{collection.Name}.json?{parameters}", buffer, cancellationToken);
        return new(Split(buffer.WrittenMemory));
    }

    /// <summary>Finds out whether this is a Nightscout that can be read with what was given.</summary>
    /// <returns>The site to keep (https where http redirects there), and what it says of itself.</returns>
    public async Task<SiteCheck> CheckAsync(Site site, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        site = await UpgradeAsync(site, cancellationToken);
        try
        {
            await GetAsync(site, "api/v1/status.json", buffer, cancellationToken, MaxStatus);
        }
        catch (SiteRefusedException)
        {
            if (await VerifyAsync(site, buffer, cancellationToken) is null)
                throw new NotNightscoutException("it asks for a password, but not as a Nightscout does");
            throw;
        }
        var status = SiteCheck.Read(site, buffer.WrittenMemory);

        // A wrong token counts as none on a readable site (contract §2); only verifyauth tells, and only since 14.2.6.
        if (site.Token is not null && await VerifyAsync(site, buffer, cancellationToken) == "NOTFOUND")
            throw new SiteRefusedException(withToken: true);
        await ReadAsync(site, Collection.Entries, "count=1", buffer, cancellationToken); // a role may see the status and no data
        return status;
    }

    /// <returns>What verifyauth says of the token (<c>rolefound</c>), "" when it says nothing, null when this is not verifyauth.</returns>
    async Task<string?> VerifyAsync(Site site, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(site, "api/v1/verifyauth", buffer, cancellationToken, MaxStatus);
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
        var target = response.Headers.Location is { } location && Uri.TryCreate(site.Root, location, out var absolute) ? absolute : null;
        return target is { Scheme: "https" } && target.IdnHost == site.Root.IdnHost && (target.IsDefaultPort && site.Root.IsDefaultPort || target.Port == site.Root.Port)
            ? site with { Root = new UriBuilder(site.Root) { Scheme = "https", Port = target.Port }.Uri }
            : site;
    }

    async Task GetAsync(Site site, string path, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken, int limit = MaxAnswer)
    {
        buffer.ResetWrittenCount();
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        using var response = await SendAsync(site, path, budget.Token, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                break;
            case HttpStatusCode.Forbidden when response.Content.Headers.ContentType?.MediaType == "text/html":
                throw new SiteTemporaryException("a guard in front of it answers 403 with a page");
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw new SiteRefusedException(site.Token is not null);
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                throw new SiteMovedException();
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new SiteTemporaryException($"it answers {(int)response.StatusCode}");
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
    }

    /// <param name="budget">Also ends with <paramref name="cancellationToken"/>, which tells a caller who stops from a site that is too slow.</param>
    async Task<HttpResponseMessage> SendAsync(Site site, string path, CancellationToken budget, CancellationToken cancellationToken)
    {
        var separator = path.Contains('?') ? '&' : '?';
        var url = new Uri(site.Root, site.Token is null ? path : $"{path}{separator}token={Uri.EscapeDataString(site.Token)}");
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Accept", "application/json" }, { "User-Agent", "OpenApsStreaming/1.0" } } };
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget);
        }
        catch (HttpRequestException failure)
        {
            throw failure.InnerException as NightscoutException ?? new SiteUnreachableException(failure switch
            {
                { HttpRequestError: HttpRequestError.NameResolutionError } => "there is no such name",
                { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } => "its certificate is not valid",
                { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => "there is no such name",
                _ => "it does not accept the connection",
            }, failure);
        }
        catch (Exception failure) when (failure is TimeoutException || IsTimeout(failure, cancellationToken))
        {
            throw new SiteUnreachableException("it does not answer in time", failure);
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
