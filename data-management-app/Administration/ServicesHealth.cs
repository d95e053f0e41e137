using System.Diagnostics;
using System.Text.Json;

namespace DataManagementApp.Administration;

/// <summary>What a service said of itself.</summary>
/// <param name="IsReady">It answers, and so does what it depends on.</param>
/// <param name="Text">In plain words.</param>
public sealed record ServiceHealth(string Service, bool IsReady, string Text, TimeSpan Took);

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
            if (answer.IsSuccessStatusCode)
                return new(name, true, "ready", watch.Elapsed);
            return new(name, false, $"runs, but is not ready: {await FailingAsync(answer, late.Token)}", watch.Elapsed);
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(name, false, problem is HttpRequestException ? "does not answer" : $"does not answer within {Patience.TotalSeconds:0} seconds", watch.Elapsed);
        }
    }

    /// <summary>Names of what does not answer to it, as our services tell them.</summary>
    static async Task<string> FailingAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var parts = await answer.Content.ReadFromJsonAsync<Dictionary<string, string>>(cancellationToken);
            return parts?.Where(part => part.Value != "Healthy").Select(part => part.Key).ToList() is { Count: > 0 } failing ? string.Join(", ", failing) : $"it answered {(int)answer.StatusCode}";
        }
        catch (JsonException)
        {
            return $"it answered {(int)answer.StatusCode}";
        }
    }
}
