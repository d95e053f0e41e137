using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nightscout;

namespace OpenHumansEtl.AllowList;

/// <summary>What a value has to look like to be kept, and what it becomes. Nothing that a person typed passes any of them as it is.</summary>
/// <param name="Says">For the documentation.</param>
/// <param name="OrNumber">Whether a number is kept too.</param>
/// <param name="Inside">Of JSON inside a text: the fields it may hold.</param>
public sealed partial record Rule(string Says, Rule.Kind Accepts, HashSet<string>? Words = null, bool OrNumber = false, Field? Inside = null)
{
    /// <summary>No quantity in these records is larger; a telephone number is.</summary>
    const double Largest = 1e8;

    /// <summary>Numbers of so many digits before the point are smaller.</summary>
    public const int SurelySmall = 8;

    public bool KeepsNumbers => OrNumber || Accepts is Kind.Number;

    public enum Kind { Number, Flag, Time, Word, FirstWord, Version, Zone, Name, Code, Reason, Json }

    /// <summary>A JSON number, or text that is nothing but one ("+5", "0.35").</summary>
    public static readonly Rule Number = new("number", Kind.Number);

    public static readonly Rule Flag = new("true or false", Kind.Flag);

    /// <summary>Unix milliseconds or seconds of September 2001 to May 2033, or a date and time. Telephone numbers look like other moments.</summary>
    public static readonly Rule Time = new("time", Kind.Time);

    /// <summary>A version number.</summary>
    public static readonly Rule Version = new("version number", Kind.Version);

    /// <summary>Name of a time zone in the tz database.</summary>
    public static readonly Rule Zone = new("time zone", Kind.Zone);

    /// <summary>A device's or a person's name: the recognised family stays, the rest becomes a stable pseudonym.</summary>
    public static readonly Rule Name = new("family and stable pseudonym", Kind.Name);

    /// <summary>An identifier or a name the participant chose: becomes a stable pseudonym.</summary>
    public static readonly Rule Code = new("stable pseudonym", Kind.Code);

    /// <summary>oref0's explanation of a decision, reduced to its grammar.</summary>
    public static readonly Rule Reason = new("oref0 reason", Kind.Reason);

    /// <summary>A JSON object written into a text, reduced to the fields named.</summary>
    public static Rule JsonOf(string says, Field inside) => new(says, Kind.Json, Inside: inside);

    /// <summary>One of a list of words; any other text is dropped.</summary>
    public static Rule OneOf(params string[] words)
    {
        var distinct = words.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return distinct.Count == words.Length ? new("one of: " + string.Join(", ", words), Kind.Word, distinct)
            : throw new ArgumentException("A word stands twice in the list.", nameof(words));
    }

    /// <summary>Also a word of the list with something in brackets behind it, which is dropped.</summary>
    public Rule BeforeBracket() => this with { Says = $"{Says}; what stands in brackets behind it is dropped", Accepts = Kind.FirstWord };

    public Rule OrNumbers() => this with { Says = $"number, or {Says}", OrNumber = true };

    /// <summary>The text to keep of a string, null when it is dropped.</summary>
    /// <param name="text">The text as sent.</param>
    /// <param name="key">The participant's key for pseudonyms.</param>
    public string? Keep(string text, byte[] key) => Accepts switch
    {
        Kind.Number => NumberText().IsMatch(text) ? text : null,
        Kind.Flag => bool.TryParse(text, out _) ? text : null,
        Kind.Time => text.Length <= 40 && (TimeText().IsMatch(text) || UnixText().IsMatch(text)) ? text : null,
        Kind.Word => Words!.Contains(text.Trim()) || OrNumber && NumberText().IsMatch(text) ? text : null, // as sent: a copy that respells is no copy
        Kind.FirstWord => text.Split('(')[0].Trim() is var word && Words!.Contains(word) ? word : null,
        Kind.Version => VersionText().IsMatch(text) ? text : null,
        Kind.Zone => OffsetZone().IsMatch(text) || ZoneText().IsMatch(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out _) ? text : null,
        Kind.Name => DeviceName.Pseudonym(text.Replace("\0", ""), key, DeviceName.Mark),
        Kind.Code => DeviceName.Mark + DeviceName.Code(text, key),
        Kind.Reason => OrefReason.Reduce(text),
        Kind.Json => Deidentifier.ReduceText(text, Inside!, key),
        _ => throw new InvalidOperationException($"{Accepts}"),
    };

