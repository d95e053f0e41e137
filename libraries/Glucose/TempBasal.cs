namespace Glucose;

/// <summary>A command that sets the basal rate aside for a while.</summary>
public sealed record TempBasal
{
    TempBasal() { }

    public required DateTimeOffset Start { get; init; }

    /// <summary>Zero: the temp basal before it is cancelled.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>U/h; null when it is a percentage.</summary>
    public double? UnitsPerHour { get; private init; }

    /// <summary>Percent of the scheduled rate, 100 being the schedule; null when it is a rate.</summary>
    public double? PercentOfScheduled { get; private init; }

    public bool IsSuspend { get; private init; }

    /// <param name="unitsPerHour">U/h, 0 and more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate or the duration is negative.</exception>
    public static TempBasal AtRate(DateTimeOffset start, TimeSpan duration, double unitsPerHour)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unitsPerHour);
        return new() { Start = start, Duration = Checked(duration), UnitsPerHour = unitsPerHour };
    }

    /// <param name="percent">Of the scheduled rate, 0 and more: 130 is 30 % more. Nightscout's field <c>percent</c> tells the difference, 30.</param>
    /// <exception cref="ArgumentOutOfRangeException">The percentage or the duration is negative.</exception>
    public static TempBasal AtPercent(DateTimeOffset start, TimeSpan duration, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        return new() { Start = start, Duration = Checked(duration), PercentOfScheduled = percent };
    }

    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public static TempBasal Suspend(DateTimeOffset start, TimeSpan duration) =>
        new() { Start = start, Duration = Checked(duration), UnitsPerHour = 0, IsSuspend = true };

    static TimeSpan Checked(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return duration;
    }
}
