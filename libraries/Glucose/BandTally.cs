namespace Glucose;

/// <summary>Adds up readings or minutes by band.</summary>
struct BandTally(GlucoseThresholds thresholds)
{
    double _veryLow, _low, _inRange, _high, _veryHigh, _tight, _belowPregnancy, _pregnancy, _abovePregnancy;

    public void Add(double value, double weight)
    {
        switch (thresholds.BandOf(value))
        {
            case GlucoseBand.VeryLow: _veryLow += weight; break;
            case GlucoseBand.Low: _low += weight; break;
            case GlucoseBand.InRange: _inRange += weight; break;
            case GlucoseBand.High: _high += weight; break;
            default: _veryHigh += weight; break;
        }
        if (value >= thresholds.Low && value <= thresholds.TightHigh)
            _tight += weight;
        if (value < thresholds.PregnancyLow)
            _belowPregnancy += weight;
        else if (value <= thresholds.PregnancyHigh)
            _pregnancy += weight;
        else
            _abovePregnancy += weight;
    }

    public readonly BandTotals Totals => new()
    {
        VeryLow = _veryLow,
        Low = _low,
        InRange = _inRange,
        High = _high,
        VeryHigh = _veryHigh,
        Tight = _tight,
        BelowPregnancy = _belowPregnancy,
        Pregnancy = _pregnancy,
        AbovePregnancy = _abovePregnancy,
    };
}
