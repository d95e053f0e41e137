using System.Globalization;

namespace Demographics;

/// <param name="Code">ISO 3166-1 alpha-2.</param>
/// <param name="Name">English short name.</param>
public sealed record Country(string Code, string Name);

/// <summary>Countries by the many names people give them; the names are in <c>countries.txt</c>.</summary>
public static class Countries
{
    /// <summary>"Atlanta, Georgia" is in the United States.</summary>
    const string AlsoAState = "GE";

    static readonly Dictionary<string, Country> ByName = Read();

    /// <summary>Also finds the country at the end of "Seattle, WA, USA".</summary>
    /// <returns>Null: none of the names.</returns>
    public static Country? Find(string? text)
    {
        if (text is null)
            return null;
        if (ByName.TryGetValue(Plain(text), out var country))
            return country;
        return text.LastIndexOf(',') is >= 0 and var comma && ByName.TryGetValue(Plain(text[(comma + 1)..]), out country) && country.Code != AlsoAState ? country : null;
    }

    static Dictionary<string, Country> Read()
    {
        using var lines = new StreamReader(typeof(Countries).Assembly.GetManifestResourceStream("countries.txt")!);
        var countries = new Dictionary<string, Country>(StringComparer.Ordinal);
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.Split('|') is not [var code, var name, ..] names)
                continue;
            foreach (var other in names.Skip(1))
                if (!countries.TryAdd(Plain(other), new(code, name)) && countries[Plain(other)].Code != code)
                    throw new InvalidDataException($"countries.txt: {other} is the name of two countries.");
        }
        return countries;
    }

    static string Plain(string text)
    {
        var letters = string.Concat(text.ToLowerInvariant().Where(letter => letter is not '.' && CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark).Select(WithoutAccent))
            .Replace("&", "and").Replace("ß", "ss");
        var words = string.Join(' ', letters.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Trim(' ', ',', ';', '!');
        return words.StartsWith("the ", StringComparison.Ordinal) ? words[4..] : words;
    }

    /// <summary>By a list of the letters that occur: without ICU (InvariantGlobalization) string.Normalize leaves text as it is.</summary>
    static char WithoutAccent(char letter) => letter switch
    {
        'á' or 'à' or 'â' or 'ã' or 'ä' or 'å' => 'a',
        'ç' or 'č' or 'ć' => 'c',
        'é' or 'è' or 'ê' or 'ë' => 'e',
        'í' or 'ì' or 'î' or 'ï' => 'i',
        'ñ' => 'n',
        'ó' or 'ò' or 'ô' or 'õ' or 'ö' or 'ø' => 'o',
        'š' => 's',
        'ú' or 'ù' or 'û' or 'ü' => 'u',
        '’' => '\'',
        _ => letter,
    };
}
