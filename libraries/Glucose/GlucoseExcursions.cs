namespace Glucose;

/// <summary>Mean amplitude of glycemic excursions (MAGE; Service 1970, doi:10.2337/diab.19.9.644).</summary>
/// <remarks>
/// Found as in doi:10.1177/19322968211061165: where a short moving average crosses a long one, a new stretch begins; the highest reading of a stretch above
/// and the lowest of one below are candidates for peaks and nadirs. Differences of at most one standard deviation between them are no excursions. The first
/// and the last candidate count too. References differ by a few percent in how they treat ends and gaps; compare values of one method only.
/// </remarks>
public static class GlucoseExcursions
{
    static readonly TimeSpan ShortAverage = TimeSpan.FromMinutes(25); // 5 readings of a 5-minute sensor
    static readonly TimeSpan LongAverage = TimeSpan.FromMinutes(160); // 32 of them

    /// <summary>mg/dL: the mean size of rises and falls of more than one standard deviation of the whole series; NaN when there is none.</summary>
    /// <remarks>Readings more than <see cref="SensorCoverage.LongestGap"/> apart are not joined to one excursion.</remarks>
    public static double Mage(GlucoseSeries series)
    {
        var least = GlucoseSummary.Of(series).StandardDeviation;
        var times = series.Times;
        var (sum, count) = (0.0, 0);
        var start = 0;
        for (var i = 1; i <= times.Length; i++)
        {
            if (i < times.Length && times[i] - times[i - 1] <= SensorCoverage.LongestGap)
                continue;
            foreach (var size in Sizes(Candidates(times[start..i], series.Values[start..i]), least))
                (sum, count) = (sum + size, count + 1);
            start = i;
        }
        return count > 0 ? sum / count : double.NaN;
    }

    /// <summary>The extremes of the stretches between the crossings of the two averages, oldest first.</summary>
    static List<double> Candidates(ReadOnlySpan<DateTimeOffset> times, ReadOnlySpan<double> values)
    {
        var candidates = new List<double> { values[0] };
        var (shortMean, longMean) = (new TrailingMean(ShortAverage), new TrailingMean(LongAverage));
        var above = 0; // 1 while the short average is above the long one, -1 while below
        for (var i = 0; i < values.Length; i++)
        {
            var side = Math.Sign(shortMean.Next(times, values, i) - longMean.Next(times, values, i));
            if (side != 0 && side != above)
            {
                above = side;
                candidates.Add(values[i]);
            }
            else if ((values[i] - candidates[^1]) * above > 0)
                candidates[^1] = values[i];
        }
        candidates.Add(values[^1]);
        return candidates;
    }

    /// <summary>Sizes of the rises and falls between turns that are further apart than the least size.</summary>
    static List<double> Sizes(List<double> candidates, double least)
    {
        var sizes = new List<double>();
        double low = candidates[0], high = candidates[0];
        var direction = 0; // 1 rising, -1 falling, 0 before the first excursion
        foreach (var value in candidates)
        {
            if (direction >= 0 && high - value > least) // the turn is at high, from which glucose now falls
            {
                if (direction > 0)
                    sizes.Add(high - low);
                (direction, low) = (-1, value);
            }
            else if (direction <= 0 && value - low > least)
            {
                if (direction < 0)
                    sizes.Add(high - low);
                (direction, high) = (1, value);
            }
            else
                (low, high) = (direction > 0 ? low : Math.Min(low, value), direction < 0 ? high : Math.Max(high, value));
        }
        if (direction != 0)
            sizes.Add(high - low);
        return sizes;
    }

    /// <summary>The mean of the readings of the last minutes.</summary>
    struct TrailingMean(TimeSpan length)
    {
        double _sum;
        int _first;

        public double Next(ReadOnlySpan<DateTimeOffset> times, ReadOnlySpan<double> values, int i)
        {
            _sum += values[i];
            for (; times[i] - times[_first] >= length; _first++)
                _sum -= values[_first];
            return _sum / (i - _first + 1);
        }
    }
}
