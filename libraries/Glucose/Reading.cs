namespace Glucose;

/// <summary>One glucose value of a sensor or a meter.</summary>
/// <param name="At">The instant, with the offset of the wearer's clock: its clock time is what counts as time of day and as calendar day.</param>
/// <param name="MgDl">mg/dL.</param>
public readonly record struct Reading(DateTimeOffset At, double MgDl)
{
    /// <summary>mg/dL. Meters read from 20; what is below is no glucose but an error code of the sensor (1 to 12 in Nightscout).</summary>
    public const double LowestMgDl = 20;

    /// <summary>mg/dL. Beyond what any meter shows.</summary>
    public const double HighestMgDl = 1000;

    /// <summary>Whether a value is a measurement: 20 to 1000 mg/dL, so neither NaN nor an error code.</summary>
    public static bool IsUsable(double mgDl) => mgDl is >= LowestMgDl and <= HighestMgDl;

    /// <summary>The same instant on the clocks of another zone.</summary>
    public Reading InZone(TimeZoneInfo zone) => this with { At = TimeZoneInfo.ConvertTime(At, zone) };
}
