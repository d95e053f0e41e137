using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Compares a record in a participant's file with what Nightscout serves: all fields, each by its bytes.</summary>
sealed class CopiedRecord(RecordKey key, Pseudonyms pseudonyms)
{
    /// <summary>What texts name: a device or a person.</summary>
    const string Name = "name";

    public bool IgnoresId { get; init; }

    /// <returns>The first difference, null when there is none. Pseudonyms are noted and judged later.</returns>
    public string? Difference(JsonElement sent, JsonElement kept) => OfObject(sent, kept, "");

    string? OfValue(JsonElement sent, JsonElement kept, string role, string path) => sent.ValueKind switch
    {
        JsonValueKind.Object => OfObject(sent, kept, $"{path}."),
        JsonValueKind.Array => OfArray(sent, kept, role, path),
        JsonValueKind.String => OfText(sent, kept, role, path),
        _ => sent.Bytes().SequenceEqual(kept.Bytes()) ? null : Differs(path, sent, kept),
    };

    string? OfObject(JsonElement sent, JsonElement kept, string prefix)
    {
        if (kept.ValueKind is not JsonValueKind.Object)
            return Differs(prefix.TrimEnd('.'), sent, kept);
        foreach (var field in sent.EnumerateObject())
        {
            if (Credentials.IsField(field.Name) || IsLeftOut(field.Name, prefix))
                continue;
            if (!kept.TryGetProperty(field.Name, out var value))
                return $"{prefix}{field.Name}: missing";
            var role = field.Name is "device" or "enteredBy" || field.Name == "name" && (prefix == "uploader." || prefix.EndsWith(".uploader.", StringComparison.Ordinal)) ? Name : "";
            if (OfValue(field.Value, value, role, prefix + field.Name) is { } difference)
                return difference;
        }
        foreach (var field in kept.EnumerateObject())
        {
            if (Credentials.IsField(field.Name))
                return $"{prefix}{field.Name}: a credential is kept";
            if (!IsLeftOut(field.Name, prefix) && !sent.TryGetProperty(field.Name, out _))
                return $"{prefix}{field.Name}: not on Nightscout";
        }
        return null;
    }

    bool IsLeftOut(string field, string prefix) => prefix.Length == 0 && (key.Collection.IsVolatile(field) || IgnoresId && field == "_id");

    string? OfArray(JsonElement sent, JsonElement kept, string role, string path)
    {
        if (kept.ValueKind is not JsonValueKind.Array || kept.GetArrayLength() != sent.GetArrayLength())
            return Differs(path, sent, kept);
        foreach (var (one, other) in sent.EnumerateArray().Zip(kept.EnumerateArray()))
            if (OfValue(one, other, role, path) is { } difference)
                return difference;
        return null;
    }

    string? OfText(JsonElement sent, JsonElement kept, string role, string path)
    {
        if (kept.ValueKind is not JsonValueKind.String)
            return Differs(path, sent, kept);
        if (role == Name)
        {
            if (sent.IsEmptyText() || kept.IsEmptyText())
                return sent.IsEmptyText() && kept.IsEmptyText() ? null : Differs(path, sent, kept);
            pseudonyms.See(PseudonymSpace.Name, Credentials.TakenOut(sent.Text()), kept.Text(), key);
            return null;
        }
        if (Credentials.Inside(sent.Text()) is { } inside)
            return OfTextInside(inside, kept.Text(), path);
        if (Credentials.MayBeIn(sent) && sent.Text() is var text && Credentials.TakenOut(text) is var rest && rest != text)
            return kept.Text() == rest ? null : $"{path}: a credential inside is not taken out as documented";
        return sent.Bytes().SequenceEqual(kept.Bytes()) ? null : Differs(path, sent, kept);
    }

    /// <summary>JSON inside text is a record of its own.</summary>
    string? OfTextInside(JsonDocument sent, string kept, string path)
    {
        using (sent)
        using (var other = Credentials.Inside(kept))
            return other is null ? $"{path}: no longer JSON" : OfValue(sent.RootElement, other.RootElement, "", $"{path}.");
    }

    static string Differs(string path, JsonElement sent, JsonElement kept) => $"{path}: {kept.Shown()} instead of {sent.Shown()}";
}
