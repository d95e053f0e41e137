namespace Glucose;

/// <summary>Percentages, unrounded, 0 to 100, of readings or of time; NaN when there is nothing to share.</summary>
/// <remarks>The five bands add up to 100. Source: doi:10.2337/dci19-0028, doi:10.1016/S2213-8587(22)00319-9.</remarks>
public sealed record BandShares
{
    /// <summary>Below 54 mg/dL.</summary>
    public required double VeryLow { get; init; }

    /// <summary>54 to below 70 mg/dL.</summary>
    public required double Low { get; init; }

    /// <summary>70 to 180 mg/dL: time in range (TIR).</summary>
    public required double InRange { get; init; }

    /// <summary>Above 180 to 250 mg/dL.</summary>
    public required double High { get; init; }

    /// <summary>Above 250 mg/dL.</summary>
    public required double VeryHigh { get; init; }

    /// <summary>70 to 140 mg/dL: time in tight range (TITR).</summary>
    public required double Tight { get; init; }

    /// <summary>Below 63 mg/dL, the limit in pregnancy.</summary>
    public required double BelowPregnancy { get; init; }

    /// <summary>63 to 140 mg/dL, the range in pregnancy.</summary>
    public required double Pregnancy { get; init; }

    /// <summary>Above 140 mg/dL, the limit in pregnancy.</summary>
    public required double AbovePregnancy { get; init; }

    /// <summary>Below 70 mg/dL (TBR), what is below 54 included.</summary>
    public double BelowRange => VeryLow + Low;

    /// <summary>Above 180 mg/dL (TAR), what is above 250 included.</summary>
    public double AboveRange => High + VeryHigh;

    /// <summary>Shares of readings: each counts the same.</summary>
    /// <param name="values">In the unit of the thresholds.</param>
    public static BandShares Of(ReadOnlySpan<double> values, GlucoseThresholds thresholds)
    {
        var tally = new BandTally(thresholds);
        foreach (var value in values)
            tally.Add(value, 1);
        return tally.Totals.Shares;
    }

    /// <summary>Shares of time, so that a sensor that reads every minute compares with one that reads every quarter of an hour.</summary>
    /// <remarks>
    /// A reading stands for the time to the next one. When that is further away than <paramref name="longest"/>, the time between is unknown and the
    /// reading stands for the median interval, as the last reading does. A regular series gives the same as shares of readings.
    /// </remarks>
    /// <param name="longest">The longest time a reading stands for. Default: 16 minutes, the 15 of the slowest sensors and their jitter.</param>
    /// <exception cref="ArgumentOutOfRangeException">The longest time is not above zero.</exception>
    public static BandShares OfTime(GlucoseSeries series, TimeSpan? longest = null)
    {
        var limit = longest ?? TimeSpan.FromMinutes(16);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(longest));
        var usual = series.MedianInterval > TimeSpan.Zero && series.MedianInterval < limit ? series.MedianInterval : limit;

        var tally = new BandTally(GlucoseThresholds.MgDl);
        var times = series.Times;
        var values = series.Values;
        for (var i = 0; i < values.Length; i++)
        {
            var gap = i + 1 < times.Length ? times[i + 1] - times[i] : TimeSpan.MaxValue;
            tally.Add(values[i], (gap <= limit ? gap : usual).TotalMinutes);
        }
        return tally.Totals.Shares;
    }

    /// <summary>Percent of readings below a threshold of one's own; NaN without readings.</summary>
    public static double PercentBelow(ReadOnlySpan<double> values, double threshold)
    {
        var below = 0;
        foreach (var value in values)
            below += value < threshold ? 1 : 0;
        return 100.0 * below / values.Length;
    }

    /// <summary>Percent of readings above a threshold of one's own; NaN without readings.</summary>
    public static double PercentAbove(ReadOnlySpan<double> values, double threshold)
    {
        var above = 0;
        foreach (var value in values)
            above += value > threshold ? 1 : 0;
        return 100.0 * above / values.Length;
    }
}
