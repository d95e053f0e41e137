using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox;

/// <summary>Tells the project that a member left (contract §7): once signed, and once more in the old form if that was not taken.</summary>
sealed class DeauthWebhook(TimeProvider time) : IDisposable
{
    readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan }; // the real one sets no time limit and follows redirects

    public async Task SendAsync(OpenHumansOptions options, string memberId, bool erase, CancellationToken cancellationToken)
    {
        if (!erase && options.PlainLeaveBreaks)
            throw new InvalidOperationException("The timestamp is built from erasure_requested, which is null on a plain leave.");
        if (options.WebhookUrl is not { } url)
            return;

        var body = Body(memberId, erase, time.GetUtcNow());
        var signature = options.WebhookSecret is { } secret ? Signature(secret, body) : null;
        if (await PostAsync(url, body, signature, cancellationToken))
            return;
        // The legacy form: a JSON string that holds the JSON, without a signature. There is no third attempt.
        await PostAsync(url, JsonSerializer.Serialize(body, OldEncoding), signature: null, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    static readonly JsonSerializerOptions OldEncoding = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes that Python's <c>json.dumps</c> makes, since they are what is signed.</summary>
    static string Body(string memberId, bool erase, DateTimeOffset now)
    {
        var (erasure, timestamp) = (erase ? "true" : "false", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff"));
        return $$"""{"project_member_id": "{{memberId}}", "erasure_requested": {{erasure}}, "timestamp": "{{timestamp}}+00:00"}""";
    }

    static string Signature(string secret, string body) =>
        $"sha1={Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)))}";

    async Task<bool> PostAsync(Uri url, string body, string? signature, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        if (signature is not null)
            request.Headers.Add("X-OpenHumans-Webhooks-Signature", signature);
        using var response = await _http.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode;
    }
}
