namespace Glucose;

/// <summary>Readings of one person in order of time, each instant once.</summary>
/// <remarks>
/// Readings that are not usable (<see cref="Reading.IsUsable"/>) are left out. Of several readings of one instant the lowest stays: the choice does
/// not depend on the order in which they came, and a low is not lost to it.
/// </remarks>
public sealed class GlucoseSeries
{
    readonly DateTimeOffset[] _times;
    readonly double[] _values;

    GlucoseSeries(DateTimeOffset[] times, double[] values)
    {
        (_times, _values) = (times, values);
        MedianInterval = MedianOfGaps(times);
    }

    /// <summary>Of readings in any order.</summary>
    public static GlucoseSeries From(IEnumerable<Reading> readings)
    {
        var usable = readings.Where(reading => Reading.IsUsable(reading.MgDl)).ToArray();
        Array.Sort(usable, InOrder);

        var count = 0;
        for (var i = 0; i < usable.Length; i++)
            if (i == 0 || usable[i].At.UtcTicks != usable[i - 1].At.UtcTicks)
                usable[count++] = usable[i];

        var times = new DateTimeOffset[count];
        var values = new double[count];
        for (var i = 0; i < count; i++)
            (times[i], values[i]) = usable[i];
        return new GlucoseSeries(times, values);
    }

    public int Count => _values.Length;

    /// <summary>mg/dL, oldest first.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Strictly ascending, one for each of <see cref="Values"/>.</summary>
    public ReadOnlySpan<DateTimeOffset> Times => _times;

    /// <summary>The median time between a reading and the next; zero below two readings.</summary>
    public TimeSpan MedianInterval { get; }

    /// <summary>The number of calendar days, by the readings' own clocks, that hold a reading.</summary>
    public int DaysWorn
    {
        get
        {
            var days = new HashSet<DateTime>(); // not a comparison with the day before: clocks go back
            foreach (var time in _times)
                days.Add(time.Date);
            return days.Count;
        }
    }

    /// <summary>The same readings on the clocks of a zone.</summary>
    public GlucoseSeries InZone(TimeZoneInfo zone) => new(Array.ConvertAll(_times, time => TimeZoneInfo.ConvertTime(time, zone)), _values);

    /// <summary>The readings in [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public GlucoseSeries Between(DateTimeOffset from, DateTimeOffset to)
    {
        var start = FirstAtOrAfter(from);
        var end = Math.Max(start, FirstAtOrAfter(to));
        return new GlucoseSeries(_times[start..end], _values[start..end]);
    }

    int FirstAtOrAfter(DateTimeOffset instant)
    {
        var found = Array.BinarySearch(_times, instant);
        return found < 0 ? ~found : found;
    }

    static int InOrder(Reading one, Reading other)
    {
        var byTime = one.At.UtcTicks.CompareTo(other.At.UtcTicks);
        if (byTime != 0)
            return byTime;
        var byValue = one.MgDl.CompareTo(other.MgDl);
        return byValue != 0 ? byValue : one.At.Offset.CompareTo(other.At.Offset);
    }

    static TimeSpan MedianOfGaps(DateTimeOffset[] times)
    {
        if (times.Length < 2)
            return TimeSpan.Zero;
        var gaps = new long[times.Length - 1];
        for (var i = 0; i < gaps.Length; i++)
            gaps[i] = times[i + 1].UtcTicks - times[i].UtcTicks;
        Array.Sort(gaps);
        return TimeSpan.FromTicks((gaps[(gaps.Length - 1) / 2] + gaps[gaps.Length / 2]) / 2);
    }
}
