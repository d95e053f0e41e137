namespace Glucose;

/// <summary>Glycemic risk assessment diabetes equation (GRADE; Hill 2007, doi:10.1111/j.1464-5491.2007.02119.x).</summary>
/// <param name="Score">0 to 50: the mean over all readings.</param>
/// <param name="HypoPercent">Share of the score from readings below 70 mg/dL.</param>
/// <param name="EuPercent">Share of the score from readings of 70 to 140 mg/dL.</param>
/// <param name="HyperPercent">Share of the score from readings above 140 mg/dL.</param>
public readonly record struct Grade(double Score, double HypoPercent, double EuPercent, double HyperPercent)
{
    /// <param name="mgDl">Usable values (<see cref="Reading.IsUsable"/>) in any order; without any all is NaN.</param>
    public static Grade Of(ReadOnlySpan<double> mgDl)
    {
        double hypo = 0, eu = 0, hyper = 0;
        foreach (var value in mgDl)
        {
            var root = Math.Log10(Math.Log10(value / 18)) + 0.16; // 18, not the exact factor: the equation was fitted and published with it
            var score = Math.Min(50, 425 * root * root);
            if (value < 70)
                hypo += score;
            else if (value <= 140)
                eu += score;
            else
                hyper += score;
        }
        var sum = hypo + eu + hyper;
        return new(sum / mgDl.Length, 100 * hypo / sum, 100 * eu / sum, 100 * hyper / sum);
    }
}

/// <summary>Indices of glycemic control for research, from values in mg/dL in any order; NaN without values.</summary>
public static class GlycemicIndices
{
    /// <summary>Hypoglycemia index (Rodbard 2009, doi:10.1089/dia.2008.0132): mean of (limit − G)² / 30 over all readings.</summary>
    /// <param name="limit">mg/dL. The paper starts at 80; the default is the range of the consensus.</param>
    public static double HypoglycemiaIndex(ReadOnlySpan<double> mgDl, double limit = 70)
    {
        var sum = 0.0;
        foreach (var value in mgDl)
            if (value < limit)
                sum += (limit - value) * (limit - value);
        return sum / 30 / mgDl.Length;
    }

    /// <summary>Hyperglycemia index (Rodbard 2009, doi:10.1089/dia.2008.0132): mean of (G − limit)^1.1 / 30 over all readings.</summary>
    /// <param name="limit">mg/dL. The paper starts at 140; the default is the range of the consensus.</param>
    public static double HyperglycemiaIndex(ReadOnlySpan<double> mgDl, double limit = 180)
    {
        var sum = 0.0;
        foreach (var value in mgDl)
            if (value > limit)
                sum += Math.Pow(value - limit, 1.1);
        return sum / 30 / mgDl.Length;
    }

    /// <summary>Index of glycemic control (IGC): hypoglycemia index + hyperglycemia index.</summary>
    public static double GlycemicControl(ReadOnlySpan<double> mgDl, double low = 70, double high = 180) =>
        HypoglycemiaIndex(mgDl, low) + HyperglycemiaIndex(mgDl, high);

    /// <summary>M-value (Schlichtkrull 1965, doi:10.1111/j.0954-6820.1965.tb01810.x): mean of |10 · log10(G / reference)|³.</summary>
    /// <remarks>Without the paper's term for the range.</remarks>
    /// <param name="reference">mg/dL. Published values use 80 to 120; tell which one was used.</param>
    public static double MValue(ReadOnlySpan<double> mgDl, double reference = 100)
    {
        var sum = 0.0;
        foreach (var value in mgDl)
            sum += Math.Pow(Math.Abs(10 * Math.Log10(value / reference)), 3);
        return sum / mgDl.Length;
    }
}
