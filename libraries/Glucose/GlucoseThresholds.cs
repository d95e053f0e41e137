namespace Glucose;

/// <summary>The five bands of the consensus on time in range (doi:10.2337/dci19-0028).</summary>
public enum GlucoseBand
{
    /// <summary>Below 54 mg/dL or 3.0 mmol/L: level 2 low.</summary>
    VeryLow,

    /// <summary>54 to below 70 mg/dL, 3.0 to below 3.9 mmol/L: level 1 low.</summary>
    Low,

    /// <summary>70 to 180 mg/dL, 3.9 to 10.0 mmol/L, both included.</summary>
    InRange,

    /// <summary>Above 180 to 250 mg/dL, above 10.0 to 13.9 mmol/L: level 1 high.</summary>
    High,

    /// <summary>Above 250 mg/dL or 13.9 mmol/L: level 2 high.</summary>
    VeryHigh,
}

/// <summary>Where the bands meet, in one unit.</summary>
/// <remarks>
/// The thresholds of the two units are no conversions of each other (10.0 mmol/L is 180.16 mg/dL, yet in range): judge a value in the unit it was
/// measured in.
/// </remarks>
public sealed record GlucoseThresholds
{
    GlucoseThresholds() { }

    public static GlucoseThresholds MgDl { get; } =
        new() { VeryLow = 54, Low = 70, High = 180, VeryHigh = 250, TightHigh = 140, PregnancyLow = 63, PregnancyHigh = 140 };

    public static GlucoseThresholds MmolL { get; } =
        new() { VeryLow = 3.0, Low = 3.9, High = 10.0, VeryHigh = 13.9, TightHigh = 7.8, PregnancyLow = 3.5, PregnancyHigh = 7.8 };

    /// <summary>What is below it is very low.</summary>
    public required double VeryLow { get; init; }

    /// <summary>The lowest value in range and in tight range.</summary>
    public required double Low { get; init; }

    /// <summary>The highest value in range.</summary>
    public required double High { get; init; }

    /// <summary>What is above it is very high.</summary>
    public required double VeryHigh { get; init; }

    /// <summary>The highest value in tight range.</summary>
    public required double TightHigh { get; init; }

    /// <summary>The lowest value in range in pregnancy.</summary>
    public required double PregnancyLow { get; init; }

    /// <summary>The highest value in range in pregnancy.</summary>
    public required double PregnancyHigh { get; init; }

    /// <summary>The band of a value in the unit of these thresholds; fractions belong where the threshold puts them (69.9 mg/dL is low).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is NaN, which would otherwise pass for very high.</exception>
    public GlucoseBand BandOf(double value) =>
        value < VeryLow ? GlucoseBand.VeryLow
        : value < Low ? GlucoseBand.Low
        : value <= High ? GlucoseBand.InRange
        : value <= VeryHigh ? GlucoseBand.High
        : value > VeryHigh ? GlucoseBand.VeryHigh
        : throw new ArgumentOutOfRangeException(nameof(value), value, "What is not a number lies in no band.");
}
