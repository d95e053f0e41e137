namespace Glucose;

/// <summary>How much of the time a sensor was read.</summary>
public static class SensorCoverage
{
    /// <summary>Between readings further apart than this, nothing is assumed: runs and episodes end there.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(30);

    /// <summary>Percent, 0 to 100, of the readings that the series' own median interval, in whole minutes, lets expect from its first to its last.</summary>
    /// <remarks>The rule of the R package iglu. It cannot see days before the first and after the last reading. NaN below two readings.</remarks>
    public static double ActivePercent(GlucoseSeries series)
    {
        if (series.Count < 2)
            return double.NaN;
        var minutes = Math.Max(1, Math.Round(series.MedianInterval.TotalMinutes));
        var expected = Math.Round((series.Times[^1] - series.Times[0]).TotalMinutes / minutes) + 1;
        return Math.Min(100, 100 * series.Count / expected);
    }

    /// <summary>Percent, 0 to 100, of [<paramref name="from"/>, <paramref name="to"/>) that readings cover, each for at most one interval.</summary>
    /// <param name="cadence">The sensor's interval, usually 1, 5 or 15 minutes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cadence is not above zero or the period is empty.</exception>
    public static double ActivePercent(GlucoseSeries series, TimeSpan cadence, DateTimeOffset from, DateTimeOffset to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(cadence, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(to, from);
        var times = series.Times;
        var covered = 0L;
        for (var i = 0; i < times.Length; i++)
        {
            var end = Min(to, times[i] + StandsFor(times, i, cadence));
            var start = times[i] > from ? times[i] : from;
            covered += Math.Max(0, (end - start).Ticks);
        }
        return 100.0 * covered / (to - from).Ticks;
    }

    /// <summary>The time that readings cover, each until the next one, for at most <paramref name="cadence"/>.</summary>
    /// <param name="cadence">The sensor's interval. Default: the median interval of the series.</param>
    public static TimeSpan SensorTime(GlucoseSeries series, TimeSpan? cadence = null)
    {
        var longest = cadence ?? series.MedianInterval;
        var covered = TimeSpan.Zero;
        for (var i = 0; i < series.Count; i++)
            covered += StandsFor(series.Times, i, longest);
        return covered;
    }

    /// <summary>The time to the next reading, at most <paramref name="longest"/>, which is also what the last reading stands for.</summary>
    internal static TimeSpan StandsFor(ReadOnlySpan<DateTimeOffset> times, int place, TimeSpan longest) =>
        place + 1 < times.Length && times[place + 1] - times[place] is var gap && gap < longest ? gap : longest;

    static DateTimeOffset Min(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
