using Glucose;

namespace OpenHumansEtl.Derived;

/// <summary>Sensor glucose of a local day: a row of <c>openaps.glucose_day</c>, whose comments say what each value is.</summary>
public sealed class GlucoseDay
{
    /// <summary>Sensors report 39 for LOW and 401 or 501 for HIGH; below are error codes, and from 600 on nothing measures.</summary>
    public const int LowestMgDl = 39, HighestMgDl = 599;

    /// <summary>Origin of the sum of squares, mg/dL: near most means, so that no digits are lost.</summary>
    public const double Origin = 120;

    /// <summary>Elements of a histogram by half hour: 600 × half hour + mg/dL.</summary>
    public const int PerHalfHour = 600;

    const int UsualCadence = 5, SlowestCadence = 15;

    /// <param name="series">Of the day; not empty.</param>
    /// <param name="duplicates">Readings left out because another uploader's stands for them.</param>
    public GlucoseDay(LocalDay day, GlucoseSeries series, int duplicates)
    {
        (Day, N, Duplicates) = (day.Day, series.Count, duplicates);
        DayMinutes = (int)Math.Round((day.ToUtc - day.FromUtc).TotalMinutes);
        CadenceMinutes = series.Count < 2 ? UsualCadence : (int)Math.Clamp(Math.Round(series.MedianInterval.TotalMinutes), 1, SlowestCadence);
        Expected = (int)Math.Round((double)DayMinutes / CadenceMinutes);
        CoveredMinutes = SensorCoverage.ActivePercent(series, TimeSpan.FromMinutes(CadenceMinutes), day.FromUtc, day.ToUtc) / 100 * (day.ToUtc - day.FromUtc).TotalMinutes;
        Readings = new short[series.Count];
        (MinMgDl, MaxMgDl) = (series.Values[0], series.Values[0]);
        for (var i = 0; i < series.Count; i++)
        {
            Add(series.Values[i]);
            var halfHour = series.Times[i].Hour * 2 + series.Times[i].Minute / 30;
            Readings[i] = (short)(halfHour * PerHalfHour + (int)Math.Round(series.Values[i], MidpointRounding.AwayFromZero));
        }
        Array.Sort(Readings);
    }

    public DateOnly Day { get; }
    public int N { get; }
    public int Duplicates { get; }
    public int DayMinutes { get; }
    public int CadenceMinutes { get; }
    public int Expected { get; }
    public double CoveredMinutes { get; }
    public short[] Readings { get; }
    public int VeryLow { get; private set; }
    public int Low { get; private set; }
    public int InRange { get; private set; }
    public int High { get; private set; }
    public int VeryHigh { get; private set; }
    public int Tight { get; private set; }
    public int Pregnancy { get; private set; }
    public int BelowPregnancy { get; private set; }
    public double Sum { get; private set; }
    public double SumSquares { get; private set; }
    public double LowRisk { get; private set; }
    public double HighRisk { get; private set; }
    public double MinMgDl { get; private set; }
    public double MaxMgDl { get; private set; }

    void Add(double mgDl)
    {
        var limits = GlucoseThresholds.MgDl;
        switch (limits.BandOf(mgDl))
        {
            case GlucoseBand.VeryLow: VeryLow++; break;
            case GlucoseBand.Low: Low++; break;
            case GlucoseBand.InRange: InRange++; break;
            case GlucoseBand.High: High++; break;
            default: VeryHigh++; break;
        }
        Tight += mgDl >= limits.Low && mgDl <= limits.TightHigh ? 1 : 0;
        Pregnancy += mgDl >= limits.PregnancyLow && mgDl <= limits.PregnancyHigh ? 1 : 0;
        BelowPregnancy += mgDl < limits.PregnancyLow ? 1 : 0;
        Sum += mgDl;
        SumSquares += (mgDl - Origin) * (mgDl - Origin);
        LowRisk += GlucoseRisk.Low(mgDl);
        HighRisk += GlucoseRisk.High(mgDl);
        MinMgDl = Math.Min(MinMgDl, mgDl);
        MaxMgDl = Math.Max(MaxMgDl, mgDl);
    }
}
