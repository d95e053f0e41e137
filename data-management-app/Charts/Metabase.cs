using System.Text.Json;
using DataManagementApp.Accounts;
using ServiceDefaults;

namespace DataManagementApp.Charts;

/// <param name="Url">Of the frame, with a token in it; for this reader only, and in no log.</param>
/// <param name="ExpiresAt">When the token ends; a new one is asked for before.</param>
public sealed record Embed(Uri Url, DateTimeOffset ExpiresAt);

/// <summary>Signs dashboards of Metabase for readers, each for the commons they may read.</summary>
/// <remarks>A token names one dashboard and one value of its locked parameter <c>project</c>: openaps, nsf or all. Metabase checks it with every request.</remarks>
public sealed class Metabase(MetabaseOptions options, IHttpClientFactory http, TimeProvider clock, ILogger<Metabase> log)
{
    public const string Client = "metabase";

    public static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(10);

    static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(15), Patience = TimeSpan.FromSeconds(2);

    (DateTimeOffset At, bool IsUp) _checked = (DateTimeOffset.MinValue, false);

    /// <summary>What the policy of a page with a frame allows besides ours.</summary>
    public string FrameSource => options.SiteUrl!.GetLeftPart(UriPartial.Authority);

    /// <param name="commons">openaps or nsf; null: all that the grant covers.</param>
    /// <returns>Null: Metabase is not configured, does not answer, has no such dashboard, or the grant does not cover the commons.</returns>
    public async Task<Embed?> FindAsync(Grant grant, string topic, string? commons, CancellationToken cancellationToken)
    {
        if (!options.IsConfigured || Project(grant, commons) is not { } project || await DashboardAsync(topic, cancellationToken) is not { } dashboard || !await IsUpAsync(cancellationToken))
            return null;
        var expires = clock.GetUtcNow() + ValidFor;
        return new(new(options.SiteUrl!, $"{options.SiteUrl!.AbsolutePath.TrimEnd('/')}/embed/dashboard/{EmbedToken.Of(dashboard, project, options.EmbeddingSecretKey!, expires)}#bordered=false&titled=false"), expires);
    }

    /// <summary>The value of the locked parameter; null: nothing is signed.</summary>
    public static string? Project(Grant grant, string? commons) => commons switch
    {
        "openaps" when grant.OpenAps => "openaps",
        "nsf" when grant.Nsf => "nsf",
        null when grant is { OpenAps: true, Nsf: true } => "all",
        null when grant.OpenAps => "openaps",
        null when grant.Nsf => "nsf",
        _ => null,
    };

    /// <returns>Why readers see the built-in charts, and what to do; null: they see dashboards.</returns>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        const string Instead = ", and the built-in charts are shown; see: docker compose logs";
        try
        {
            await NumbersAsync(cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            return $"{(problem is FileNotFoundException or DirectoryNotFoundException ? "Metabase's dashboards were not made yet" : "the numbers of Metabase's dashboards cannot be read")}{Instead} metabase-provisioner";
        }
        return await IsUpAsync(cancellationToken) ? null : $"Metabase does not answer{Instead} metabase";
    }

    async Task<long?> DashboardAsync(string topic, CancellationToken cancellationToken)
    {
        try
        {
            return (await NumbersAsync(cancellationToken)).TryGetValue(topic, out var number) ? number : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            log.LogWarning("The numbers of Metabase's dashboards cannot be read ({Problem}): built-in charts are shown.", problem.GetType().Name);
            return null;
        }
    }

    /// <summary>Read each time: whoever makes the dashboards anew gives them other numbers.</summary>
    async Task<IReadOnlyDictionary<string, long>> NumbersAsync(CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(options.DashboardsFile!);
        return (await JsonSerializer.DeserializeAsync<Numbers>(file, JsonSerializerOptions.Web, cancellationToken))?.Dashboards ?? throw new JsonException("No dashboards.");
    }

    sealed record Numbers(IReadOnlyDictionary<string, long>? Dashboards);

    async Task<bool> IsUpAsync(CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() - _checked.At < CheckEvery)
            return _checked.IsUp;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var isUp = false;
        try
        {
            using var client = http.CreateClient(Client);
            var url = options.InternalUrl ?? options.SiteUrl!;
            using var answer = await client.GetAsync(new Uri(url, $"{url.AbsolutePath.TrimEnd('/')}/api/health"), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            isUp = answer.IsSuccessStatusCode;
        }
        catch (Exception problem) when (problem is HttpRequestException || problem is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
        }
        if (!isUp && (_checked.IsUp || _checked.At == DateTimeOffset.MinValue)) // once: health checks ask every few seconds
            log.LogWarning("Metabase does not answer its health check: built-in charts are shown.");
        _checked = (clock.GetUtcNow(), isUp);
        return isUp;
    }
}
