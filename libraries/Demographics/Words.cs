namespace Demographics;

/// <summary>The words that answers are reduced to; text that holds none of them may be anything and is dropped.</summary>
static class Words
{
    static readonly (string Word, string[] Signs)[] Genders =
    [
        ("prefer not to say", ["prefer not", "rather not", "decline"]),
        ("non-binary", ["non-binary", "nonbinary", "non binary", "genderqueer", "gender queer", "genderfluid", "agender"]),
        ("transgender", ["trans"]),
        ("female", ["female", "woman", "girl"]), // before male, which it ends in
        ("male", ["male", "man", "boy"]),
        ("other", ["other"]),
    ];

    static readonly (string Word, string[] Signs)[] Ethnicities =
    [
        ("american indian", ["american indian", "native american", "alaska native", "first nation", "indigenous"]),
        ("asian", ["asian", "chinese", "japanese", "korean", "filipino", "vietnamese"]),
        ("black", ["black", "african"]),
        ("hispanic", ["hispanic", "latino", "latina", "latinx"]),
        ("middle eastern", ["middle east", "arab", "persian"]),
        ("pacific islander", ["pacific islander", "hawaiian"]),
        ("white", ["white", "caucasian", "european"]),
        ("mixed", ["mixed", "multiracial", "biracial", "two or more"]),
        ("prefer not to say", ["prefer not", "rather not", "decline"]),
        ("other", ["other"]),
    ];

    static readonly (string Word, string[] Signs)[] Loops =
    [
        ("AndroidAPS", ["androidaps", "android aps", "aaps"]),
        ("FreeAPS", ["freeaps", "free aps"]),
        ("iAPS", ["iaps"]),
        ("Loop", ["loop"]),
        ("OpenAPS", ["openaps", "open aps", "oref"]),
        ("Trio", ["trio"]),
    ];

    static readonly (string Word, string[] Signs)[] Users =
    [
        ("child", ["child", "son", "daughter", "parent", "mother", "father", "mom", "dad", "kid"]),
        ("partner", ["spouse", "husband", "wife", "partner"]),
        ("self", ["self", "i have diabetes", "i am the individual", "i'm the individual", "myself", "me", "i do", "yes"]),
        ("other", ["loved one", "other", "caregiver", "friend", "sibling", "brother", "sister"]),
    ];

    public static string? Gender(string? text) => First(Genders, text) ?? text?.Trim().ToLowerInvariant() switch
    {
        "f" => "female",
        "m" => "male",
        _ => null,
    };

    public static string? Ethnicity(string? text) => All(Ethnicities, text);

    /// <summary>"Loop" is also how all of them are called: it counts only where it is a name.</summary>
    public static string? Loop(string? text) => All(Loops, text?.Replace("closed loop", "", StringComparison.OrdinalIgnoreCase).Replace("open loop", "", StringComparison.OrdinalIgnoreCase));

    public static string? User(string? text) => First(Users, text);

    static string? First((string Word, string[] Signs)[] list, string? text) => Found(list, text).FirstOrDefault();

    static string? All((string Word, string[] Signs)[] list, string? text) => string.Join(", ", Found(list, text)) is { Length: > 0 } words ? words : null;

    static IEnumerable<string> Found((string Word, string[] Signs)[] list, string? text) =>
        text is null ? [] : list.Where(entry => entry.Signs.Any(sign => Has(text, sign))).Select(entry => entry.Word);

    /// <summary>At the beginning of a word: "male" is not in "female", nor "son" in "person".</summary>
    static bool Has(string text, string sign)
    {
        for (var at = text.IndexOf(sign, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(sign, at + 1, StringComparison.OrdinalIgnoreCase))
            if ((at == 0 || !char.IsLetter(text[at - 1])) && (sign.Length > 3 || at + sign.Length == text.Length || !char.IsLetter(text[at + sign.Length])))
                return true;
        return false;
    }
}
