using Microsoft.AspNetCore.Connections.Features;

namespace Sandbox;

/// <summary>Lets the waiting faults hit their requests.</summary>
static class FaultInjection
{
    const int DripBytes = 64;

    public static void UseFaults(this WebApplication app, Faults faults, Func<HttpContext, FaultTarget> target) =>
        app.Use((context, next) =>
            !context.Request.Path.StartsWithSegments("/_sandbox") && faults.Take(context.Request.Method, target(context)) is { } fault
                ? HitAsync(fault, context, next)
                : next(context));

    static async Task HitAsync(Fault fault, HttpContext context, RequestDelegate next)
    {
        switch (fault.Kind)
        {
            case FaultKind.Status:
                if (fault.RetryAfter is { } pause)
                    context.Response.Headers.RetryAfter = $"{Math.Ceiling(pause.TotalSeconds)}";
                await Answers.Html("<h1>Application error</h1>", fault.Status).ExecuteAsync(context);
                break;
            case FaultKind.Delay:
                await Task.Delay(fault.Delay, context.RequestAborted);
                await next(context);
                break;
            case FaultKind.CutBody:
                var whole = await AnswerOfAsync(context, next);
                context.Response.ContentLength = Math.Max(whole.Length, 1); // also an empty answer is missed
                await context.Response.Body.WriteAsync(whole.AsMemory(0, whole.Length / 2), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(TimeSpan.FromMilliseconds(200), context.RequestAborted); // the half is to arrive: a reset overtakes what is still on its way
                context.Abort();
                break;
            case FaultKind.HtmlPage:
                await Answers.Html("<h1>This account has been suspended</h1>").ExecuteAsync(context);
                break;
            case FaultKind.JsonNull:
                await Answers.Json(null).ExecuteAsync(context);
                break;
            case FaultKind.EmptyBody:
                context.Response.ContentType = "application/json; charset=utf-8";
                context.Response.ContentLength = 0;
                break;
            case FaultKind.WrongContentType:
                context.Response.OnStarting(() =>
                {
                    context.Response.ContentType = "text/html; charset=utf-8";
                    return Task.CompletedTask;
                });
                await next(context);
                break;
            case FaultKind.SlowDrip:
                await DripAsync(await AnswerOfAsync(context, next), fault.Delay, context);
                break;
            case FaultKind.Reset:
                Reset(context);
                break;
            case FaultKind.LoseAnswer:
                await AnswerOfAsync(context, next);
                Reset(context);
                break;
        }
    }

    /// <summary>Carries the request out and keeps its body back; status and headers stay unsent.</summary>
    static async Task<byte[]> AnswerOfAsync(HttpContext context, RequestDelegate next)
    {
        var wire = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = wire;
        }
        return kept.ToArray();
    }

    static async Task DripAsync(byte[] answer, TimeSpan pause, HttpContext context)
    {
        context.Response.ContentLength = answer.Length;
        foreach (var drip in answer.Chunk(DripBytes))
        {
            await context.Response.Body.WriteAsync(drip, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(pause, context.RequestAborted);
        }
    }

    static void Reset(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>() is { } connection)
            connection.Socket.LingerState = new(enable: true, seconds: 0); // the close then sends RST
        context.Features.Get<Serving>()?.Lose();
        context.Abort();
    }
}
