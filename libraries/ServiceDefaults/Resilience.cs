using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.CircuitBreaker;
using Polly.Registry;
using Polly.Retry;
using Polly.Timeout;

namespace ServiceDefaults;

/// <summary>
/// Tries reads again; a request with a body goes through once, because it cannot be sent twice.
/// Each attempt is timed until the first byte of the answer; the body is the caller's to time.
/// </summary>
/// <param name="reads">The pipeline of a request.</param>
public sealed class ResilienceHandler(Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> reads) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Get)
            return await base.SendAsync(request, cancellationToken);
        try
        {
            return await reads(request).ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
        }
        catch (TimeoutRejectedException late)
        {
            throw new TimeoutException(late.Message, late); // the clients know HttpClient and nothing of Polly
        }
        catch (BrokenCircuitException)
        {
            throw new CircuitOpenException();
        }
    }
}

/// <summary>Nothing was asked: the other side failed several times in a row and is left alone for a while.</summary>
public sealed class CircuitOpenException() : Exception("It failed several times in a row and is left alone for a while.");

static class ResiliencePipelines
{
    /// <summary>What the other side says it needs is waited for, within reason.</summary>
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Three attempts with jittered, growing pauses from <paramref name="firstPause"/>, after failures that pass by themselves.</summary>
    public static ResiliencePipeline<HttpResponseMessage> Reads(TimeSpan attemptTimeout, TimeSpan firstPause) => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddReads(firstPause)
        .AddTimeout(attemptTimeout)
        .Build();

    /// <param name="wakePause">Before another try where a host answered in place of what runs on it (502, 503, 504); null: as after other failures.</param>
    internal static ResiliencePipelineBuilder<HttpResponseMessage> AddReads(this ResiliencePipelineBuilder<HttpResponseMessage> builder, TimeSpan firstPause, TimeSpan? wakePause = null) => builder
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = 2,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = firstPause,
            DelayGenerator = failed => new(failed.Outcome.Result switch
            {
                { Headers.RetryAfter.Delta: { } wanted } => wanted < LongestPause ? wanted : LongestPause,
                { } answer when answer.IsStarting() => wakePause,
                _ => null,
            }),
            ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                .Handle<HttpRequestException>(failure => failure.HttpRequestError is not HttpRequestError.SecureConnectionError)
                .Handle<TimeoutRejectedException>()
                .HandleResult(answer => answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || answer.IsStarting()),
            OnRetry = failed =>
            {
                failed.Outcome.Result?.Dispose();
                return default;
            },
        });

    static bool IsStarting(this HttpResponseMessage answer) => answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}

public static class ResilientClients
{
    /// <summary>How long a host that failed too often is left alone.</summary>
    static readonly TimeSpan Break = TimeSpan.FromMinutes(15);

    /// <summary>A typed client behind one resilience pipeline; without the default request logging, which writes URLs.</summary>
    /// <param name="wakePause">Before another try where a host answered in place of what runs on it (502, 503, 504); null: as after other failures.</param>
    /// <param name="breakAfter">Failures of one host after which it is left alone for a quarter of an hour; null: never.</param>
    public static IHttpClientBuilder AddResilientClient<T>(this IServiceCollection services, TimeSpan attemptTimeout, TimeSpan firstPause, TimeSpan? wakePause = null, int? breakAfter = null) where T : class
    {
        var every = ResiliencePipelines.Reads(attemptTimeout, firstPause);
        var hosts = new ResiliencePipelineRegistry<string>();
        Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> reads = breakAfter is not { } most ? _ => every
            : request => hosts.GetOrAddPipeline<HttpResponseMessage>(request.RequestUri!.Authority, builder => builder
                .AddReads(firstPause, wakePause)
                .AddCircuitBreaker(new()
                {
                    MinimumThroughput = most,
                    FailureRatio = 0.9,
                    SamplingDuration = Break,
                    BreakDuration = Break,
                    ShouldHandle = new PredicateBuilder<HttpResponseMessage>().Handle<HttpRequestException>().Handle<TimeoutRejectedException>()
                        .HandleResult(answer => answer.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError),
                })
                .AddTimeout(attemptTimeout));
        return services.AddHttpClient<T>(http => http.Timeout = Timeout.InfiniteTimeSpan) // the pipeline times attempts
            .RemoveAllLoggers()
            .AddHttpMessageHandler(() => new ResilienceHandler(reads));
    }
}
