namespace RegistrationSite;

/// <summary>What each file of a participant's download is, in plain words: <c>OwnDataWords.resx</c>, by schema and table.</summary>
public static class OwnDataWords
{
    static readonly Texts T = Texts.Of("OwnDataWords");

    public static string Records => T["Records"];

    public static IEnumerable<string> Tables => T.Keys.Where(key => key.Contains('.'));

    public static string Of(string table) => T.Has(table) ? T[table] : T["Other"];
}
