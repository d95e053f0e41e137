using System.Globalization;
using Glucose;

namespace RegistrationSite;

/// <summary>How glucose is written and where it stands in a chart: 40 to 400 mg/dL, or 2 to 22 mmol/L, so that charts compare.</summary>
public sealed record GlucoseScale(bool IsMmol)
{
    static readonly Texts T = Texts.Of("GlucoseScale");

    public string Unit => IsMmol ? "mmol/L" : "mg/dL";

    /// <summary>The limits of each band, in words.</summary>
    public (string VeryLow, string Low, string InRange, string High, string VeryHigh) Bands => IsMmol
        ? (T["Below", "3.0"], T["Between", "3.0", "3.8"], T["Between", "3.9", "10.0"], T["Between", "10.1", "13.9"], T["Above", "13.9"])
        : (T["Below", "54"], T["Between", "54", "69"], T["Between", "70", "180"], T["Between", "181", "250"], T["Above", "250"]);

    /// <summary>Values that a chart writes at its side, mg/dL.</summary>
    public IReadOnlyList<double> Marks => IsMmol ? [.. new[] { 3.9, 10, 13.9, 22 }.Select(GlucoseUnits.ToMgDl)] : [70, 180, 250, 400];

    /// <param name="mgDl">NaN: nothing is known.</param>
    public string Text(double mgDl) => double.IsNaN(mgDl) ? "–" : IsMmol ? GlucoseUnits.ToMmolL(mgDl).ToString("0.0", CultureInfo.InvariantCulture) : mgDl.ToString("0", CultureInfo.InvariantCulture);

    /// <summary>Distance from a chart's upper edge; what is beyond the scale stands at its edge.</summary>
    public double Y(double mgDl, double height)
    {
        var (low, high) = IsMmol ? (GlucoseUnits.ToMgDl(2), GlucoseUnits.ToMgDl(22)) : (40, 400);
        return height * (high - Math.Clamp(mgDl, low, high)) / (high - low);
    }

    /// <summary>The line through the points, broken where there is none: the <c>d</c> of an SVG path.</summary>
    public static string Line(IEnumerable<(double X, double Y)?> points)
    {
        var path = new System.Text.StringBuilder();
        var isDrawing = false;
        foreach (var point in points)
        {
            if (point is { } at)
                path.Append(CultureInfo.InvariantCulture, $"{(isDrawing ? 'L' : 'M')}{at.X:0.#} {at.Y:0.#}");
            isDrawing = point is not null;
        }
        return path.ToString();
    }
}
