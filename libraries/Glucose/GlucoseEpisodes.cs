namespace Glucose;

/// <summary>Begin and end of an episode: doi:10.1016/S2213-8587(22)00319-9, doi:10.2337/dc17-1600.</summary>
public enum EpisodeKind
{
    /// <summary>Begins below 70 mg/dL, ends at 70.</summary>
    Low,

    /// <summary>Begins below 54 mg/dL, ends at 70.</summary>
    VeryLow,

    /// <summary>Begins above 180 mg/dL, ends at 180.</summary>
    High,

    /// <summary>Begins above 250 mg/dL, ends at 180.</summary>
    VeryHigh,
}

/// <summary>A stretch of at least 15 minutes beyond a threshold.</summary>
/// <param name="Start">The first reading beyond the threshold.</param>
/// <param name="End">The first reading of the 15 minutes back in range; without those, one interval after the last reading out of range.</param>
/// <param name="ExtremeMgDl">The lowest value of a low, the highest of a high.</param>
/// <param name="EndSeen">False when the series, or a gap in it, ended first: the episode may have lasted longer.</param>
public readonly record struct GlucoseEpisode(EpisodeKind Kind, DateTimeOffset Start, DateTimeOffset End, double ExtremeMgDl, bool EndSeen)
{
    public TimeSpan Duration => End - Start;

    /// <summary>A low of more than two hours.</summary>
    public bool IsExtendedLow => Kind is EpisodeKind.Low && Duration > TimeSpan.FromMinutes(120);
}

/// <summary>Finds episodes of low and high glucose.</summary>
/// <remarks>
/// An episode begins with 15 consecutive minutes beyond its threshold and ends with 15 consecutive minutes back in range. A reading vouches for the time
/// to the next one, at most for the median interval of the series; a quarter of that interval may be missing from the 15 minutes, because sensors jitter.
/// Missing time neither begins nor ends an episode, and readings more than <see cref="SensorCoverage.LongestGap"/> apart are not consecutive: what is
/// open ends before the gap, and after it 15 minutes are needed again.
/// </remarks>
public static class GlucoseEpisodes
{
    /// <returns>In order of time; none for a series that is mostly sparser than <see cref="SensorCoverage.LongestGap"/>, such as one of a meter.</returns>
    public static IReadOnlyList<GlucoseEpisode> Find(GlucoseSeries series, EpisodeKind kind)
    {
        var interval = series.MedianInterval;
        if (interval == TimeSpan.Zero || interval > SensorCoverage.LongestGap)
            return [];

        var (sign, begin, end) = kind switch // highs are lows upside down
        {
            EpisodeKind.Low => (1, 70, 70),
            EpisodeKind.VeryLow => (1, 54, 70),
            EpisodeKind.High => (-1, -180, -180),
            EpisodeKind.VeryHigh => (-1, -250, -180),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        var enough = TimeSpan.FromMinutes(15) - interval / 4;
        var episodes = new List<GlucoseEpisode>();
        var times = series.Times;
        var values = series.Values;

        int first = -1, last = -1, back = -1; // first and last reading beyond the threshold, first reading back in range
        var open = false;
        var run = TimeSpan.Zero;
        var extreme = 0.0;
        for (var i = 0; i < times.Length; i++)
        {
            if (i > 0 && times[i] - times[i - 1] > SensorCoverage.LongestGap)
                Cut(times);

            var value = sign * values[i];
            var vouched = SensorCoverage.StandsFor(times, i, interval);
            if (open && value >= end)
            {
                (back, run) = back < 0 ? (i, vouched) : (back, run + vouched);
                if (run >= enough)
                    Close(times[back], endSeen: true, times);
            }
            else if (open || value < begin)
            {
                if (first < 0)
                    (first, run, extreme) = (i, TimeSpan.Zero, value);
                run += vouched;
                extreme = Math.Min(extreme, value);
                open |= run >= enough;
                (last, back) = (i, -1);
            }
            else
                first = -1;
        }
        Cut(times);
        return episodes;

        void Cut(ReadOnlySpan<DateTimeOffset> times)
        {
            if (open)
                Close(back < 0 ? times[last] + interval : times[back], endSeen: false, times);
            first = -1;
        }

        void Close(DateTimeOffset at, bool endSeen, ReadOnlySpan<DateTimeOffset> times)
        {
            episodes.Add(new GlucoseEpisode(kind, times[first], at, sign * extreme, endSeen));
            (first, back, open) = (-1, -1, false);
        }
    }
}
