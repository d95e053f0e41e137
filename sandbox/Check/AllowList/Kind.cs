using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>A value that stays: as it was sent, or as the word of the list, or as a pseudonym.</summary>
readonly record struct Leaf(JsonElement Sent, string? Word = null, PseudonymSpace? Space = null)
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
        value.ValueKind is JsonValueKind.Number || value.ValueKind is JsonValueKind.String && Moment.Of(value) is not null);

    public static readonly Kind TimeOfDay = AsText("time of day", TimeOfDayText.IsMatch);

    public static readonly Kind Version = AsText("version number", VersionText.IsMatch);

    public static readonly Kind Zone = AsText("time zone", text => TimeZoneInfo.TryFindSystemTimeZoneById(text, out _));

    public static readonly Kind Plain = new("stable pseudonym", value =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? new Leaf(value, Space: PseudonymSpace.Plain) : null);

    /// <summary>device and enteredBy: the file already holds a pseudonym of them.</summary>
    public static readonly Kind Name = Family(PseudonymSpace.Name);

    public static readonly Kind App = Family(PseudonymSpace.App);

    /// <summary>As the document calls it.</summary>
    public string Title => name;

    public static Kind OneOf(params string[] words)
    {
        return new($"one of: {string.Join(", ", words)}", value =>
            value.ValueKind is JsonValueKind.String && Listed(value.Text()) is { } word ? new Leaf(value, word) : null);

        // normal and NORMAL may both be listed: the word itself before one of another case
        string? Listed(string text) => Array.Find(words, word => word == text) ?? Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
    }

    public Leaf? Keep(JsonElement value) => keep(value);

    static Kind Family(PseudonymSpace space) =>
        new("family and stable pseudonym", value => value.ValueKind is JsonValueKind.String ? new Leaf(value, Space: space) : null);

    static Kind AsText(string name, Func<string, bool> accepts) => AsSent(name, value => value.ValueKind is JsonValueKind.String && accepts(value.Text()));

    static Kind AsSent(string name, Func<JsonElement, bool> accepts) => new(name, value => accepts(value) ? new Leaf(value) : null);

    [GeneratedRegex(@"^[+-]?(\d{1,8}(\.\d*)?|\.\d+)%?$")]
    static partial Regex NumberText { get; }

    [GeneratedRegex(@"^\d{1,2}:\d\d(:\d\d)?$")]
    static partial Regex TimeOfDayText { get; }

    [GeneratedRegex(@"^\d+(\.\d+)*([-+. ]?(dev|alpha|beta|rc|pre|preview|snapshot|release|b|a)[-.]?\d*)*$", RegexOptions.IgnoreCase)]
    static partial Regex VersionText { get; }
}
