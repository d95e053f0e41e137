using System.Globalization;

namespace Sandbox;

/// <summary>Records computed from a day when they are asked for, and never kept: a site of any length costs no memory.</summary>
/// <param name="ofDay">The day's records (UTC), oldest first; the same at every call.</param>
sealed class GeneratedRecords(DateOnly first, DateOnly last, Func<DateOnly, IReadOnlyList<Record>> ofDay)
{
    /// <summary>At least the records whose key lies within the bounds, as whole days.</summary>
    public IEnumerable<Record> Between(Scalar? min, Scalar? max, bool descending)
    {
        var from = Later(first, Day(min) ?? first);
        var to = Earlier(last, Day(max) ?? last);
        for (var i = 0; i <= to.DayNumber - from.DayNumber; i++)
        {
            var day = ofDay(descending ? to.AddDays(-i) : from.AddDays(i));
            for (var j = 0; j < day.Count; j++)
                yield return day[descending ? day.Count - 1 - j : j];
        }
    }

    static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;

    /// <returns>Null for a bound that is no time: then nothing is narrowed.</returns>
    static DateOnly? Day(Scalar? bound) => bound switch
    {
        { Kind: ScalarKind.Number, Number: >= 0 and < 253402300800000 } =>
            DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds((long)bound.Value.Number).UtcDateTime),
        { Kind: ScalarKind.Text } when bound.Value.ToString() is { Length: >= 10 } text
            && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) => day,
        _ => null,
    };
}
