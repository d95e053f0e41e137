namespace Sandbox;

/// <summary>What differs between releases of Metabase, and what goes wrong on purpose.</summary>
public sealed record MetabaseBehaviour
{
    public string Version { get; init; } = "v0.64.6.2";

    /// <summary>Whether answers have a query's <c>template-tags</c> as a list, as from 0.63 on, or as a map.</summary>
    public bool TagsAreAList { get; init; } = true;

    /// <summary>The switch of embedding: <c>enable-embedding</c> before 0.51, <c>enable-embedding-static</c>, or <c>enable-embedding-modular</c>.</summary>
    public string EmbeddingSetting { get; init; } = "enable-embedding-static";

    /// <summary>Whether that switch is set by the environment, as <c>docker-compose.prod.yml</c> does it; else it is off until somebody turns it on.</summary>
    public bool EmbeddingByEnvironment { get; init; } = true;

    /// <summary>Whether keys that no release declares are refused; by default they are silently left out.</summary>
    public bool RefusesUndeclaredKeys { get; init; }

    /// <summary>How often it is asked for its health before it has started.</summary>
    public int PollsUntilUp { get; init; }

    /// <summary>How often a database is asked for before its tables are known.</summary>
    public int PollsUntilSynced { get; init; } = 2;

    /// <summary>Whether the first request after the start is cut off.</summary>
    public bool DropsOneConnection { get; init; }
}
