namespace Glucose;

/// <summary>Groups of people for whom the consensus sets goals of their own.</summary>
public enum Population
{
    /// <summary>Adults with type 1 or type 2 diabetes.</summary>
    Standard,

    /// <summary>Older people and people at high risk.</summary>
    OlderOrHighRisk,

    /// <summary>Pregnancy with type 1 diabetes: the range is 63 to 140 mg/dL.</summary>
    PregnancyType1,

    /// <summary>Gestational diabetes and pregnancy with type 2 diabetes: no percentages are set.</summary>
    PregnancyOther,
}

/// <summary>One goal: a share of time to be above or below a limit, the limit itself not being enough.</summary>
/// <param name="Name">What is measured, in mg/dL.</param>
/// <param name="Above">True: the share must be above the limit; false: below it.</param>
/// <param name="LimitPercent">0 to 100.</param>
public sealed record GlucoseGoal(string Name, bool Above, double LimitPercent, Func<BandShares, double> Share)
{
    /// <summary>False also for NaN: no data meets no goal.</summary>
    public bool IsMet(BandShares shares) => Above ? Share(shares) > LimitPercent : Share(shares) < LimitPercent;
}

/// <summary>Goals for time in ranges (Battelino 2019, doi:10.2337/dci19-0028).</summary>
public static class GlucoseGoals
{
    /// <summary>Percent; a coefficient of variation up to it is called stable.</summary>
    public const double StableVariationPercent = 36;

    static readonly GlucoseGoal[] Standard =
    [
        new("70-180", true, 70, shares => shares.InRange), new("<70", false, 4, shares => shares.BelowRange), new("<54", false, 1, shares => shares.VeryLow),
        new(">180", false, 25, shares => shares.AboveRange), new(">250", false, 5, shares => shares.VeryHigh),
    ];

    static readonly GlucoseGoal[] OlderOrHighRisk =
    [
        new("70-180", true, 50, shares => shares.InRange), new("<70", false, 1, shares => shares.BelowRange),
        new(">180", false, 50, shares => shares.AboveRange), new(">250", false, 10, shares => shares.VeryHigh),
    ];

    static readonly GlucoseGoal[] PregnancyType1 =
    [
        new("63-140", true, 70, shares => shares.Pregnancy), new("<63", false, 4, shares => shares.BelowPregnancy),
        new("<54", false, 1, shares => shares.VeryLow), new(">140", false, 25, shares => shares.AbovePregnancy),
    ];

    /// <returns>Empty where the consensus sets no percentages.</returns>
    public static IReadOnlyList<GlucoseGoal> For(Population population) => population switch
    {
        Population.Standard => Standard,
        Population.OlderOrHighRisk => OlderOrHighRisk,
        Population.PregnancyType1 => PregnancyType1,
        Population.PregnancyOther => [],
        _ => throw new ArgumentOutOfRangeException(nameof(population), population, null),
    };
}
