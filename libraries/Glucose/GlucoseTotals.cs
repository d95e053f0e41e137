namespace Glucose;

/// <summary>What readings add up to: totals of days, hours or people add up to those of all, and a summary follows from them.</summary>
/// <remarks>This is what a daily summary in a database holds: it must agree with these numbers, counts exactly and sums to 1e-9 of their size.</remarks>
public readonly record struct GlucoseTotals
{
    /// <summary>The number of readings.</summary>
    public required long Count { get; init; }

    /// <summary>mg/dL.</summary>
    public required double Sum { get; init; }

    /// <summary>(mg/dL)²; exact for whole values up to nine billion readings of 1000 mg/dL.</summary>
    public required double SumOfSquares { get; init; }

    /// <summary>The sum of <see cref="GlucoseRisk.Low"/>.</summary>
    public required double LowRisk { get; init; }

    /// <summary>The sum of <see cref="GlucoseRisk.High"/>.</summary>
    public required double HighRisk { get; init; }

    /// <summary>Readings by band, in the bands of mg/dL.</summary>
    public required BandTotals Bands { get; init; }

    public static GlucoseTotals Of(GlucoseSeries series) => Of(series.Values);

    /// <param name="mgDl">Usable values (<see cref="Reading.IsUsable"/>) in any order.</param>
    public static GlucoseTotals Of(ReadOnlySpan<double> mgDl) => GlucoseTally.Of(mgDl).Totals;

    public static GlucoseTotals Of(GlucoseHistogram histogram) => GlucoseTally.Of(histogram).Totals;

    public static GlucoseTotals operator +(GlucoseTotals one, GlucoseTotals other) => new()
    {
        Count = one.Count + other.Count,
        Sum = one.Sum + other.Sum,
        SumOfSquares = one.SumOfSquares + other.SumOfSquares,
        LowRisk = one.LowRisk + other.LowRisk,
        HighRisk = one.HighRisk + other.HighRisk,
        Bands = one.Bands + other.Bands,
    };
}
