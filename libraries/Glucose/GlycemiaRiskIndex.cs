namespace Glucose;

/// <summary>Zones of the glycemia risk index, each of 20 points.</summary>
public enum GlycemiaRiskZone
{
    /// <summary>0 to 20, the least risk.</summary>
    A,

    /// <summary>Above 20 to 40.</summary>
    B,

    /// <summary>Above 40 to 60.</summary>
    C,

    /// <summary>Above 60 to 80.</summary>
    D,

    /// <summary>Above 80 to 100.</summary>
    E,
}

/// <summary>Glycemia risk index (GRI; Klonoff 2022, doi:10.1177/19322968221085273): what clinicians see as the risk in five bands.</summary>
/// <param name="Hypo">Hypoglycemia component, percent: very low + 0.8 · low. The horizontal axis of the GRI grid.</param>
/// <param name="Hyper">Hyperglycemia component, percent: very high + 0.5 · high. The vertical axis of the GRI grid.</param>
public readonly record struct GlycemiaRiskIndex(double Hypo, double Hyper)
{
    public static GlycemiaRiskIndex Of(BandShares shares) => new(shares.VeryLow + 0.8 * shares.Low, shares.VeryHigh + 0.5 * shares.High);

    /// <summary>0 to 100: 3.0 · %&lt;54 + 2.4 · %54–69 + 1.6 · %&gt;250 + 0.8 · %181–250, at most 100.</summary>
    public double Score => Math.Min(100, 3.0 * Hypo + 1.6 * Hyper);

    public GlycemiaRiskZone Zone => Score switch
    {
        <= 20 => GlycemiaRiskZone.A,
        <= 40 => GlycemiaRiskZone.B,
        <= 60 => GlycemiaRiskZone.C,
        <= 80 => GlycemiaRiskZone.D,
        _ => GlycemiaRiskZone.E,
    };
}
