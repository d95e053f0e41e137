using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Compares a line of a raw segment with what the allow-list leaves of the record.</summary>
/// <remarks>Containers without contents say nothing, so it does not matter whether they were kept.</remarks>
sealed class ReducedRecord(RecordKey key, Pseudonyms pseudonyms)
{
    /// <param name="found">The line; its first two fields are the codes.</param>
    /// <returns>The first difference, null when there is none. Pseudonyms are noted and judged later.</returns>
    public string? Difference(JsonElement sent, JsonElement found) => OfObject(AllowedFields.Of(key.Collection), sent, found, "");

    string? OfValue(Allowed allowed, JsonElement sent, JsonElement found, string path) => sent.ValueKind switch
    {
        JsonValueKind.Object => OfObject(allowed, sent, found, $"{path}."),
        JsonValueKind.Array => OfArray(allowed, sent, found, path),
        _ => OfLeaf(allowed.Keep(sent)!.Value, found, path),
    };

    string? OfObject(Allowed allowed, JsonElement sent, JsonElement found, string prefix)
    {
        if (found.ValueKind is not JsonValueKind.Object)
            return Differs(prefix.TrimEnd('.'), found, "an object");
        if (allowed.OfAnyName is { } inner)
            return OfNamed(inner, sent, found, prefix);
        foreach (var field in sent.EnumerateObject())
        {
            if (IsLeftOut(field.Name, prefix) || allowed.Field(field.Name) is not { } kept || !kept.KeepsSomeOf(field.Value))
                continue;
            if (!found.TryGetProperty(field.Name, out var value))
                return $"{prefix}{field.Name}: missing";
            if (OfValue(kept, field.Value, value, prefix + field.Name) is { } difference)
                return difference;
        }
        foreach (var field in found.EnumerateObject())
            if (!IsLeftOut(field.Name, prefix) && !IsFounded(allowed.Field(field.Name), sent, field))
                return $"{prefix}{field.Name}: should not be there";
        return null;
    }

    static bool IsFounded(Allowed? allowed, JsonElement sent, JsonProperty found) =>
        allowed is not null && (allowed.IsBlank(found.Value) || sent.TryGetProperty(found.Name, out var value) && allowed.KeepsSomeOf(value));

    /// <summary>Objects under names that the participant chose: a pseudonym stands for each name, in the same order.</summary>
    string? OfNamed(Allowed allowed, JsonElement sent, JsonElement found, string prefix)
    {
        var expected = sent.EnumerateObject().Where(field => allowed.KeepsSomeOf(field.Value)).ToArray();
        var actual = found.EnumerateObject().Where(field => !allowed.IsBlank(field.Value)).ToArray();
        if (expected.Length != actual.Length)
            return $"{prefix}: {actual.Length} names instead of {expected.Length}";
        foreach (var (one, other) in expected.Zip(actual))
        {
            pseudonyms.See(PseudonymSpace.Plain, Credentials.TakenOut(one.Name), other.Name, key);
            if (OfValue(allowed, one.Value, other.Value, $"{prefix}*") is { } difference)
                return difference;
        }
        return null;
    }

    bool IsLeftOut(string field, string prefix) => prefix.Length == 0 && (key.Collection.IsVolatile(field) || field is "participant" or "record");

    string? OfArray(Allowed allowed, JsonElement sent, JsonElement found, string path)
    {
        if (found.ValueKind is not JsonValueKind.Array)
            return Differs(path, found, "a list");
        var expected = sent.EnumerateArray().Where(allowed.KeepsSomeOf).ToArray();
        var actual = found.EnumerateArray().Where(element => !allowed.IsBlank(element)).ToArray();
        if (expected.Length != actual.Length)
            return $"{path}: {actual.Length} elements instead of {expected.Length}";
        for (var index = 0; index < expected.Length; index++)
            if (OfValue(allowed, expected[index], actual[index], path) is { } difference)
                return difference;
        return null;
    }

    string? OfLeaf(Leaf leaf, JsonElement found, string path)
    {
        if (leaf.Fits is { } fits)
            return found.ValueKind is JsonValueKind.String && fits(found.Text()) ? null : Differs(path, found, $"what is left of {leaf.Sent.Shown()}");
        if (leaf.Part is { } part)
            return found.ValueKind is JsonValueKind.String && found.Text() == part ? null : Differs(path, found, part);
        if (leaf.Sent.IsEmptyText() || leaf.Sent.ValueKind is JsonValueKind.Null || leaf.Space is not { } space)
            return IsAsSent(leaf.Sent, found) ? null : Differs(path, found, leaf.Sent.Shown());
        if (found.ValueKind is not JsonValueKind.String)
            return Differs(path, found, "a pseudonym");
        pseudonyms.See(space, leaf.Original, found.Text(), key);
        return null;
    }

    /// <summary>A number by its digits; a text may be escaped in another way.</summary>
    static bool IsAsSent(JsonElement sent, JsonElement found) =>
        sent.Bytes().SequenceEqual(found.Bytes())
        || sent.ValueKind is JsonValueKind.String && found.ValueKind is JsonValueKind.String && sent.Text() == found.Text();

    static string Differs(string path, JsonElement found, string expected) => $"{path}: {found.Shown()} instead of {expected}";
}
