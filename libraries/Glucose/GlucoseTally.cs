namespace Glucose;

/// <summary>Adds up values in one pass; the spread by Welford's method, which does not lose digits on long series.</summary>
struct GlucoseTally()
{
    BandTally _bands = new(GlucoseThresholds.MgDl);
    double _mean, _away, _sum, _squares, _lowRisk, _highRisk;
    long _count;

    public static GlucoseTally Of(ReadOnlySpan<double> mgDl)
    {
        var tally = new GlucoseTally();
        foreach (var value in mgDl)
            tally.Add(value, 1);
        return tally;
    }

    public static GlucoseTally Of(GlucoseHistogram histogram)
    {
        var tally = new GlucoseTally();
        foreach (var (mgDl, count) in histogram.Counts)
            tally.Add(mgDl, count);
        return tally;
    }

    public readonly double Mean => _count > 0 ? _mean : double.NaN;

    public readonly double StandardDeviation => _count > 1 ? Math.Sqrt(_away / (_count - 1)) : double.NaN;

    public readonly GlucoseTotals Totals => new()
    {
        Count = _count,
        Sum = _sum,
        SumOfSquares = _squares,
        LowRisk = _lowRisk,
        HighRisk = _highRisk,
        Bands = _bands.Totals,
    };

    void Add(double mgDl, long times)
    {
        _count += times;
        var away = mgDl - _mean;
        _mean += away * times / _count;
        _away += away * (mgDl - _mean) * times;
        _sum += mgDl * times;
        _squares += mgDl * mgDl * times;

        var f = GlucoseRisk.Symmetric(mgDl);
        if (f < 0)
            _lowRisk += times * 10 * f * f;
        else
            _highRisk += times * 10 * f * f;
        _bands.Add(mgDl, times);
    }
}
