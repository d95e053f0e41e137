namespace Glucose;

/// <summary>Measures of how glucose changes over time. NaN where there are too few readings for one.</summary>
/// <remarks>
/// Readings are paired with the one nearest to the asked distance, at most half a median interval beside it; nothing is interpolated, so that gaps leave
/// pairs out and make none up. References that interpolate differ slightly.
/// </remarks>
public static class GlucoseVariability
{
    /// <summary>Mean of daily differences, mg/dL (Service 1980, doi:10.2337/diacare.3.1.58): mean |G(t) − G(t − days · 24 h)|.</summary>
    public static double Modd(GlucoseSeries series, int days = 1)
    {
        var changes = Changes(series, TimeSpan.FromDays(days));
        return changes.Count > 0 ? changes.Average(change => Math.Abs(change.MgDl)) : double.NaN;
    }

    /// <summary>Continuous overlapping net glycemic action, mg/dL (McDonnell 2005, doi:10.1089/dia.2005.7.253): sample SD of G(t) − G(t − hours).</summary>
    public static double Conga(GlucoseSeries series, double hours = 24) =>
        SampleDeviation(Changes(series, TimeSpan.FromHours(hours)).Select(change => change.MgDl));

    /// <summary>Sample standard deviation of the rate of change over 15 minutes, mg/dL per minute.</summary>
    public static double RateOfChangeDeviation(GlucoseSeries series) =>
        SampleDeviation(Changes(series, TimeSpan.FromMinutes(15)).Select(change => change.MgDl / change.Minutes));

    /// <summary>Average daily risk range (ADRR; Kovatchev 2006, doi:10.2337/dc06-1085).</summary>
    /// <remarks>The mean over calendar days of the highest low risk + the highest high risk. Meant for 14 days and more, with at least three readings on each.</remarks>
    public static double Adrr(GlucoseSeries series)
    {
        var days = new Dictionary<DateTime, (double Low, double High)>();
        for (var i = 0; i < series.Count; i++)
        {
            var value = series.Values[i];
            var day = series.Times[i].Date;
            var (low, high) = days.GetValueOrDefault(day);
            days[day] = (Math.Max(low, GlucoseRisk.Low(value)), Math.Max(high, GlucoseRisk.High(value)));
        }
        return days.Count > 0 ? days.Values.Average(day => day.Low + day.High) : double.NaN;
    }

    /// <summary>Glycemic variability index, from 1: the length of the glucose line over that of the straight line from its start to its end.</summary>
    /// <remarks>
    /// Lengths in minutes and mg/dL.
    /// As Dexcom presented it in 2012 and Nightscout reports it. The line is cut where readings are more than <see cref="SensorCoverage.LongestGap"/> apart.
    /// Values of sensors with different intervals do not compare.
    /// </remarks>
    public static double Gvi(GlucoseSeries series)
    {
        var times = series.Times;
        var values = series.Values;
        double line = 0, straight = 0;
        var start = 0;
        for (var i = 1; i <= times.Length; i++)
        {
            if (i < times.Length && times[i] - times[i - 1] <= SensorCoverage.LongestGap)
                line += Distance(times, values, i - 1, i);
            else
            {
                straight += Distance(times, values, start, i - 1);
                start = i;
            }
        }
        return line / straight;
    }

    /// <summary>Patient glycemic status: GVI · mean in mg/dL · share of readings out of range. Up to 35 is excellent.</summary>
    /// <remarks>Dexcom 2012, and Nightscout's distribution report.</remarks>
    public static double Pgs(GlucoseSeries series)
    {
        var summary = GlucoseSummary.Of(series);
        return Gvi(series) * summary.Mean * (1 - summary.Bands.InRange / 100);
    }

    static double Distance(ReadOnlySpan<DateTimeOffset> times, ReadOnlySpan<double> values, int from, int to) =>
        double.Hypot((times[to] - times[from]).TotalMinutes, values[to] - values[from]);

    static List<(double MgDl, double Minutes)> Changes(GlucoseSeries series, TimeSpan lag)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lag, TimeSpan.Zero);
        var times = series.Times;
        var values = series.Values;
        var changes = new List<(double, double)>(times.Length);
        for (int i = 0, before = 0; i < times.Length; i++)
        {
            var wanted = times[i] - lag;
            while (before + 1 < i && (times[before + 1] - wanted).Duration() < (times[before] - wanted).Duration())
                before++;
            if (before < i && (times[before] - wanted).Duration() <= series.MedianInterval / 2)
                changes.Add((values[i] - values[before], (times[i] - times[before]).TotalMinutes));
        }
        return changes;
    }

    static double SampleDeviation(IEnumerable<double> values)
    {
        double mean = 0, squares = 0;
        var count = 0;
        foreach (var value in values)
        {
            var away = value - mean;
            mean += away / ++count;
            squares += away * (value - mean);
        }
        return count > 1 ? Math.Sqrt(squares / (count - 1)) : double.NaN;
    }
}
