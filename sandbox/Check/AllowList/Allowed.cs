using System.Text.Json;

namespace Sandbox.Check;

/// <summary>The fields of a record, or of an object in it, that enter the warehouse. An array stands for its elements.</summary>
sealed class Allowed
{
    const string AnyName = "*";

    readonly Dictionary<string, Allowed> _fields = new(StringComparer.Ordinal);
    readonly List<Kind> _kinds = [];

    /// <param name="rows">A kind and the paths of it, with commas between.</param>
    public static Allowed Of(params (Kind Kind, string Paths)[] rows)
    {
        var root = new Allowed();
        foreach (var (kind, paths) in rows)
            foreach (var path in paths.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                root.At(path)._kinds.Add(kind);
        return root;
    }

    /// <summary>Adds the same fields below several paths; an empty one is the record itself.</summary>
    public Allowed With(string prefixes, Allowed fields)
    {
        foreach (var prefix in prefixes.Split(", "))
            foreach (var (path, kinds) in fields.Paths)
                At(prefix.Length == 0 ? path : $"{prefix}.{path}")._kinds.AddRange(kinds);
        return this;
    }

    /// <summary>Every path, and what may be there.</summary>
    public IEnumerable<(string Path, IReadOnlyList<Kind> Kinds)> Paths
    {
        get
        {
            foreach (var (name, inner) in _fields)
            {
                if (inner._kinds.Count > 0)
                    yield return (name, inner._kinds);
                foreach (var (path, kinds) in inner.Paths)
                    yield return ($"{name}.{path}", kinds);
            }
        }
    }

    /// <summary>The names below are the participant's own words.</summary>
    public Allowed? OfAnyName => _fields.GetValueOrDefault(AnyName);

    public Allowed? Field(string name) => _fields.GetValueOrDefault(name) ?? OfAnyName;

    /// <returns>Null when the value is dropped. null and empty text stay what they are.</returns>
    public Leaf? Keep(JsonElement value)
    {
        if (_kinds.Count > 0 && (value.ValueKind is JsonValueKind.Null || value.IsEmptyText()))
            return new Leaf(value);
        foreach (var kind in _kinds)
            if (kind.Keep(value) is { } leaf)
                return leaf;
        return null;
    }

    /// <summary>Whether anything is left of a value: of an object or array something inside.</summary>
    public bool KeepsSomeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(field => Field(field.Name)?.KeepsSomeOf(field.Value) ?? false),
        JsonValueKind.Array => value.EnumerateArray().Any(KeepsSomeOf),
        _ => Keep(value) is not null,
    };

    /// <summary>Whether a found value says nothing: a container without contents, or null where only a container may be.</summary>
    public bool IsBlank(JsonElement found) => found.ValueKind switch
    {
        JsonValueKind.Object => found.EnumerateObject().All(field => Field(field.Name)?.IsBlank(field.Value) ?? false),
        JsonValueKind.Array => found.EnumerateArray().All(IsBlank),
        JsonValueKind.Null => _kinds.Count == 0,
        _ => false,
    };

    Allowed At(string path)
    {
        var node = this;
        foreach (var name in path.Split('.'))
        {
            if (!node._fields.TryGetValue(name, out var next))
                node._fields.Add(name, next = new());
            node = next;
        }
        return node;
    }
}
