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
    /// <param name="participants">By group; everybody is in one of them.</param>
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

    /// <summary>The same of groups of which one may be in several or in none: those of which no sum and difference, with everybody too, is of 1 to 4.</summary>
    /// <param name="memberships">Of each participant, the groups they are in.</param>
    public static bool[] ShownOverlapping(IReadOnlyList<IReadOnlySet<int>> memberships, int groups)
    {
        var participants = Enumerable.Range(0, groups).Select(group => memberships.Count(own => own.Contains(group))).ToList();
        // The largest are the most useful: each is shown that tells nothing together with those before. Beyond eight there are too many sums to look at.
        var shown = new List<int>();
        foreach (var group in Enumerable.Range(0, groups).Where(group => participants[group] >= Least).OrderByDescending(group => participants[group]).Take(8))
            if (!Tells([.. shown, group]))
                shown.Add(group);
        return [.. Enumerable.Range(0, groups).Select(group => participants[group] == 0 || shown.Contains(group))];

        bool Tells(int[] together)
        {
            var alike = memberships.GroupBy(own => together.Aggregate(0, (bits, group) => bits << 1 | (own.Contains(group) ? 1 : 0))).Select(same => (Bits: same.Key, Count: same.Count())).ToList();
            var signs = new int[together.Length + 1]; // −1, 0 or 1: of each group, and of everybody
            return Sums(0);

            bool Sums(int at)
            {
                if (at == signs.Length)
                    return IsSmall(alike.Where(same => Enumerable.Range(0, together.Length).Sum(i => (same.Bits >> (together.Length - 1 - i) & 1) * signs[i]) + signs[^1] != 0).Sum(same => same.Count));
                for (signs[at] = -1; signs[at] <= 1; signs[at]++)
                    if (Sums(at + 1))
                        return true;
                return false;
            }
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
