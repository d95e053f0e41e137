namespace DataManagementApp.Charts;

/// <summary>Charts of groups and of steps, with what is of too few hidden.</summary>
public static class Bars
{
    public const string Together = "Groups too small to show, together";

    /// <summary>Groups that add up to all participants, the largest first, or in the order they come.</summary>
    public static Chart Groups(string id, string title, string group, IEnumerable<(string Name, int Participants)> groups, How how, bool inOrder = false)
    {
        var all = groups.ToList();
        var total = all.Sum(one => one.Participants);
        var shown = SmallCells.Shown([.. all.Select(one => one.Participants)]);
        var rows = all.Where((_, i) => shown[i]).Where(one => one.Participants > 0).ToList();
        if (!inOrder)
            rows = [.. rows.OrderByDescending(one => one.Participants).ThenBy(one => one.Name, StringComparer.Ordinal)];
        var rest = total - rows.Sum(one => one.Participants);
        if (rest > 0)
            rows.Add((Together, rest));
        var largest = rows.Where(one => one.Name != Together).OrderByDescending(one => one.Participants).FirstOrDefault();
        return new(id, title, "bars",
            largest.Name is null ? $"{total:N0} participants, in groups too small to show." : $"Of {total:N0} participants, most are in “{largest.Name}”: {largest.Participants:N0} ({100.0 * largest.Participants / total:0} %).",
            [new(group), new("Participants"), new("Share", "%", 1)], [.. rows.Select(one => new object?[] { one.Name, one.Participants, 100.0 * one.Participants / total })], how)
        {
            Empty = total < SmallCells.Least ? Nothing : null,
        };
    }

    /// <summary>Groups that a participant may be in several of, with how much of something each has.</summary>
    public static Chart Overlapping(string id, string title, string group, Column amount, IEnumerable<(string Name, int Participants, double Amount)> groups, int total, How how)
    {
        var all = groups.OrderByDescending(one => one.Participants).ThenByDescending(one => one.Amount).ThenBy(one => one.Name, StringComparer.Ordinal).ToList();
        var rows = all.Where(one => one.Participants >= SmallCells.Least).ToList();
        return new(id, title, "bars", rows.Count == 0 ? "" : $"{rows[0].Name} is the most common: {rows[0].Participants:N0} of {total:N0} participants.{(rows.Count < all.Count ? $" {all.Count - rows.Count} of fewer than {SmallCells.Least} participants each are left out." : "")}",
            [new(group), new("Participants"), amount], [.. rows.Select(one => new object?[] { one.Name, one.Participants, one.Amount })], how)
        {
            Empty = rows.Count == 0 ? Nothing : null,
        };
    }

    /// <summary>How many participants have a value in each step; steps are joined until each bar has 5.</summary>
    /// <param name="from">Start of the first step that has one of its own; what is lower joins it.</param>
    /// <param name="to">End of the last step; what is higher joins it.</param>
    /// <param name="tellsMean">False: another chart has a mean of 1 to 4 more participants, and the two would tell theirs.</param>
    public static Chart Histogram(string id, string title, string what, string unit, IReadOnlyList<double> values, double from, double to, double width, int decimals, How how, bool tellsMean = true)
    {
        var steps = new int[(int)Math.Round((to - from) / width)];
        foreach (var value in values)
            steps[Math.Clamp((int)Math.Floor((value - from) / width + 1e-9), 0, steps.Length - 1)]++;
        var bars = SmallCells.Merge(steps);
        var rows = bars.Select(bar =>
        {
            double? low = bar.First == 0 ? null : from + bar.First * width, high = bar.Last == steps.Length - 1 ? null : from + (bar.Last + 1) * width;
            return new object?[] { Label(low, high, decimals), low, high, bar.Participants };
        }).ToList();
        return new(id, title, "histogram",
            values.Count == 0 ? "" : !tellsMean ? $"{values.Count:N0} participants." : $"The mean of {values.Count:N0} participants is {Number(values.Average(), Math.Max(1, decimals))} {unit}, the median {Number(Glucose.Percentiles.At([.. values.Order()], 50), Math.Max(1, decimals))} {unit}.",
            [new(what, unit), new("From", unit, decimals), new("To below", unit, decimals), new("Participants")], rows, how)
        {
            Empty = values.Count < SmallCells.Least ? Nothing : null,
        };
    }

    public static string Nothing { get; } = $"Nothing to show: {SmallCells.Words} participants have such data.";

    public static string Number(double value, int decimals) => value.ToString($"N{decimals}", System.Globalization.CultureInfo.InvariantCulture);

    static string Label(double? low, double? high, int decimals) => (low, high) switch
    {
        (null, null) => "all",
        (null, { } below) => $"below {Number(below, decimals)}",
        ({ } from, null) => $"{Number(from, decimals)} and more",
        ({ } from, { } below) => $"{Number(from, decimals)} to {Number(below, decimals)}",
    };
}
