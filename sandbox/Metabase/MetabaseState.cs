using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Sandbox;

sealed record MetabaseUser(string Email, string Password, bool IsSuperuser);

/// <summary>A field of a table of a database that was read.</summary>
sealed record MetabaseField(long Id, long TableId, string Schema, string Table, string Name, string BaseType);

sealed class MetabaseDatabase(long id, string name, string engine, JsonObject details)
{
    public long Id => id;

    public string Name { get; set; } = name;

    public string Engine => engine;

    /// <summary>With the password.</summary>
    public JsonObject Details { get; set; } = details;

    public int PollsLeft { get; set; }

    public IReadOnlyList<MetabaseField> Fields { get; set; } = [];
}

sealed class MetabaseCollection(long id, string name, string? description)
{
    public long Id => id;

    public string Name { get; set; } = name;

    public string? Description { get; set; } = description;

    public bool IsArchived { get; set; }
}

/// <summary>What the stand-in remembers; numbers are random, so that nobody relies on them.</summary>
sealed class MetabaseState
{
    readonly HashSet<long> _ids = [];

    public string SetupToken { get; } = Guid.NewGuid().ToString();

    public List<MetabaseUser> Users { get; } = [];

    public ConcurrentDictionary<string, MetabaseUser> Sessions { get; } = new();

    public ConcurrentDictionary<string, string> ApiKeys { get; } = new();

    public int FailedLogins { get; set; }

    /// <summary>Set by an administrator; the environment's are elsewhere, and win.</summary>
    public ConcurrentDictionary<string, JsonNode?> Settings { get; } = new();

    public ConcurrentDictionary<long, MetabaseDatabase> Databases { get; } = new();

    public ConcurrentDictionary<long, MetabaseCollection> Collections { get; } = new();

    public ConcurrentDictionary<long, MetabaseCard> Cards { get; } = new();

    public ConcurrentDictionary<long, MetabaseDashboard> Dashboards { get; } = new();

    public MetabaseField? Field(long id) => Databases.Values.SelectMany(database => database.Fields).FirstOrDefault(field => field.Id == id);

    public long NextId()
    {
        lock (_ids)
            while (true)
                if (Random.Shared.Next(1, 100_000) is var id && _ids.Add(id))
                    return id;
    }
}
