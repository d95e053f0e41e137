namespace DataManagementApp.Charts;

/// <summary>Numbers of so few people that they could be told apart are hidden, also where a subtraction would give them.</summary>
public static class SmallCells
{
    /// <summary>Fewer participants than this are shown nowhere.</summary>
    public const int Least = 5;

    public static string Words { get; } = $"fewer than {Least}";

    /// <summary>1 to 4: somebody, but too few.</summary>
    public static bool IsSmall(int participants) => participants is > 0 and < Least;

    /// <summary>Which groups may be shown beside the number of all of them: none of 1 to 4, and never so few hidden ones that the rest tells what they hold (not one alone, and together at least 5).</summary>
    /// <param name="participants">By group; the groups add up to everybody.</param>
    public static bool[] Shown(IReadOnlyList<int> participants)
    {
        var shown = participants.Select(count => !IsSmall(count)).ToArray();
        while (Hidden() is { Count: 1 } or { Count: > 0, Sum: < Least })
        {
            var next = Enumerable.Range(0, shown.Length).Where(i => shown[i] && participants[i] > 0).OrderBy(i => participants[i]).Cast<int?>().FirstOrDefault();
            if (next is not { } smallest)
                break;
            shown[smallest] = false;
        }
        return shown;

        (int Count, int Sum) Hidden()
        {
            var hidden = Enumerable.Range(0, shown.Length).Where(i => !shown[i]).ToList();
            return (hidden.Count, hidden.Sum(i => participants[i]));
        }
    }

    /// <summary>Joins neighbouring steps of a histogram until each has at least 5 participants; what is left over joins the last.</summary>
    /// <param name="counts">Participants by step, in the order of the scale.</param>
    /// <returns>First and last step of each bar, and its participants; none when there are fewer than 5 in all.</returns>
    public static IReadOnlyList<(int First, int Last, int Participants)> Merge(IReadOnlyList<int> counts)
    {
        var bars = new List<(int First, int Last, int Participants)>();
        var (start, sum) = (0, 0);
        for (var i = 0; i < counts.Count; i++)
        {
            sum += counts[i];
            if (sum < Least)
                continue;
            bars.Add((start, i, sum));
            (start, sum) = (i + 1, 0);
        }
        if (bars.Count > 0 && start < counts.Count)
            bars[^1] = (bars[^1].First, counts.Count - 1, bars[^1].Participants + sum);
        return bars;
    }
}
