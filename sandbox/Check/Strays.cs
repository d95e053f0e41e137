namespace Sandbox.Check;

/// <summary>Finds whose record a found one is when nothing but its name is wrong: one altered identifier is one mismatch, not a missing and an extra record.</summary>
static class Strays
{
    const int MostLookedAt = 2_000;

    /// <returns>Null when none of the missing records is the same, or too many are missing to look.</returns>
    public static string? Named<T>(T stray, IReadOnlyCollection<string> missing, Func<T, string, bool> isSame) =>
        missing.Take(MostLookedAt).FirstOrDefault(id => isSame(stray, id));
}
