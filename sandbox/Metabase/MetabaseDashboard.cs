namespace Sandbox;

/// <summary>A dashboard of the stand-in.</summary>
/// <param name="IsPublished"><c>enable_embedding</c>.</param>
/// <param name="Parameters"><c>embedding_params</c>: slug to <c>disabled</c>, <c>enabled</c> or <c>locked</c>.</param>
public sealed record MetabaseDashboard(string Name, bool IsPublished, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsArchived { get; init; }
}
