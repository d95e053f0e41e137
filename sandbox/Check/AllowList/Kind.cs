using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>A value that stays: as it was sent, as a pseudonym, or as a part of it.</summary>
/// <param name="Part">What is left of it; null: all.</param>
/// <param name="Fits">Judges what was found, where several forms are right.</param>
readonly record struct Leaf(JsonElement Sent, PseudonymSpace? Space = null, string? Part = null, Func<string, bool>? Fits = null)
{
    /// <summary>What the pseudonym stands for.</summary>
    public string Original => Credentials.TakenOut(Sent.Text());
}

/// <summary>What a field may hold to be kept: the first table of docs/deidentification.md.</summary>
sealed partial class Kind(string name, Func<JsonElement, Leaf?> keep)
{
    const double NumberLimit = 100_000_000;

    public static readonly Kind Number = AsSent("number", value => value.ValueKind switch
    {
        JsonValueKind.Number => Math.Abs(value.GetDouble()) < NumberLimit,
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.String => NumberText.IsMatch(value.Text()),
        _ => false,
    });

    public static readonly Kind Bool = AsSent("true or false", value =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False || value.ValueKind is JsonValueKind.String && bool.TryParse(value.Text(), out _));

    public static readonly Kind Time = AsSent("time", value =>
        value.ValueKind is JsonValueKind.Number ? IsUnix(value.GetDouble())
        : value.ValueKind is JsonValueKind.String && (AllDigits.IsMatch(value.Text()) ? UnixDigits.IsMatch(value.Text()) : Moment.Of(value) is not null || WordedTime.IsMatch(value.Text())));

    public static readonly Kind TimeOfDay = AsText("time of day", TimeOfDayText.IsMatch);

    public static readonly Kind Version = AsText("version number", VersionText.IsMatch);

    public static readonly Kind Zone = AsText("time zone", text => EtcZone.IsMatch(text) || TimeZoneInfo.TryFindSystemTimeZoneById(text, out _));

    public static readonly Kind Plain = new("stable pseudonym", value =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? new Leaf(value, Space: PseudonymSpace.Plain) : null);

    /// <summary>device and enteredBy: the file already holds a pseudonym of them.</summary>
    public static readonly Kind Name = Family(PseudonymSpace.Name);

    public static readonly Kind App = Family(PseudonymSpace.App);

    public static readonly Kind Reason = new("oref0 reason", value =>
        value.ValueKind is JsonValueKind.String && ReasonText.IsOne(value.Text()) ? new Leaf(value, Fits: found => ReasonText.IsLeftOf(value.Text(), found)) : null);

    /// <summary>A profile written into a text.</summary>
    public static readonly Kind ProfileJson = new("JSON of one profile", value =>
    {
        if (value.ValueKind is not JsonValueKind.String || Parsed(value.Text()) is not { ValueKind: JsonValueKind.Object } sent)
            return null;
        return new Leaf(value, Fits: found => Parsed(found) is { } left && new ReducedRecord(new(Collection.Profile, ""), new()).Difference(sent, left) is null);
    });

    /// <summary>As the document calls it.</summary>
    public string Title => name;

    public static Kind OneOf(params string[] words) => AsText($"one of: {string.Join(", ", words)}", text => words.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase));

    /// <summary>The word alone, whatever stands in brackets behind it.</summary>
    public static Kind OneOfBeforeBracket(params string[] words) => new($"one of: {string.Join(", ", words)}", value =>
        value.ValueKind is JsonValueKind.String && WordBeforeBracket.Match(value.Text()).Groups[1].Value is var word && words.Contains(word, StringComparer.OrdinalIgnoreCase)
            ? new Leaf(value, Part: word) : null);

    public Leaf? Keep(JsonElement value) => keep(value);

    static Kind Family(PseudonymSpace space) =>
        new("family and stable pseudonym", value => value.ValueKind is JsonValueKind.String ? new Leaf(value, Space: space) : null);

    static Kind AsText(string name, Func<string, bool> accepts) => AsSent(name, value => value.ValueKind is JsonValueKind.String && accepts(value.Text()));

    static Kind AsSent(string name, Func<JsonElement, bool> accepts) => new(name, value => accepts(value) ? new Leaf(value) : null);

    /// <summary>Seconds or milliseconds from September 2001 to May 2033; other numbers may be telephone numbers.</summary>
    static bool IsUnix(double number) => number == 0 || number >= 1_000_000_000 && number < 2_000_000_000 || number >= 1_000_000_000_000 && number < 2_000_000_000_000;

    [GeneratedRegex(@"^\d+(\.\d+)?$")]
    static partial Regex AllDigits { get; }

    [GeneratedRegex(@"^(1\d{9}|1\d{12})(\.\d+)?$")]
    static partial Regex UnixDigits { get; }

    static JsonElement? Parsed(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^\s*([^(]*[^(\s])\s*(\(|$)")]
    static partial Regex WordBeforeBracket { get; }

    [GeneratedRegex(@"^[+-]?((0|[1-9]\d{0,7})(\.\d*)?|\.\d+)%?$")]
    static partial Regex NumberText { get; }

    /// <summary>As Java writes it: the zone's letters mean no offset that could be relied on.</summary>
    [GeneratedRegex(@"^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d [A-Z]{2,5} \d{4}$")]
    static partial Regex WordedTime { get; }

    [GeneratedRegex(@"^Etc/GMT([+-]\d{1,2})?$", RegexOptions.IgnoreCase)]
    static partial Regex EtcZone { get; }

    [GeneratedRegex(@"^\d{1,2}:\d\d(:\d\d)?$")]
    static partial Regex TimeOfDayText { get; }

    [GeneratedRegex(@"^v?\d{1,2}(\.\d{1,3}){0,3}([-.](dev|alpha|beta|rc|a|b)\d{0,4})?$", RegexOptions.IgnoreCase)]
    static partial Regex VersionText { get; }
}
