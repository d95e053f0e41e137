namespace Glucose;

/// <summary>The five percentiles of a glucose profile, mg/dL; NaN when there is no reading.</summary>
public readonly record struct Percentiles(double P5, double P25, double P50, double P75, double P95)
{
    public double Median => P50;

    /// <summary>Interquartile range, mg/dL.</summary>
    public double InterquartileRange => P75 - P25;

    public static Percentiles Of(GlucoseSeries series) => Of(series.Values);

    /// <param name="mgDl">In any order; a copy is sorted.</param>
    public static Percentiles Of(ReadOnlySpan<double> mgDl)
    {
        var sorted = mgDl.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted);
    }

    public static Percentiles Of(GlucoseHistogram histogram) =>
        new(At(histogram, 5), At(histogram, 25), At(histogram, 50), At(histogram, 75), At(histogram, 95));

    /// <summary>One percentile by linear interpolation (type 7 of Hyndman and Fan, doi:10.1080/00031305.1996.10473566).</summary>
    /// <param name="ascending">mg/dL.</param>
    /// <param name="percent">0 (the lowest) to 100 (the highest).</param>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is not within 0 to 100.</exception>
    public static double At(ReadOnlySpan<double> ascending, double percent)
    {
        if (ascending.IsEmpty)
            return double.NaN;
        var (place, part) = Place(ascending.Length, percent);
        return part == 0 ? ascending[(int)place] : ascending[(int)place] + part * (ascending[(int)place + 1] - ascending[(int)place]);
    }

    /// <inheritdoc cref="At(ReadOnlySpan{double}, double)"/>
    public static double At(GlucoseHistogram histogram, double percent)
    {
        if (histogram.Count == 0)
            return double.NaN;
        var (place, part) = Place(histogram.Count, percent);
        double below = histogram.ValueAt(place);
        return part == 0 ? below : below + part * (histogram.ValueAt(place + 1) - below);
    }

    internal static Percentiles OfSorted(ReadOnlySpan<double> ascending) =>
        new(At(ascending, 5), At(ascending, 25), At(ascending, 50), At(ascending, 75), At(ascending, 95));

    static (long Below, double Part) Place(long count, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        var exact = (count - 1) * percent / 100;
        var place = (long)exact;
        return (place, exact - place);
    }
}
