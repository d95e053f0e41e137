namespace Glucose;

/// <summary>What follows from the values of readings alone, whatever their number; <see cref="GlucoseReport"/> says what may be shown.</summary>
/// <remarks>Unrounded. NaN where there are too few readings: none, or one for the standard deviation and what builds on it.</remarks>
public sealed record GlucoseSummary
{
    GlucoseSummary() { }

    public required long Count { get; init; }

    /// <summary>mg/dL.</summary>
    public required double Mean { get; init; }

    /// <summary>mg/dL; of the sample (n − 1).</summary>
    public required double StandardDeviation { get; init; }

    public required BandShares Bands { get; init; }

    /// <summary>Low blood glucose index, 0 to about 100: the mean of <see cref="GlucoseRisk.Low"/> over all readings (doi:10.2337/dc06-1085).</summary>
    /// <remarks>The usual bands (1.1, 2.5, 5) were set on finger-stick readings; sensors give less.</remarks>
    public required double Lbgi { get; init; }

    /// <summary>High blood glucose index, 0 to about 100: the mean of <see cref="GlucoseRisk.High"/> over all readings (doi:10.2337/dc06-1085).</summary>
    public required double Hbgi { get; init; }

    /// <summary>Blood glucose risk index: LBGI + HBGI.</summary>
    public double Bgri => Lbgi + Hbgi;

    /// <summary>Coefficient of variation, percent; 36 and less is called stable.</summary>
    public double CoefficientOfVariation => 100 * StandardDeviation / Mean;

    /// <summary>Glucose management indicator, percent (doi:10.2337/dc18-1581).</summary>
    public double Gmi => GmiOf(Mean);

    /// <summary>Estimated A1C, percent (doi:10.2337/dc08-0545).</summary>
    public double EstimatedA1c => (Mean + 46.7) / 28.7;

    public GlycemiaRiskIndex Gri => GlycemiaRiskIndex.Of(Bands);

    /// <summary>J index, from mean and standard deviation in mg/dL (Wojcicki 1995, doi:10.1055/s-2007-979906).</summary>
    public double JIndex => 0.001 * (Mean + StandardDeviation) * (Mean + StandardDeviation);

    /// <summary>Composite continuous glucose monitoring index, 0 to 100, more is better (doi:10.1177/1932296819838525).</summary>
    /// <remarks>
    /// Half time in range; 35 % time below range, from 100 at 0 % to 0 at 15 %; 15 % standard deviation, from 100 at 1 mmol/L to 0 at 6 mmol/L.
    /// </remarks>
    public double Cogi
    {
        get
        {
            var below = Math.Clamp(100 * (1 - Bands.BelowRange / 15), 0, 100);
            var spread = Math.Clamp(100 * (6 - GlucoseUnits.ToMmolL(StandardDeviation)) / 5, 0, 100);
            return 0.5 * Bands.InRange + 0.35 * below + 0.15 * spread;
        }
    }

    /// <summary>Glucose management indicator, percent, of a mean in mg/dL.</summary>
    public static double GmiOf(double meanMgDl) => 3.31 + 0.02392 * meanMgDl;

    public static GlucoseSummary Of(GlucoseSeries series) => Of(series.Values);

    /// <param name="mgDl">Usable values (<see cref="Reading.IsUsable"/>) in any order.</param>
    public static GlucoseSummary Of(ReadOnlySpan<double> mgDl) => From(GlucoseTally.Of(mgDl));

    public static GlucoseSummary Of(GlucoseHistogram histogram) => From(GlucoseTally.Of(histogram));

    /// <summary>The same as from the readings, but for the standard deviation: sums of squares lose digits when it is far smaller than the mean.</summary>
    public static GlucoseSummary Of(GlucoseTotals totals)
    {
        var squares = totals.SumOfSquares - totals.Sum * totals.Sum / totals.Count;
        return From(totals, totals.Sum / totals.Count, totals.Count > 1 ? Math.Sqrt(Math.Max(0, squares) / (totals.Count - 1)) : double.NaN);
    }

    static GlucoseSummary From(GlucoseTally tally) => From(tally.Totals, tally.Mean, tally.StandardDeviation);

    static GlucoseSummary From(GlucoseTotals totals, double mean, double standardDeviation) => new()
    {
        Count = totals.Count,
        Mean = mean,
        StandardDeviation = standardDeviation,
        Bands = totals.Bands.Shares,
        Lbgi = totals.LowRisk / totals.Count,
        Hbgi = totals.HighRisk / totals.Count,
    };
}
