using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>Reads times as microseconds since 1970, UTC: the finest that a <c>timestamptz</c> holds.</summary>
static partial class Moment
{
    const long TicksPerMicrosecond = 10;
    static readonly long Min = Micros(DateTimeOffset.MinValue);
    static readonly long Max = Micros(DateTimeOffset.MaxValue);

    public static long Micros(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TicksPerMicrosecond;

    public static DateOnly Day(long micros) => DateOnly.FromDateTime(DateTimeOffset.UnixEpoch.AddTicks(micros * TicksPerMicrosecond).UtcDateTime);

    /// <summary>A number is Unix milliseconds, and so is text of 9 to 17 digits; text without a zone is UTC.</summary>
    /// <returns>Null for what is no time, or one that no calendar holds.</returns>
    public static long? Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => OfMilliseconds(value.GetRawText()),
        JsonValueKind.String => Of(value.Text()),
        _ => null,
    };

    public static long? Of(string text)
    {
        if (Digits.IsMatch(text))
            return OfMilliseconds(text);
        if (Iso.Match(text) is { Success: true } iso)
            return OfIso(iso);
        return Worded.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? Micros(time) : null;
    }

    static long? OfMilliseconds(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
        && decimal.Abs(milliseconds) < long.MaxValue / 1000
        && (long)decimal.Floor(milliseconds * 1000) is var micros && micros >= Min && micros <= Max ? micros : null;

    static long? OfIso(Match iso)
    {
        int Part(string name) => iso.Groups[name].Success ? int.Parse(iso.Groups[name].ValueSpan, CultureInfo.InvariantCulture) : 0;

        if (!DateOnly.TryParseExact($"{iso.Groups["date"].ValueSpan}", "yyyy-MM-dd", out var date) || Part("h") > 23 || Part("m") > 59 || Part("s") > 59)
            return null;
        var fraction = iso.Groups["f"].Value.PadRight(6, '0')[..6];
        var micros = (date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * 86_400_000_000L
            + ((Part("h") * 60L + Part("m")) * 60 + Part("s")) * 1_000_000 + int.Parse(fraction, CultureInfo.InvariantCulture);
        var offset = (Part("zh") * 60 + Part("zm")) * 60_000_000L;
        return micros - (iso.Groups["sign"].Value == "-" ? -offset : offset);
    }

    [GeneratedRegex(@"^\d{9,17}$")]
    static partial Regex Digits { get; }

    [GeneratedRegex(@"^(?<date>\d{4}-\d\d-\d\d)([T ](?<h>\d\d):(?<m>\d\d)(:(?<s>\d\d)([.,](?<f>\d{1,9}))?)? ?(Z|UTC|(?<sign>[+-])(?<zh>\d\d):?(?<zm>\d\d)?)?)?$", RegexOptions.IgnoreCase)]
    static partial Regex Iso { get; }

    // A year and a time: what .NET would otherwise complete from today's date is no date and time.
    [GeneratedRegex(@"^(?=.*\b\d{4}\b)(?=.*\d:\d\d)")]
    static partial Regex Worded { get; }
}
