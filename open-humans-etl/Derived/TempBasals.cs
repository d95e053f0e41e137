using Dapper;
using Glucose;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>Temp basals, suspensions and resumptions that a participant's treatments hold.</summary>
sealed class TempBasals
{
    static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    readonly TimeLine<Row> _rows;

    TempBasals(TimeLine<Row> rows) => _rows = rows;

    /// <summary>Those of [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public static async Task<TempBasals> ReadAsync(NpgsqlConnection connection, long participantId, DateTime from, DateTime to, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select created_at as "At", lower(coalesce(event_type, '')) as "Event", lower(split_part(coalesce(medtronic, ''), 'mm-format-ns-treatments/', 2)) as "PumpEvent",
                   coalesce(duration, duration_ms / 60000) as "Minutes", absolute as "Absolute", rate as "Rate", percent as "Percent",
                   lower(coalesce(temp, '')) in ('percent', '%') as "IsPercent"
              from openaps.treatments
             where participant_id = @participantId and created_at >= @from and created_at < @to
               and (lower(event_type) in ('temp basal', 'temp basal start', 'temp basal end', 'tbr', 'suspend pump', 'suspend', 'resume pump', 'resume')
                    or medtronic ~* '/(pump ?suspend|pump ?resume|suspend pump|resume pump)$')
             order by created_at, seq_id
            """, new { participantId, from, to }, commandTimeout: 0, cancellationToken: cancellationToken));
        return new(new(rows.AsList(), row => row.At));
    }

    /// <summary>What runs on a day: as the treatments say; as the controller enacted it where the day has no such treatment.</summary>
    /// <param name="cycles">Of all that may run on the day.</param>
    public (IReadOnlyList<TempBasal> Temps, string? Source) Of(LocalDay day, List<Cycle> cycles)
    {
        var recorded = _rows.Within(day.FromUtc - Longest, day.ToUtc);
        if (recorded.Exists(row => row.At >= day.FromUtc && row.IsTemp))
            return ([.. recorded.Select(row => row.Read())], "treatments");
        var enacted = cycles.Where(cycle => cycle is { Enacted: true, TempBasalRate: not null, TempBasalDuration: not null })
            .Select(cycle => new Row { At = cycle.At, Event = "temp basal", Minutes = cycle.TempBasalDuration, Absolute = cycle.TempBasalRate }).ToList();
        return ([.. recorded.Where(row => !row.IsTemp || row.At < day.FromUtc).Concat(enacted).Select(row => row.Read())],
            enacted.Exists(row => row.At >= day.FromUtc && row.At < day.ToUtc) ? "cycles" : null);
    }

    sealed record Row
    {
        public DateTime At { get; init; }
        public string Event { get; init; } = "";
        public string PumpEvent { get; init; } = "";
        public decimal? Minutes { get; init; }
        public decimal? Absolute { get; init; }
        public decimal? Rate { get; init; }
        public decimal? Percent { get; init; }
        public bool IsPercent { get; init; }

        bool IsSuspend => Event is "suspend pump" or "suspend" || PumpEvent.Contains("suspend", StringComparison.Ordinal);

        bool IsResume => Event is "resume pump" or "resume" || PumpEvent.Contains("resume", StringComparison.Ordinal);

        public bool IsTemp => !IsSuspend && !IsResume;

        public TempBasal Read()
        {
            if (IsSuspend)
                return TempBasal.Suspend(At, Longest); // until it is resumed
            if (IsResume || Event is "temp basal end" || Minutes is 0 || Minutes is null && (Absolute ?? Rate ?? Percent) is null)
                return TempBasal.AtRate(At, TimeSpan.Zero, 0); // back to the schedule
            if (Minutes is not (> 0 and <= 1440))
                return Unreadable(Longest);
            var duration = TimeSpan.FromMinutes((double)Minutes);
            if (IsPercent && Percent is null)
                return OfSchedule(Rate ?? Absolute, duration); // of pumps: 100 is the schedule
            if (Absolute is null && Percent is { } difference)
                return OfSchedule(100 + difference, duration);
            return (Absolute ?? Rate) is { } rate and >= 0 and <= 60 ? TempBasal.AtRate(At, duration, (double)rate) : Unreadable(duration);
        }

        TempBasal OfSchedule(decimal? percent, TimeSpan duration) =>
            percent is >= 0 and <= 1000 ? TempBasal.AtPercent(At, duration, (double)percent) : Unreadable(duration);

        /// <summary>Something ran, and nobody knows what: <see cref="DayBasal"/> leaves the time out of what is known.</summary>
        TempBasal Unreadable(TimeSpan duration) => TempBasal.AtRate(At, duration, double.PositiveInfinity);
    }
}
