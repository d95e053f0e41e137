namespace Glucose;

/// <summary>The risk of a glucose value (Kovatchev; doi:10.2337/dc06-1085): 0 near 112.5 mg/dL, growing to both sides, near 100 at 20 and 600.</summary>
/// <remarks>
/// f(G) = 1.509 · (ln(G)^1.084 − 5.381), risk = 10 · f². The power belongs to the logarithm alone and G is in mg/dL: other groupings and units that
/// are found in print and in code give other numbers.
/// </remarks>
public static class GlucoseRisk
{
    /// <summary>f(G): negative towards low glucose, positive towards high. <paramref name="mgDl"/> above 1.</summary>
    public static double Symmetric(double mgDl) => 1.509 * (Math.Pow(Math.Log(mgDl), 1.084) - 5.381);

    /// <summary>Risk of low glucose, 0 where f is not negative.</summary>
    public static double Low(double mgDl) => Symmetric(mgDl) is < 0 and var f ? 10 * f * f : 0;

    /// <summary>Risk of high glucose, 0 where f is not positive.</summary>
    public static double High(double mgDl) => Symmetric(mgDl) is > 0 and var f ? 10 * f * f : 0;
}
