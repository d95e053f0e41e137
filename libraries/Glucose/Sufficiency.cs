namespace Glucose;

/// <summary>What a series has enough data for.</summary>
/// <remarks>14 days and 70 %: doi:10.2337/dci19-0028. The limits below that are those of Tidepool's reports.</remarks>
/// <param name="Readings">Usable readings, each instant once.</param>
/// <param name="DaysWorn">Calendar days, by the wearer's clock, with a reading.</param>
/// <param name="SensorTime">Time that readings cover (<see cref="SensorCoverage.SensorTime"/>).</param>
/// <param name="ActivePercent">0 to 100, by the series' own median interval; NaN below two readings.</param>
public sealed record Sufficiency(long Readings, int DaysWorn, TimeSpan SensorTime, double ActivePercent)
{
    /// <summary>Days of data that represent a quarter of a year.</summary>
    public const int Days = 14;

    /// <summary>Percent of those days that a sensor must have been read.</summary>
    public const double Percent = 70;

    /// <summary>Readings below which a spread says nothing.</summary>
    public const int ReadingsForSpread = 30;

    static readonly TimeSpan SensorTimeForGmi = TimeSpan.FromDays(Days) * Percent / 100;

    /// <summary>A day of sensor time: below it nothing is reported.</summary>
    public bool ForAnything => SensorTime >= TimeSpan.FromDays(1);

    /// <summary>30 readings: standard deviation and coefficient of variation.</summary>
    public bool ForSpread => ForAnything && Readings >= ReadingsForSpread;

    /// <summary>14 days worn and 70 % of 14 days of sensor time: the glucose management indicator.</summary>
    public bool ForGmi => DaysWorn >= Days && SensorTime >= SensorTimeForGmi;

    /// <summary>14 days worn and 70 % active: the standard report.</summary>
    public bool ForReport => ForGmi && ActivePercent >= Percent;

    /// <param name="cadence">The sensor's interval. Default: the median interval of the series.</param>
    public static Sufficiency Of(GlucoseSeries series, TimeSpan? cadence = null) =>
        new(series.Count, series.DaysWorn, SensorCoverage.SensorTime(series, cadence), SensorCoverage.ActivePercent(series));
}
