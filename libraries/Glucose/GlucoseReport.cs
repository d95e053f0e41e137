namespace Glucose;

/// <summary>The summary of a period with what its data do not suffice for left out: null is "too little data", never zero.</summary>
public sealed record GlucoseReport(GlucoseSummary Summary, Sufficiency Sufficiency)
{
    /// <summary>mg/dL; null below 24 hours of sensor time.</summary>
    public double? Mean => Sufficiency.ForAnything ? Summary.Mean : null;

    /// <summary>Null below 24 hours of sensor time.</summary>
    public BandShares? Bands => Sufficiency.ForAnything ? Summary.Bands : null;

    /// <summary>Null below 24 hours of sensor time.</summary>
    public GlycemiaRiskIndex? Gri => Sufficiency.ForAnything ? Summary.Gri : null;

    /// <summary>Null below 24 hours of sensor time.</summary>
    public double? Lbgi => Sufficiency.ForAnything ? Summary.Lbgi : null;

    /// <summary>Null below 24 hours of sensor time.</summary>
    public double? Hbgi => Sufficiency.ForAnything ? Summary.Hbgi : null;

    /// <summary>mg/dL; null below 30 readings or 24 hours of sensor time.</summary>
    public double? StandardDeviation => Sufficiency.ForSpread ? Summary.StandardDeviation : null;

    /// <summary>Percent; null below 30 readings or 24 hours of sensor time.</summary>
    public double? CoefficientOfVariation => Sufficiency.ForSpread ? Summary.CoefficientOfVariation : null;

    /// <summary>Percent; null below 14 days worn or 70 % of 14 days of sensor time.</summary>
    public double? Gmi => Sufficiency.ForGmi ? Summary.Gmi : null;

    /// <summary>Percent; null below 14 days worn or 70 % of 14 days of sensor time.</summary>
    public double? EstimatedA1c => Sufficiency.ForGmi ? Summary.EstimatedA1c : null;

    public static GlucoseReport Of(GlucoseSeries series) => new(GlucoseSummary.Of(series), Sufficiency.Of(series));
}
