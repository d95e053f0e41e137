using System.Collections.Concurrent;

namespace Sandbox;

/// <param name="Template">The path with its variable parts in braces; "" for one that nothing serves.</param>
/// <param name="Subject">Whose: the member's id or the site's name; null when nobody's.</param>
/// <param name="Status">0 when the connection ended before an answer.</param>
/// <param name="BytesIn">Body bytes read.</param>
/// <param name="BytesOut">Body bytes sent, as they were on the wire.</param>
/// <param name="At">When it came, in real time.</param>
public sealed record ServedRequest(string Method, string Template, string Query, string? Subject, int Status, long BytesIn, long BytesOut, DateTime At);

/// <summary>What a stand-in served, so that a test or a benchmark can count requests and bytes.</summary>
/// <remarks>A request is in here, with all its bytes, before its client sees the end of the answer.</remarks>
public sealed class RequestLog
{
    readonly ConcurrentQueue<Serving> _requests = new();

    /// <summary>In the order in which they came; without those that are not answered yet.</summary>
    public IReadOnlyList<ServedRequest> Served => [.. _requests.Where(request => request.IsAnswered).Select(request => request.Now)];

    /// <summary>Whether a request to this path has come and is not answered yet.</summary>
    public bool IsServing(string template) => _requests.Any(request => !request.IsAnswered && request.Template == template);

    public void Clear() => _requests.Clear();

    internal void Add(Serving request) => _requests.Enqueue(request);
}

/// <summary>A request that is being served.</summary>
sealed class Serving(string method, string template, string query, string? subject)
{
    volatile int _status;
    volatile bool _isAnswered;
    volatile bool _isLost;
    readonly DateTime _at = DateTime.UtcNow;

    public ByteCount In { get; } = new();

    public ByteCount Out { get; } = new();

    public string Template => template;

    public bool IsAnswered => _isAnswered;

    public ServedRequest Now => new(method, template, query, subject, _status, In.Bytes, Out.Bytes, _at);

    public void Answer(int status)
    {
        if (_isLost)
            return;
        (_status, _isAnswered) = (status, true);
    }

    /// <summary>There is no answer, whatever the server still thinks it sends.</summary>
    public void Lose() => (_isLost, _status, _isAnswered) = (true, 0, true);
}

static class RequestLogging
{
    public static void UseRequestLog(this WebApplication app, RequestLog log, Func<HttpContext, string> template, Func<HttpContext, string?> subject) =>
        app.Use(async (context, next) =>
        {
            var (request, response) = (context.Request, context.Response);
            if (request.Path.StartsWithSegments("/_sandbox"))
            {
                await next(context);
                return;
            }
            var serving = new Serving(request.Method, template(context), request.QueryString.Value ?? "", subject(context)); // the call may revoke the token
            log.Add(serving);
            context.Features.Set(serving);
            await using var bodyIn = new CountingStream(request.Body, serving.In);
            await using var bodyOut = new CountingStream(response.Body, serving.Out);
            (request.Body, response.Body) = (bodyIn, bodyOut);
            response.OnStarting(() =>
            {
                serving.Answer(response.StatusCode);
                return Task.CompletedTask;
            });
            try
            {
                await next(context);
            }
            finally
            {
                serving.Answer(response.StatusCode); // an answer without a body starts after this
            }
        });
}
