using System.Text.Json.Nodes;
using ServiceDefaults;

namespace MetabaseProvisioner;

/// <summary>Opens each dashboard as a reader of the portal would, and runs its questions. The page of an embed is 200 whatever the token is, so the data behind it is asked.</summary>
sealed class EmbedTrial(MetabaseClient metabase, string secretKey, TimeProvider clock)
{
    /// <returns>Null: all questions run.</returns>
    /// <exception cref="MetabaseException">A dashboard cannot be embedded at all.</exception>
    public async Task<(string Topic, string Question)?> FirstFailureAsync(IReadOnlyDictionary<string, long> dashboards, CancellationToken cancellationToken)
    {
        foreach (var (topic, id) in dashboards)
        {
            var path = $"/api/embed/dashboard/{EmbedToken.Of(id, "all", secretKey, clock.GetUtcNow().AddMinutes(5))}";
            var (isGood, text) = await metabase.AskEmbedAsync(path, cancellationToken);
            if (!isGood)
                throw new MetabaseException(text.StartsWith("Message seems corrupt", StringComparison.Ordinal)
                    ? "Metabase has another key of embedding than Metabase__EmbeddingSecretKey: set MB_EMBEDDING_SECRET_KEY to the same 64 digits and start Metabase anew."
                    : $"Dashboard {topic} cannot be embedded: {text}");
            foreach (var tile in (JsonNode.Parse(text)!["dashcards"] as JsonArray ?? []).Where(tile => tile?["card"] is not null))
                if (!await RunsAsync($"{path}/dashcard/{tile!["id"]}/card/{tile["card"]!["id"]}", cancellationToken))
                    return (topic, $"{tile["card"]!["name"]}");
        }
        return null;
    }

    /// <summary>A question that fails is answered like one that runs; the body says.</summary>
    async Task<bool> RunsAsync(string path, CancellationToken cancellationToken)
    {
        var (isGood, text) = await metabase.AskEmbedAsync(path, cancellationToken);
        return isGood && (string?)JsonNode.Parse(text)?["status"] == "completed";
    }
}
