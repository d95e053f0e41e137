using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServiceDefaults;

namespace DataManagementApp.Administration;

/// <summary>What a service said of itself.</summary>
/// <param name="IsReady">It answers, and so does what it depends on.</param>
/// <param name="Text">In plain words.</param>
/// <param name="Parts">What is wrong with it, part by part; empty: nothing is, or it does not answer.</param>
public sealed record ServiceHealth(string Service, bool IsReady, string Text, TimeSpan Took, IReadOnlyDictionary<string, PartHealth> Parts);

/// <summary>Asks each configured service for its <c>/health/ready</c>, all at once.</summary>
public sealed class ServicesHealth(HttpClient http, PortalOptions options)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<ServiceHealth>> AskAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(options.Services.OrderBy(service => service.Key, StringComparer.Ordinal).Select(service => AskAsync(service.Key, service.Value, cancellationToken)));

    async Task<ServiceHealth> AskAsync(string name, Uri address, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            using var answer = await http.GetAsync(new Uri(address, "/health/ready"), late.Token);
            var failing = await FailingAsync(answer, late.Token);
            return answer.IsSuccessStatusCode ? new(name, true, failing.Count == 0 ? "ready" : "ready, but not all is well", watch.Elapsed, failing)
                : new(name, false, failing.Count == 0 ? $"runs, but is not ready: it answered {(int)answer.StatusCode}" : "runs, but is not ready", watch.Elapsed, failing);
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(name, false, problem is HttpRequestException ? "does not answer" : $"does not answer within {Patience.TotalSeconds:0} seconds", watch.Elapsed, new Dictionary<string, PartHealth>());
        }
    }

    /// <summary>What is not as it should be, as our services tell it.</summary>
    static async Task<IReadOnlyDictionary<string, PartHealth>> FailingAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return PartHealth.Read(new MemoryStream(body)).Where(part => part.Value is { Status: not HealthStatus.Healthy }).ToDictionary();
        }
        catch (JsonException)
        {
            return new Dictionary<string, PartHealth>(); // somebody else's
        }
    }
}
