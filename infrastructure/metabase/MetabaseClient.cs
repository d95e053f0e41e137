using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Polly;
using Polly.Retry;
using ServiceDefaults;

namespace MetabaseProvisioner;

/// <summary>What Metabase refused or did not keep, and what to do next.</summary>
public sealed class MetabaseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Metabase is not as the files say, and nothing may be written.</summary>
public sealed class DifferenceException(string difference) : Exception(difference);

/// <summary>Metabase's REST API, which has no version: what is sent are keys that all releases from 0.50 on declare.</summary>
/// <remarks>Reads are tried three times. Writes go out once: a run that is cut off is run again, and finds what was done.</remarks>
public sealed class MetabaseClient(Uri url) : IDisposable
{
    static readonly ResiliencePipeline<HttpResponseMessage> Reads = new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage> { MaxRetryAttempts = 2, Delay = TimeSpan.FromSeconds(1), ShouldHandle = new PredicateBuilder<HttpResponseMessage>().Handle<HttpRequestException>() })
        .Build();

    readonly HttpClient _http = new(new ResilienceHandler(_ => Reads) { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false } }) { BaseAddress = new($"{url.AbsoluteUri.TrimEnd('/')}/"), Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Of the administrator; null: nobody is signed in.</summary>
    public string? Session { get; set; }

    /// <exception cref="MetabaseException">Anything but a success.</exception>
    public async Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) =>
        await FindAsync(path, cancellationToken) ?? throw new MetabaseException($"Metabase has no {path}.");

    /// <returns>Null: 404, or 204 of a setting without a value.</returns>
    public async Task<JsonNode?> FindAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NoContent ? null : await ReadAsync(answer, $"GET {path}", cancellationToken);
    }

    public async Task<JsonNode?> WriteAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(method, path, body, cancellationToken);
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await ReadAsync(answer, $"{method} {path}", cancellationToken);
    }

    /// <summary>What an embed answers, whatever it is: everything wrong is 400 with a text.</summary>
    public async Task<(bool IsGood, string Text)> AskEmbedAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        if (Session is not null)
            request.Headers.Add("X-Metabase-Session", Session);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception problem) when (problem is HttpRequestException || problem is TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new MetabaseException($"Metabase does not answer at {url} ({problem.GetType().Name}): see whether it runs, then run this again.", problem);
        }
    }

    public void Dispose() => _http.Dispose();

    static async Task<JsonNode?> ReadAsync(HttpResponseMessage answer, string what, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new MetabaseException($"Metabase refused {what}: {(int)answer.StatusCode} {Words(text)}");
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text); // settings are bare texts
        }
    }

    /// <summary>Its own words, where it has some: <c>message</c>, and <c>errors</c> by field.</summary>
    static string Words(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject body)
                return string.Join(" ", new[] { body["message"]?.ToString(), body["errors"]?.ToJsonString() }.OfType<string>()) is { Length: > 0 } words ? Short(words) : "";
        }
        catch (JsonException)
        {
        }
        return Short(text);

        static string Short(string words) => words.ReplaceLineEndings(" ") is { Length: > 300 } line ? $"{line[..300]}…" : words.ReplaceLineEndings(" ");
    }
}
