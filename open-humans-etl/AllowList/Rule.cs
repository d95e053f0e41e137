using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nightscout;

namespace OpenHumansEtl.AllowList;

/// <summary>What a value has to look like to be kept, and what it becomes. Nothing that a person typed passes any of them as it is.</summary>
/// <param name="Says">For the documentation.</param>
/// <param name="OrNumber">Whether a number is kept too.</param>
public sealed partial record Rule(string Says, Rule.Kind Accepts, HashSet<string>? Words = null, bool OrNumber = false)
{
    /// <summary>No quantity in these records is larger; a telephone number is.</summary>
    const double Largest = 1e8;

    public enum Kind { Number, Flag, Time, Word, Version, Zone, Name, Code }

    /// <summary>A JSON number, or text that is nothing but one ("+5", "0.35").</summary>
    public static readonly Rule Number = new("number", Kind.Number);

    public static readonly Rule Flag = new("true or false", Kind.Flag);

    /// <summary>Unix milliseconds or seconds, or a date and time.</summary>
    public static readonly Rule Time = new("time", Kind.Time);

    /// <summary>A version number.</summary>
    public static readonly Rule Version = new("version number", Kind.Version);

    /// <summary>Name of a time zone in the tz database.</summary>
    public static readonly Rule Zone = new("time zone", Kind.Zone);

    /// <summary>A device's or a person's name: the recognised family stays, the rest becomes a stable pseudonym.</summary>
    public static readonly Rule Name = new("family and stable pseudonym", Kind.Name);

    /// <summary>An identifier or a name the participant chose: becomes a stable pseudonym.</summary>
    public static readonly Rule Code = new("stable pseudonym", Kind.Code);

    /// <summary>One of a list of words; any other text is dropped.</summary>
    public static Rule OneOf(params string[] words)
    {
        var distinct = words.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return distinct.Count == words.Length ? new("one of: " + string.Join(", ", words), Kind.Word, distinct)
            : throw new ArgumentException("A word stands twice in the list.", nameof(words));
    }

    public Rule OrNumbers() => this with { Says = $"number, or {Says}", OrNumber = true };

    /// <summary>The text to keep of a string, null when it is dropped.</summary>
    /// <param name="text">The text as sent.</param>
    /// <param name="key">The participant's key for pseudonyms.</param>
    public string? Keep(string text, byte[] key) => Accepts switch
    {
        Kind.Number => NumberText().IsMatch(text) ? text : null,
        Kind.Flag => bool.TryParse(text, out _) ? text : null,
        Kind.Time => IsUsualTime(text) || text.Length <= 40 && TimeText().IsMatch(text) ? text : null,
        Kind.Word => Words!.Contains(text.Trim()) || OrNumber && NumberText().IsMatch(text) ? text : null, // as sent: a copy that respells is no copy
        Kind.Version => VersionText().IsMatch(text) ? text : null,
        Kind.Zone => OffsetZone().IsMatch(text) || ZoneText().IsMatch(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out _) ? text : null,
        Kind.Name => DeviceName.Pseudonym(text.Replace("\0", ""), key),
        Kind.Code => DeviceName.Code(text, key),
        _ => throw new InvalidOperationException($"{Accepts}"),
    };

    /// <summary>Whether a number, true, false or null is kept as it is. Numbers that identify (a pump's serial) become pseudonyms like text.</summary>
    public bool KeepsAsIs(ref Utf8JsonReader value) => value.TokenType switch
    {
        JsonTokenType.Null => true,
        JsonTokenType.Number => Accepts is Kind.Time || (OrNumber || Accepts is Kind.Number) && value.TryGetDouble(out var number) && Math.Abs(number) < Largest,
        JsonTokenType.True or JsonTokenType.False => Accepts is Kind.Flag or Kind.Number,
        _ => false,
    };

    /// <summary>2026-11-20T10:00:00.000Z, which nearly all are, without a regular expression.</summary>
    static bool IsUsualTime(string text) => text.Length is 20 or 24 && text[^1] == 'Z' && text[10] == 'T'
        && DateTime.TryParseExact(text, text.Length == 20 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"^[+-]?(\d{1,8}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?%?$")]
    private static partial Regex NumberText();

    [GeneratedRegex(@"^(\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d(\.\d+)?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?|\d{9,17}(\.\d+)?|\d\d?/\d\d?/\d{4} \d\d?:\d\d(:\d\d)? ?(AM|PM)?|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d? \d\d:\d\d:\d\d [A-Z]{2,5} \d{4})$", RegexOptions.IgnoreCase)]
    private static partial Regex TimeText();

    [GeneratedRegex(@"^v?\d{1,4}(\.\d{1,4}){0,3}([.-](dev|alpha|beta|rc|a|b)\d{0,4})?$", RegexOptions.IgnoreCase)]
    private static partial Regex VersionText();

    [GeneratedRegex(@"^[A-Z]+(/[A-Z0-9_+-]+){0,2}$", RegexOptions.IgnoreCase)]
    private static partial Regex ZoneText();

    /// <summary>Loop writes the tz database's Etc/GMT+8 in capitals.</summary>
    [GeneratedRegex(@"^Etc/GMT([+-]\d{1,2})?$", RegexOptions.IgnoreCase)]
    private static partial Regex OffsetZone();
}
