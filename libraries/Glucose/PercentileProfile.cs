namespace Glucose;

/// <summary>A stretch of the day in a percentile profile.</summary>
/// <param name="Start">Time of day at which it begins, by the wearer's clock.</param>
/// <param name="Count">Readings in it, over all days.</param>
public readonly record struct ProfileStep(TimeOnly Start, long Count, Percentiles Percentiles);

/// <summary>Daily glucose pattern: percentiles of all days' readings by local time of day, unsmoothed.</summary>
public static class PercentileProfile
{
    /// <summary>By the clock of the readings (<see cref="GlucoseSeries.InZone"/> sets it).</summary>
    /// <param name="stepMinutes">Length of a step; a divisor of 1440.</param>
    /// <returns>1440 / <paramref name="stepMinutes"/> steps, from midnight; one without readings has NaN percentiles.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length does not divide a day.</exception>
    public static IReadOnlyList<ProfileStep> Of(GlucoseSeries series, int stepMinutes = 60)
    {
        if (stepMinutes <= 0 || 1440 % stepMinutes != 0)
            throw new ArgumentOutOfRangeException(nameof(stepMinutes), stepMinutes, "A step of a profile divides the 1440 minutes of a day.");

        var steps = new int[series.Count];
        var starts = new int[1440 / stepMinutes + 1];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = (int)(series.Times[i].TimeOfDay.Ticks / TimeSpan.TicksPerMinute) / stepMinutes;
            starts[steps[i] + 1]++;
        }
        for (var step = 1; step < starts.Length; step++)
            starts[step] += starts[step - 1];

        var next = starts[..^1];
        var values = new double[steps.Length];
        for (var i = 0; i < steps.Length; i++)
            values[next[steps[i]]++] = series.Values[i];

        var profile = new ProfileStep[starts.Length - 1];
        for (var step = 0; step < profile.Length; step++)
        {
            var slice = values.AsSpan(starts[step]..starts[step + 1]);
            slice.Sort();
            profile[step] = new ProfileStep(StartOf(step, stepMinutes), slice.Length, Percentiles.OfSorted(slice));
        }
        return profile;
    }

    /// <summary>From one histogram for each step of the day, from midnight on; within 1 mg/dL of the profile of the readings.</summary>
    /// <exception cref="ArgumentException">The number of histograms does not divide a day into whole minutes.</exception>
    public static IReadOnlyList<ProfileStep> Of(IReadOnlyList<GlucoseHistogram> steps)
    {
        if (steps.Count == 0 || 1440 % steps.Count != 0)
            throw new ArgumentException($"{steps.Count} histograms do not divide the 1440 minutes of a day.", nameof(steps));
        return [.. steps.Select((step, place) => new ProfileStep(StartOf(place, 1440 / steps.Count), step.Count, Percentiles.Of(step)))];
    }

    static TimeOnly StartOf(int step, int stepMinutes) => TimeOnly.MinValue.AddMinutes(step * stepMinutes);
}
