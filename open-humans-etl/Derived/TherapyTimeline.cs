using System.Text.Json;

namespace OpenHumansEtl.Derived;

/// <summary>A profile document.</summary>
/// <param name="From">From when it holds, UTC.</param>
/// <param name="Default">Settings of its default profile.</param>
/// <param name="Store">By pseudonym of the profile's name.</param>
/// <param name="IsOfController">Written by Loop, Trio or iAPS, which know no profile switches.</param>
public sealed record ProfileDocument(DateTime From, TherapySet? Default, IReadOnlyDictionary<string, TherapySet> Store, bool IsOfController)
{
    /// <param name="line">A de-identified line.</param>
    public static ProfileDocument Read(DateTime from, JsonElement line, Action<string, string> problem)
    {
        var units = Text(line, "units");
        var store = new Dictionary<string, TherapySet>();
        var hasStore = line.TryGetProperty("store", out var named) && named.ValueKind is JsonValueKind.Object;
        if (hasStore)
            foreach (var profile in named.EnumerateObject().Where(profile => profile.Value.ValueKind is JsonValueKind.Object))
                if (TherapySet.Read(profile.Value, units, (field, reason) => problem($"store.*.{field}", reason)) is { } set)
                    store[profile.Name] = set;
        var inForce = !hasStore ? TherapySet.Read(line, units, problem)
            : Text(line, "defaultProfile") is { } name && store.TryGetValue(name, out var found) ? found
            : store.Count == 1 ? store.Values.Single() : null;
        if (line.TryGetProperty("loopSettings", out var settings) && settings.ValueKind is JsonValueKind.Object)
            inForce = inForce?.With(settings);
        var writer = (Text(line, "enteredBy") ?? "").Split('-', ':', ' ')[0];
        return new(from, inForce, store, writer.ToUpperInvariant() is "LOOP" or "TRIO" or "IAPS" or "FREEAPS");
    }

    static string? Text(JsonElement from, string field) => from.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A treatment that puts a profile in force.</summary>
/// <param name="End">UTC; null: until the next.</param>
/// <param name="Names">Pseudonyms under which the profile may be in the store, the better one first.</param>
/// <param name="Own">The profile it brings along.</param>
/// <param name="Percentage">Still to be applied.</param>
/// <param name="HoursLater">Still to be applied.</param>
public sealed record ProfileSwitch(DateTime At, DateTime? End, IReadOnlyList<string> Names, TherapySet? Own, decimal Percentage, decimal HoursLater);

/// <summary>Settings that came in force.</summary>
/// <param name="Source">As in <c>openaps.therapy_setting.source</c>.</param>
public sealed record TherapyChange(DateTime From, TherapySet Set, string Source);

/// <summary>Puts profile documents and profile switches together to what was in force when.</summary>
public static class TherapyTimeline
{
    /// <remarks>
    /// The newest document holds with its default profile, until a profile switch names another one; the newest switch that has not ended holds. A document
    /// of a controller that knows no switches ends an older switch: the wearer has changed over.
    /// </remarks>
    /// <param name="documents">In the order in which they were written; of those with the same start the last holds.</param>
    /// <returns>Only what differs from the settings before, ascending.</returns>
    public static IReadOnlyList<TherapyChange> Build(IEnumerable<ProfileDocument> documents, IEnumerable<ProfileSwitch> switches)
    {
        ProfileDocument[] profiles = [.. documents.OrderBy(document => document.From)];
        ProfileSwitch[] switched = [.. switches.OrderBy(one => one.At)];
        var instants = profiles.Select(profile => profile.From).Concat(switched.SelectMany(one => one.End is { } end ? [one.At, end] : new[] { one.At })).Distinct().Order();
        var changes = new List<TherapyChange>();
        var (document, change) = (-1, -1);
        var changedOver = DateTime.MinValue;
        foreach (var at in instants)
        {
            for (; document + 1 < profiles.Length && profiles[document + 1].From <= at; document++)
                if (profiles[document + 1].IsOfController)
                    changedOver = profiles[document + 1].From;
            while (change + 1 < switched.Length && switched[change + 1].At <= at)
                change++;
            var profile = document < 0 ? null : profiles[document];
            var newest = switched.Take(change + 1).LastOrDefault(one => one.At > changedOver && (one.End is null || one.End > at));
            if (InForce(at, profile, newest) is { } now && !now.Set.IsSameAs(changes.LastOrDefault()?.Set))
                changes.Add(now);
        }
        return changes;
    }

    static TherapyChange? InForce(DateTime at, ProfileDocument? document, ProfileSwitch? newest)
    {
        if (newest is null)
            return document?.Default is { } set ? new(at, set, "profile") : null;
        var named = newest.Own ?? newest.Names.Select(name => document?.Store.GetValueOrDefault(name)).FirstOrDefault(found => found is not null);
        return (named ?? document?.Default) is { } inForce
            ? new(at, inForce.Switched(newest.Percentage, newest.HoursLater), named is null ? "default profile" : "profile switch")
            : null;
    }
}
