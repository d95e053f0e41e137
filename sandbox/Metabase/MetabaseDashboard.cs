using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>A dashboard of the stand-in.</summary>
/// <param name="IsPublished"><c>enable_embedding</c>.</param>
/// <param name="Parameters"><c>embedding_params</c>: slug to <c>disabled</c>, <c>enabled</c> or <c>locked</c>.</param>
public sealed record MetabaseDashboard(string Name, bool IsPublished, IReadOnlyDictionary<string, string> Parameters)
{
    public string Name { get; set; } = Name;

    public bool IsPublished { get; set; } = IsPublished;

    public IReadOnlyDictionary<string, string> Parameters { get; set; } = Parameters;

    public string? Description { get; set; }

    public long? CollectionId { get; set; }

    public bool IsArchived { get; set; }

    public string Width { get; set; } = "fixed";

    /// <summary>The dashboard's own parameters, as they were put.</summary>
    public JsonArray Declared { get; set; } = [];

    /// <summary>As they were put, with real numbers.</summary>
    public IReadOnlyList<JsonObject> Dashcards { get; set; } = [];
}
