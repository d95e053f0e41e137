namespace Glucose;

/// <summary>Counts of readings per whole mg/dL, 20 to 1000: enough for bands, mean, spread, risks and percentiles of any number of readings.</summary>
/// <remarks>
/// What follows from it is exact for whole values. A fraction counts as the nearest whole value, halves upwards, as <c>round(numeric)</c> of PostgreSQL
/// has it; percentiles then stay within 1 mg/dL. Add histograms of days, hours or people to have that of all. Not safe for several threads.
/// </remarks>
public sealed class GlucoseHistogram
{
    const int Lowest = (int)Reading.LowestMgDl;
    const int Highest = (int)Reading.HighestMgDl;

    readonly long[] _counts = new long[Highest - Lowest + 1];

    public static GlucoseHistogram Of(GlucoseSeries series) => Of(series.Values);

    /// <param name="mgDl">Usable values (<see cref="Reading.IsUsable"/>) in any order.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not usable.</exception>
    public static GlucoseHistogram Of(ReadOnlySpan<double> mgDl)
    {
        var histogram = new GlucoseHistogram();
        foreach (var value in mgDl)
            histogram.Add(value);
        return histogram;
    }

    /// <summary>The number of readings.</summary>
    public long Count { get; private set; }

    /// <summary>The number of readings at a whole value; 0 outside 20 to 1000.</summary>
    public long this[int mgDl] => mgDl is >= Lowest and <= Highest ? _counts[mgDl - Lowest] : 0;

    /// <summary>Whole values, ascending, that occur, with their counts.</summary>
    public IEnumerable<(int MgDl, long Count)> Counts
    {
        get
        {
            for (var mgDl = Lowest; mgDl <= Highest; mgDl++)
                if (this[mgDl] > 0)
                    yield return (mgDl, this[mgDl]);
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The value is not usable.</exception>
    public void Add(double mgDl)
    {
        if (!Reading.IsUsable(mgDl))
            throw new ArgumentOutOfRangeException(nameof(mgDl), mgDl, $"Glucose is counted from {Lowest} to {Highest} mg/dL.");
        Add((int)Math.Round(mgDl, MidpointRounding.AwayFromZero), 1);
    }

    /// <exception cref="ArgumentOutOfRangeException">The value is not within 20 to 1000 or the count is negative.</exception>
    public void Add(int mgDl, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mgDl, Lowest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mgDl, Highest);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _counts[mgDl - Lowest] += count;
        Count += count;
    }

    public void Add(GlucoseHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>The value at a place in ascending order.</summary>
    internal int ValueAt(long place)
    {
        var mgDl = Lowest;
        for (var passed = this[mgDl]; passed <= place; passed += this[mgDl])
            mgDl++;
        return mgDl;
    }
}
