using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataManagementApp.Alerts;

/// <summary>Slack did not take a message.</summary>
/// <param name="problem">Why, and what to do, in words of ours.</param>
/// <param name="wait">Until it wants to be asked again; null: it does not say.</param>
public sealed class SlackException(string problem, TimeSpan? wait = null) : Exception(problem)
{
    public TimeSpan? Wait => wait;
}

/// <summary>Writes to a channel: as a bot (<c>chat.postMessage</c>, docs.slack.dev/reference/methods/chat.postMessage), or by an incoming webhook.</summary>
public sealed partial class Slack(HttpClient http, AlertOptions options)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    const int LongestAnswer = 64 * 1024;

    sealed record Message(string? Channel, string Text, [property: JsonPropertyName("unfurl_links")] bool UnfurlLinks);

    sealed record Answer(bool Ok, string? Error);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Message))]
    [JsonSerializable(typeof(Answer))]
    sealed partial class Wire : JsonSerializerContext;

    /// <exception cref="SlackException">It was not taken.</exception>
    public async Task PostAsync(string text, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.SlackWebhook ?? new Uri($"{options.SlackApi.AbsoluteUri.TrimEnd('/')}/chat.postMessage"));
            request.Content = new StringContent(JsonSerializer.Serialize(new(options.SlackWebhook is null ? options.SlackChannel : null, text, UnfurlLinks: false), Wire.Default.Message), new MediaTypeHeaderValue("application/json", "utf-8"));
            if (options.SlackWebhook is null)
                request.Headers.Authorization = new("Bearer", options.SlackToken);
            using var response = await http.SendAsync(request, late.Token);
            if ((int)response.StatusCode == StatusCodes.Status429TooManyRequests)
                throw new SlackException("Slack wants fewer messages; it is tried again when it says", response.Headers.RetryAfter?.Delta);
            var answer = await response.Content.ReadAsStringAsync(late.Token);
            if (!response.IsSuccessStatusCode)
                throw Refused(options.SlackWebhook is null ? null : answer, (int)response.StatusCode);
            if (options.SlackWebhook is null && JsonSerializer.Deserialize(answer, Wire.Default.Answer) is not { Ok: true } and var refused) // which comes with 200
                throw Refused(refused?.Error, (int)response.StatusCode);
        }
        catch (JsonException)
        {
            throw new SlackException("who answered is not Slack; see Alerts__SlackApi");
        }
        catch (HttpRequestException)
        {
            throw new SlackException("no connection to Slack, or it broke off");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SlackException($"Slack did not answer within {Patience.TotalSeconds:0} seconds");
        }
    }

    /// <summary>No redirects: a token goes where it was set to go, and nowhere else.</summary>
    public static IHttpClientBuilder Add(IServiceCollection services) => services.AddHttpClient<Slack>(http => http.MaxResponseContentBufferSize = LongestAnswer).RemoveAllLoggers()
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5) });

    /// <param name="error">A word of Slack's; anything else is not repeated.</param>
    static SlackException Refused(string? error, int status) => new(error switch
    {
        "invalid_auth" or "not_authed" or "account_inactive" or "token_revoked" or "token_expired" => $"Slack does not accept Alerts__SlackToken ({error}); make a new one",
        "channel_not_found" => "Slack knows no channel of the name in Alerts__SlackChannel (channel_not_found); a private one only when the bot is a member",
        "not_in_channel" => "the bot is not in the channel (not_in_channel); invite it there: /invite",
        "is_archived" or "channel_is_archived" => $"the channel is archived ({error}); choose another in Alerts__SlackChannel",
        "missing_scope" => "the bot lacks the right chat:write (missing_scope); add it and install the app again",
        "no_service" or "no_team" or "invalid_token" or "action_prohibited" => $"the webhook of Alerts__SlackWebhook is not in use any more ({error}); make a new one",
        { Length: > 0 and <= 60 } word when word.All(letter => char.IsAsciiLetterLower(letter) || letter == '_') => $"Slack refused it ({word})",
        _ => $"Slack refused it ({status})",
    });
}
