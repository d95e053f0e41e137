using Dapper;
using Glucose;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>Basal rates of a participant in force from a time on.</summary>
/// <param name="Zone">Whose clock the times are of; null: that of the day they are used for.</param>
sealed record BasalSettings(DateTime From, TimeZoneInfo? Zone, IReadOnlyList<BasalRate> Rates)
{
    /// <summary>Ascending.</summary>
    public static async Task<IReadOnlyList<BasalSettings>> ReadAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<(DateTime From, string? Zone, int Seconds, decimal Value)>(new CommandDefinition("""
            select valid_from, timezone, seconds, value from openaps.therapy_setting where participant_id = @participantId and kind = 'basal' and value is not null order by valid_from, seconds
            """, new { participantId }, cancellationToken: cancellationToken));
        return [.. rows.GroupBy(row => (row.From, row.Zone)).Select(same => new BasalSettings(
            same.Key.From, ZoneOf(same.Key.Zone), [.. same.Select(row => new BasalRate(TimeOnly.MinValue.Add(TimeSpan.FromSeconds(row.Seconds)), (double)row.Value))]))];
    }

    /// <summary>Loop writes Etc/GMT+8 in capitals, and the tz database is particular about that.</summary>
    static TimeZoneInfo? ZoneOf(string? name) =>
        name is null ? null
        : TimeZoneInfo.TryFindSystemTimeZoneById(name.StartsWith("ETC/", StringComparison.OrdinalIgnoreCase) ? $"Etc/{name[4..].ToUpperInvariant()}" : name, out var zone) ? zone : null;

    public BasalProfile On(LocalDay day)
    {
        var offset = day.Day.ToDateTime(TimeOnly.MinValue) - day.FromUtc;
        return new(From, new BasalSchedule(Rates, Zone ?? TimeZoneInfo.CreateCustomTimeZone($"{offset}", TimeSpan.FromMinutes(Math.Round(offset.TotalMinutes)), null, null)));
    }
}

/// <summary>Basal insulin of a day.</summary>
/// <param name="Units">U in the time that is known; null: none of it is.</param>
/// <param name="Known">How much of the day is known.</param>
sealed record DayBasal(decimal? Units, TimeSpan Known)
{
    public static readonly DayBasal Unknown = new(null, TimeSpan.Zero);

    public static DayBasal Of(LocalDay day, IReadOnlyList<BasalSettings> settings, IReadOnlyList<TempBasal> temps)
    {
        var inForce = settings.Where((one, at) => one.From < day.ToUtc && (at + 1 == settings.Count || settings[at + 1].From > day.FromUtc)).Select(one => one.On(day));
        var known = BasalTimeline.Build(inForce, temps, day.FromUtc, day.ToUtc).Where(segment => double.IsFinite(segment.UnitsPerHour)).ToList();
        return known.Count == 0 ? Unknown
            : new(Math.Round((decimal)known.Sum(segment => segment.Units), 4), TimeSpan.FromTicks(known.Sum(segment => (segment.End - segment.Start).Ticks)));
    }
}
