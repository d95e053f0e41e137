using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>
/// As much of Slack as alerts need: <c>chat.postMessage</c> for one bot in one channel, which answers 200 with <c>ok</c> false when it refuses, and an incoming webhook,
/// which answers in plain text. Errors as docs.slack.dev names them.
/// </summary>
public sealed class SlackServer : IAsyncDisposable
{
    public const string Token = "xoxb-sandbox-token", Channel = "openaps-errors";

    readonly Lock _gate = new();
    readonly List<string> _messages = [];
    readonly Queue<(int Status, string? Error, int? RetryAfter)> _next = [];

    WebApplication _app = null!;

    /// <summary>For the setting <c>Alerts__SlackApi</c>.</summary>
    public Uri Api { get; private set; } = null!;

    /// <summary>For the setting <c>Alerts__SlackWebhook</c>.</summary>
    public Uri Webhook => new(Api, "/services/T000/B000/secret");

    /// <summary>Texts of the messages it took, in their order.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_gate)
                return [.. _messages];
        }
    }

    public static async Task<SlackServer> StartAsync(CancellationToken cancellationToken = default)
    {
        var server = new SlackServer();
        (server._app, var url) = await WebServer.StartAsync(0, app =>
        {
            app.MapPost("/api/chat.postMessage", server.PostMessageAsync);
            app.MapPost("/services/{**path}", server.HookAsync);
        }, cancellationToken);
        server.Api = new(url, "/api");
        return server;
    }

    /// <summary>Answers the next message so: with an error of Slack's (and status 200, to a bot), or with another status.</summary>
    /// <param name="retryAfter">Seconds, with 429.</param>
    public void RefuseNext(string? error = null, int status = 200, int? retryAfter = null)
    {
        lock (_gate)
            _next.Enqueue((status, error, retryAfter));
    }

    async Task PostMessageAsync(HttpContext context)
    {
        var message = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var error = TakeRefusal(context, out var wanted) ? wanted
            : context.Request.Headers.Authorization != $"Bearer {Token}" ? "invalid_auth"
            : (string?)message?["channel"] is not Channel ? "channel_not_found"
            : string.IsNullOrEmpty((string?)message["text"]) ? "no_text" : null;
        if (error is null && context.Response.StatusCode == StatusCodes.Status200OK)
            Add((string)message!["text"]!);
        await context.Response.WriteAsJsonAsync(error is null && context.Response.StatusCode == StatusCodes.Status200OK ? new JsonObject { ["ok"] = true, ["channel"] = "C000" } : new JsonObject { ["ok"] = false, ["error"] = error ?? "ratelimited" }, context.RequestAborted);
    }

    async Task HookAsync(HttpContext context)
    {
        var message = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        if (TakeRefusal(context, out var error) || context.Request.Path != Webhook.AbsolutePath)
        {
            if (context.Response.StatusCode == StatusCodes.Status200OK)
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync(error ?? "no_service", context.RequestAborted);
            return;
        }
        Add((string)message!["text"]!);
        await context.Response.WriteAsync("ok", context.RequestAborted);
    }

    bool TakeRefusal(HttpContext context, out string? error)
    {
        lock (_gate)
        {
            var isRefused = _next.TryDequeue(out var next);
            error = next.Error;
            if (isRefused)
                context.Response.StatusCode = next.Status;
            if (next.RetryAfter is { } seconds)
                context.Response.Headers.RetryAfter = $"{seconds}";
            return isRefused;
        }
    }

    void Add(string text)
    {
        lock (_gate)
            _messages.Add(text);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
