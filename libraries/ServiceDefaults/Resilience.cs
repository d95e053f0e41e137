using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace ServiceDefaults;

/// <summary>
/// Tries reads again; a request with a body goes through once, because it cannot be sent twice.
/// Each attempt is timed until the first byte of the answer; the body is the caller's to time.
/// </summary>
public sealed class ResilienceHandler(ResiliencePipeline<HttpResponseMessage> reads) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Get)
            return await base.SendAsync(request, cancellationToken);
        try
        {
            return await reads.ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
        }
        catch (TimeoutRejectedException late)
        {
            throw new TimeoutException(late.Message, late); // the clients know HttpClient and nothing of Polly
        }
    }

    /// <summary>Three attempts with jittered, growing pauses from <paramref name="firstPause"/>, after failures that pass by themselves.</summary>
    public static ResiliencePipeline<HttpResponseMessage> Reads(TimeSpan attemptTimeout, TimeSpan firstPause) => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = 2,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = firstPause,
            ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                .Handle<HttpRequestException>(failure => failure.HttpRequestError is not HttpRequestError.SecureConnectionError)
                .Handle<TimeoutRejectedException>()
                .HandleResult(answer => answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                    or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout),
            OnRetry = failed =>
            {
                failed.Outcome.Result?.Dispose();
                return default;
            },
        })
        .AddTimeout(attemptTimeout)
        .Build();
}

public static class ResilientClients
{
    /// <summary>A typed client behind one resilience pipeline; without the default request logging, which writes URLs.</summary>
    public static IHttpClientBuilder AddResilientClient<T>(this IServiceCollection services, TimeSpan attemptTimeout, TimeSpan firstPause) where T : class
    {
        var reads = ResilienceHandler.Reads(attemptTimeout, firstPause);
        return services.AddHttpClient<T>(http => http.Timeout = Timeout.InfiniteTimeSpan) // the pipeline times attempts
            .RemoveAllLoggers()
            .AddHttpMessageHandler(() => new ResilienceHandler(reads));
    }
}
