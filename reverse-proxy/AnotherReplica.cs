using Yarp.ReverseProxy.Forwarder;

namespace ReverseProxy;

/// <summary>Until a replica that just ended is noticed, what it did not answer is asked of another one, where asking twice changes nothing.</summary>
static class AnotherReplica
{
    public static async Task AskAsync(HttpContext context, RequestDelegate next)
    {
        var proxy = context.GetReverseProxyFeature();
        var available = proxy.AvailableDestinations;
        await next(context);

        var others = available.Where(destination => destination != proxy.ProxiedDestination).ToList();
        if (context.GetForwarderErrorFeature()?.Error != ForwarderError.Request || others.Count == 0 || context.Response.HasStarted || !IsRepeatable(context.Request))
            return;
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.StatusCode = StatusCodes.Status200OK;
        proxy.AvailableDestinations = others;
        await next(context);
    }

    static bool IsRepeatable(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true };
}
