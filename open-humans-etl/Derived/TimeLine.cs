namespace OpenHumansEtl.Derived;

/// <summary>Records of a participant by time.</summary>
/// <param name="records">Ascending by <paramref name="time"/>.</param>
sealed class TimeLine<T>(List<T> records, Func<T, DateTime> time)
{
    /// <summary>Those of [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public List<T> Within(DateTime from, DateTime to)
    {
        var start = FirstSince(from);
        return records.GetRange(start, Math.Max(0, FirstSince(to) - start));
    }

    int FirstSince(DateTime instant)
    {
        var (low, high) = (0, records.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = time(records[middle]) < instant ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
