namespace Glucose;

/// <summary>A rate that holds from a time of day to the next entry's.</summary>
/// <param name="UnitsPerHour">U/h, 0 and more.</param>
public readonly record struct BasalRate(TimeOnly From, double UnitsPerHour);

/// <summary>The basal rates of a profile, by the wearer's clock.</summary>
public sealed class BasalSchedule
{
    readonly BasalRate[] _rates;

    /// <param name="rates">In any order. Before the first entry of the day the last one holds, as if from the day before.</param>
    /// <exception cref="ArgumentException">There is no rate, two for one time, or a rate that is negative or not a number.</exception>
    public BasalSchedule(IEnumerable<BasalRate> rates, TimeZoneInfo zone)
    {
        _rates = [.. rates.OrderBy(rate => rate.From)];
        Zone = zone;
        if (_rates.Length == 0)
            throw new ArgumentException("A basal schedule needs a rate.", nameof(rates));
        if (_rates.Any(rate => !(rate.UnitsPerHour >= 0) || double.IsInfinity(rate.UnitsPerHour)))
            throw new ArgumentException("A basal rate is 0 U/h or more.", nameof(rates));
        if (_rates.DistinctBy(rate => rate.From).Count() < _rates.Length)
            throw new ArgumentException("A basal schedule has one rate for a time of day.", nameof(rates));
    }

    public TimeZoneInfo Zone { get; }

    /// <summary>U/h in force at an instant.</summary>
    public double RateAt(DateTimeOffset instant)
    {
        var time = TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).DateTime);
        var entry = Array.FindLastIndex(_rates, rate => rate.From <= time);
        return _rates[entry < 0 ? ^1 : entry].UnitsPerHour;
    }

    /// <summary>The instants in (from, to) at which the rate may change, ascending.</summary>
    internal IEnumerable<DateTimeOffset> ChangesBetween(DateTimeOffset from, DateTimeOffset to)
    {
        var changes = new SortedSet<DateTimeOffset>();
        var last = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(to, Zone).DateTime);
        for (var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, Zone).DateTime); day <= last; day = day.AddDays(1))
        {
            foreach (var rate in _rates)
                changes.UnionWith(LocalTime.InstantsOf(day.ToDateTime(rate.From), Zone));
            if (LocalTime.ChangeBetween(LocalTime.StartOf(day, Zone), LocalTime.StartOf(day.AddDays(1), Zone), Zone) is { } clocksChange)
                changes.Add(clocksChange);
        }
        return changes.Where(change => change > from && change < to);
    }
}