    /// <summary>Whether a value is kept as it is, without a look at it as text. Numbers that identify (a pump's serial) become pseudonyms like text.</summary>
    public bool KeepsAsIs(ref Utf8JsonReader value) => value.TokenType switch
    {
        JsonTokenType.Null => true,
        JsonTokenType.Number => Accepts is Kind.Time && value.TryGetDouble(out var unix) && IsUnixTime(unix)
            || KeepsNumbers && (IsSmall(value.ValueSpan) || value.TryGetDouble(out var number) && Math.Abs(number) < Largest),
        JsonTokenType.True or JsonTokenType.False => Accepts is Kind.Flag or Kind.Number,
        JsonTokenType.String => !value.ValueIsEscaped && !value.ValueSpan.IsEmpty && (Accepts is Kind.Time && RecordTime.TryParseUsual(value.ValueSpan, out _) || Accepts is Kind.Word && IsWord(value.ValueSpan)),
        _ => false,
    };

    /// <summary>Ten digits that begin with a 1 as seconds, thirteen as milliseconds; 0, which uploaders write where they have no time.</summary>
    static bool IsUnixTime(double unix) => unix is 0 or >= 1e9 and < 2e9 or >= 1e12 and < 2e12;

    /// <summary>Whether it is surely smaller than <see cref="Largest"/>: predictions are half of all data, and reading each as a number is what costs.</summary>
    static bool IsSmall(ReadOnlySpan<byte> number)
    {
        var digits = 0;
        while (digits < number.Length && number[digits] is not ((byte)'.' or (byte)'e' or (byte)'E'))
            digits++;
        return digits <= SurelySmall && !number[digits..].ContainsAny((byte)'e', (byte)'E');
    }

    bool IsWord(ReadOnlySpan<byte> text)
    {
        Span<char> chars = stackalloc char[64];
        return Encoding.UTF8.TryGetChars(text, chars, out var length) && Words!.GetAlternateLookup<ReadOnlySpan<char>>().Contains(chars[..length].Trim());
    }

    [GeneratedRegex(@"^[+-]?((0|[1-9]\d{0,7})(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?%?$")]
    private static partial Regex NumberText();

    [GeneratedRegex(@"^(\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d(\.\d+)?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?|\d\d?/\d\d?/\d{4} \d\d?:\d\d(:\d\d)? ?(AM|PM)?|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d? \d\d:\d\d:\d\d [A-Z]{2,5} \d{4})$", RegexOptions.IgnoreCase)]
    private static partial Regex TimeText();

    [GeneratedRegex(@"^1(\d{9}|\d{12})(\.\d+)?$")]
    private static partial Regex UnixText();

    [GeneratedRegex(@"^v?\d{1,2}(\.\d{1,3}){0,3}([.-](dev|alpha|beta|rc|a|b)\d{0,4})?$", RegexOptions.IgnoreCase)]
    private static partial Regex VersionText();

    [GeneratedRegex(@"^[A-Z]+(/[A-Z0-9_+-]+){0,2}$", RegexOptions.IgnoreCase)]
    private static partial Regex ZoneText();

    /// <summary>Loop writes the tz database's Etc/GMT+8 in capitals.</summary>
    [GeneratedRegex(@"^Etc/GMT([+-]\d{1,2})?$", RegexOptions.IgnoreCase)]
    private static partial Regex OffsetZone();
}
