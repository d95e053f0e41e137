using System.Globalization;
using Microsoft.AspNetCore.Http.Extensions;

namespace DataManagementApp.Charts;

/// <summary>Whose numbers are shown, as an address has it.</summary>
/// <param name="Commons">openaps or nsf; null: all that the grant covers.</param>
/// <param name="From">First day of the first month; null: from the beginning.</param>
/// <param name="To">First day of the last month; null: to the end.</param>
/// <param name="Problem">What cannot be understood of the address.</param>
public sealed record ChartFilter(string? Commons, DateOnly? From, DateOnly? To, string? Loop, string? Device, string? Age, string? Diagnosed, string? Country, string? Problem = null)
{
    /// <summary>No text of a choice is longer.</summary>
    const int Longest = 80;

    public static ChartFilter Nothing { get; } = new(null, null, null, null, null, null, null, null);

    public static ChartFilter Of(IQueryCollection query)
    {
        string? problem = null;
        var filter = new ChartFilter(Text("commons"), Month("from"), Month("to"), Text("loop"), Text("device"), Text("age"), Text("diagnosed"), Text("country"));
        if (filter.Commons is not (null or "openaps" or "nsf"))
            problem ??= "There is no such commons.";
        if (filter.To < filter.From)
            problem ??= "The last month is before the first.";
        return filter with { Problem = problem };

        string? Text(string name)
        {
            var values = query[name];
            if (values.Count > 1 || values.ToString() is { Length: > Longest })
                problem ??= $"“{name}” takes one choice.";
            return values.Count != 1 || string.IsNullOrEmpty(values[0]) || values[0]!.Length > Longest ? null : values[0];
        }

        DateOnly? Month(string name)
        {
            if (Text(name) is not { } text)
                return null;
            if (DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && month.Year is > 1900 and < 2200)
                return month;
            problem ??= "Please write a month like 2026-01.";
            return null;
        }
    }

    /// <summary>The filter as the part of an address after the question mark, always in the same order; also the name of what is kept of it.</summary>
    public string Query(params (string Name, string? Value)[] more)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in new[] { ("commons", Commons), ("from", Write(From)), ("to", Write(To)), ("loop", Loop), ("device", Device), ("age", Age), ("diagnosed", Diagnosed), ("country", Country) }.Concat(more))
            if (!string.IsNullOrEmpty(value))
                query.Add(name, value);
        return query.ToString();
    }

    public static string? Write(DateOnly? month) => month?.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
