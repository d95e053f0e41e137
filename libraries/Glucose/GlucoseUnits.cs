namespace Glucose;

/// <summary>Converts glucose between mg/dL and mmol/L.</summary>
public static class GlucoseUnits
{
    /// <summary>The molar mass of glucose over ten, as Nightscout and Tidepool have it.</summary>
    /// <remarks>18, 18.018 and 18.0182 are found elsewhere and give other numbers.</remarks>
    public const double MgDlPerMmolL = 18.01559;

    /// <summary>mg/dL to mmol/L, unrounded.</summary>
    public static double ToMmolL(double mgDl) => mgDl / MgDlPerMmolL;

    /// <summary>mmol/L to mg/dL, unrounded.</summary>
    public static double ToMgDl(double mmolL) => mmolL * MgDlPerMmolL;
}
