using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>A value that stays: as it was sent, or as a pseudonym.</summary>
readonly record struct Leaf(JsonElement Sent, PseudonymSpace? Space = null)
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
        value.ValueKind is JsonValueKind.Number || value.ValueKind is JsonValueKind.String && (Moment.Of(value) is not null || WordedTime.IsMatch(value.Text())));

    public static readonly Kind TimeOfDay = AsText("time of day", TimeOfDayText.IsMatch);

    public static readonly Kind Version = AsText("version number", VersionText.IsMatch);

    public static readonly Kind Zone = AsText("time zone", text => EtcZone.IsMatch(text) || TimeZoneInfo.TryFindSystemTimeZoneById(text, out _));

    public static readonly Kind Plain = new("stable pseudonym", value =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? new Leaf(value, Space: PseudonymSpace.Plain) : null);

    /// <summary>device and enteredBy: the file already holds a pseudonym of them.</summary>
    public static readonly Kind Name = Family(PseudonymSpace.Name);

    public static readonly Kind App = Family(PseudonymSpace.App);

    /// <summary>As the document calls it.</summary>
    public string Title => name;

    public static Kind OneOf(params string[] words) => AsText($"one of: {string.Join(", ", words)}", text => words.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase));

    public Leaf? Keep(JsonElement value) => keep(value);

    static Kind Family(PseudonymSpace space) =>
        new("family and stable pseudonym", value => value.ValueKind is JsonValueKind.String ? new Leaf(value, Space: space) : null);

    static Kind AsText(string name, Func<string, bool> accepts) => AsSent(name, value => value.ValueKind is JsonValueKind.String && accepts(value.Text()));

    static Kind AsSent(string name, Func<JsonElement, bool> accepts) => new(name, value => accepts(value) ? new Leaf(value) : null);

    [GeneratedRegex(@"^[+-]?(\d{1,8}(\.\d*)?|\.\d+)%?$")]
    static partial Regex NumberText { get; }

    /// <summary>As Java writes it: the zone's letters mean no offset that could be relied on.</summary>
    [GeneratedRegex(@"^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d [A-Z]{2,5} \d{4}$")]
    static partial Regex WordedTime { get; }

    [GeneratedRegex(@"^Etc/GMT([+-]\d{1,2})?$", RegexOptions.IgnoreCase)]
    static partial Regex EtcZone { get; }

    [GeneratedRegex(@"^\d{1,2}:\d\d(:\d\d)?$")]
    static partial Regex TimeOfDayText { get; }

    [GeneratedRegex(@"^v?\d{1,4}(\.\d{1,4}){0,3}([-.](dev|alpha|beta|rc|a|b)\d{0,4})?$", RegexOptions.IgnoreCase)]
    static partial Regex VersionText { get; }
}
