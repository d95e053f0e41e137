using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Administration;

/// <summary>A process of a service.</summary>
/// <param name="Name">Machine/process; in containers the machine is the container.</param>
/// <param name="Version">The build that runs.</param>
/// <param name="BeatAt">When it last said that it runs.</param>
public sealed record ServiceInstance(string Service, string Name, string Version, DateTime StartedAt, DateTime BeatAt)
{
    public bool IsSilent(DateTime now) => now - BeatAt > InstanceBeat.SilentAfter;
}

/// <summary>Finds the processes of all services: those that use the database have written it there, others, as the proxy, are asked at each of their addresses.</summary>
public sealed class ServiceInstances(NpgsqlDataSource db, HttpClient http, PortalOptions options, TimeProvider clock)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<ServiceInstance>> FindAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var written = (await connection.QueryAsync<ServiceInstance>(new CommandDefinition(
            "select service, instance as name, version, started_at, beat_at from public.service_instance", cancellationToken: cancellationToken))).ToList();
        var others = await Task.WhenAll(options.Services.Where(service => written.All(instance => instance.Service != service.Key)).Select(service => AskAsync(service.Key, service.Value, cancellationToken)));
        return [.. written.Concat(others.SelectMany(instances => instances)).OrderBy(instance => instance.Service, StringComparer.Ordinal).ThenByDescending(instance => instance.BeatAt)];
    }

    async Task<IEnumerable<ServiceInstance>> AskAsync(string service, Uri url, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(url.Host, late.Token); // each is a replica
            var answers = await Task.WhenAll(addresses.Select(address => AskAsync(service, new UriBuilder(url) { Host = address.ToString(), Path = "/health/live" }.Uri, url.Host, late.Token)));
            return answers.OfType<ServiceInstance>().DistinctBy(instance => instance.Name); // one may have several addresses
        }
        catch (Exception problem) when (problem is SocketException || problem is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return []; // the page says that the service does not answer
        }
    }

    async Task<ServiceInstance?> AskAsync(string service, Uri address, string host, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Host = host } };
            using var answer = await http.SendAsync(request, cancellationToken);
            var live = await answer.Content.ReadFromJsonAsync<Liveness>(cancellationToken);
            return live is null ? null : new(service, live.Instance, live.Version, live.StartedAt.UtcDateTime, clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException)
        {
            return null;
        }
    }
}
