namespace Glucose;

/// <summary>Readings or minutes by band; those of days, hours or people add up to those of all. The bands are those of <see cref="BandShares"/>.</summary>
public readonly record struct BandTotals
{
    public required double VeryLow { get; init; }
    public required double Low { get; init; }
    public required double InRange { get; init; }
    public required double High { get; init; }
    public required double VeryHigh { get; init; }
    public required double Tight { get; init; }
    public required double BelowPregnancy { get; init; }
    public required double Pregnancy { get; init; }
    public required double AbovePregnancy { get; init; }

    /// <summary>All readings or minutes.</summary>
    public double Total => VeryLow + Low + InRange + High + VeryHigh;

    /// <summary>Percentages of the total, unrounded; NaN when there is nothing to share.</summary>
    public BandShares Shares => new()
    {
        VeryLow = Percent(VeryLow),
        Low = Percent(Low),
        InRange = Percent(InRange),
        High = Percent(High),
        VeryHigh = Percent(VeryHigh),
        Tight = Percent(Tight),
        BelowPregnancy = Percent(BelowPregnancy),
        Pregnancy = Percent(Pregnancy),
        AbovePregnancy = Percent(AbovePregnancy),
    };

    public static BandTotals operator +(BandTotals one, BandTotals other) => new()
    {
        VeryLow = one.VeryLow + other.VeryLow,
        Low = one.Low + other.Low,
        InRange = one.InRange + other.InRange,
        High = one.High + other.High,
        VeryHigh = one.VeryHigh + other.VeryHigh,
        Tight = one.Tight + other.Tight,
        BelowPregnancy = one.BelowPregnancy + other.BelowPregnancy,
        Pregnancy = one.Pregnancy + other.Pregnancy,
        AbovePregnancy = one.AbovePregnancy + other.AbovePregnancy,
    };

    double Percent(double part) => 100 * part / Total;
}
