using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace OpenHumansEtl.AllowList;

/// <summary>
/// A field that may enter the warehouse, with the fields below it. What is not on the list is dropped, and so is a value that its rule does not
/// accept. An array stands for its elements: the same rule goes for each.
/// </summary>
/// <param name="name">Property name; <c>*</c> for names the participant chose, which become pseudonyms.</param>
/// <param name="rule">What a value must look like; null for a field that is only a container.</param>
public sealed class Field(string name, Rule? rule, params Field[] below)
{
    readonly byte[] _name = Encoding.UTF8.GetBytes(name);
    readonly FrozenDictionary<int, Field[]> _below = below.GroupBy(field => Bucket(field._name)).ToFrozenDictionary(same => same.Key, same => same.ToArray());
    readonly Field? _any = Array.Find(below, field => field.Name == "*");

    public string Name => name;

    public Rule? Rule => rule;

    public bool IsContainer => below.Length > 0;

    /// <summary>Where the value goes that a column of the typed tables takes from here; -1: nowhere.</summary>
    public int Slot { get; private set; } = -1;

    /// <summary>By which is counted what is seen of it, from 1; 0 where nobody counts.</summary>
    public int Number { get; private set; }

    /// <summary>Of an array a column takes the last element instead of the first: where a prediction ends.</summary>
    public bool TakesLast { get; init; }

    /// <summary>The field of the reader's current property, null when it is not on the list.</summary>
    public Field? Find(ref Utf8JsonReader property)
    {
        if (_any is not null)
            return _any;
        if (property.ValueIsEscaped) // no name on the list needs an escape, but one can be written with
        {
            foreach (var field in below)
                if (property.ValueTextEquals(field._name))
                    return field;
        }
        else if (_below.TryGetValue(Bucket(property.ValueSpan), out var candidates))
        {
            foreach (var field in candidates)
                if (property.ValueSpan.SequenceEqual(field._name))
                    return field;
        }
        return null;
    }

    /// <summary>Numbers the fields that columns are taken from.</summary>
    /// <param name="paths">Dotted, as the columns name them.</param>
    /// <exception cref="InvalidOperationException">A path is not on the allow-list.</exception>
    public Field WithSlots(IReadOnlyList<string> paths)
    {
        for (var slot = 0; slot < paths.Count; slot++)
            paths[slot].Split('.').Aggregate(this, (at, part) => at.At(part)
                ?? throw new InvalidOperationException($"{paths[slot]} is a column but not on the allow-list.")).Slot = slot;
        return this;
    }

    /// <summary>Numbers this field and all below it, containers too.</summary>
    /// <returns>Their paths by number, that of this field empty; there is none with number 0.</returns>
    public IReadOnlyList<string> WithNumbers()
    {
        var paths = new List<string> { "", "" };
        Number = 1;
        NumberBelow("", paths);
        return paths;
    }

    void NumberBelow(string prefix, List<string> paths)
    {
        foreach (var field in below)
        {
            field.Number = paths.Count;
            paths.Add(prefix + field.Name);
            field.NumberBelow($"{prefix}{field.Name}.", paths);
        }
    }

    /// <summary>Every path with its rule, for the documentation.</summary>
    public IEnumerable<(string Path, Rule Rule)> Paths(string prefix = "") => below.SelectMany(field =>
        (field.Rule is { } itsRule ? [($"{prefix}{field.Name}", itsRule)] : Enumerable.Empty<(string, Rule)>()).Concat(field.Paths($"{prefix}{field.Name}.")));

    public static Field Group(string name, params Field[] below) => new(name, null, below);

    public static Field[] Numbers(params string[] names) => [.. names.Select(name => new Field(name, Rule.Number))];

    public static Field[] Flags(params string[] names) => [.. names.Select(name => new Field(name, Rule.Flag))];

    public static Field[] Times(params string[] names) => [.. names.Select(name => new Field(name, Rule.Time))];

    public static Field[] Codes(params string[] names) => [.. names.Select(name => new Field(name, Rule.Code))];

    Field? At(string part) => Array.Find(below, field => field.Name == part);

    static int Bucket(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : name.Length << 8 | name[0];
}
