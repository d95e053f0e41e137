using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>
/// What changes in a participant's histogram by time of day (<c>openaps.glucose_time_of_day</c>) and by hour of the week (<c>openaps.glucose_week</c>) when
/// days are taken out and put in: whole counts, so that adding and taking away is exact.
/// </summary>
sealed class GlucoseChanges
{
    const int HalfHours = 48, Bin = 10;

    readonly int[] _times = new int[HalfHours * GlucoseDay.PerHalfHour];
    readonly long[] _week = new long[7 * 24 * Columns];

    /// <summary>Of a cell of the week: readings, their sum, low, in range, high.</summary>
    const int Columns = 5;

    /// <param name="readings">As <see cref="GlucoseDay.Readings"/>.</param>
    /// <param name="sign">1 or -1.</param>
    public void Add(DateOnly day, short[] readings, int sign)
    {
        var weekday = ((int)day.DayOfWeek + 6) % 7; // Monday is 0
        foreach (var reading in readings)
        {
            _times[reading] += sign;
            var (halfHour, mgDl) = (reading / GlucoseDay.PerHalfHour, reading % GlucoseDay.PerHalfHour);
            var cell = _week.AsSpan((weekday * 24 + halfHour / 2) * Columns, Columns);
            cell[0] += sign;
            cell[1] += sign * mgDl;
            cell[mgDl < 70 ? 2 : mgDl <= 180 ? 3 : 4] += sign;
        }
    }

    public async Task ApplyAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var bins = Enumerable.Range(0, _times.Length / Bin).Where(bin => _times.AsSpan(bin * Bin, Bin).ContainsAnyExcept(0)).ToArray();
        if (bins.Length > 0)
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into openaps.glucose_time_of_day as t (participant_id, half_hour, from_mgdl, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9)
                select @participantId, half_hour, from_mgdl, n[b + 1], n[b + 2], n[b + 3], n[b + 4], n[b + 5], n[b + 6], n[b + 7], n[b + 8], n[b + 9], n[b + 10]
                  from (select half_hour, from_mgdl, 10 * (ordinality::int - 1) as b, @counts as n
                          from unnest(@halfHours, @fromMgDl) with ordinality as bins (half_hour, from_mgdl, ordinality)) as changed
                    on conflict (participant_id, half_hour, from_mgdl) do update
                   set n0 = t.n0 + excluded.n0, n1 = t.n1 + excluded.n1, n2 = t.n2 + excluded.n2, n3 = t.n3 + excluded.n3, n4 = t.n4 + excluded.n4,
                       n5 = t.n5 + excluded.n5, n6 = t.n6 + excluded.n6, n7 = t.n7 + excluded.n7, n8 = t.n8 + excluded.n8, n9 = t.n9 + excluded.n9;
                delete from openaps.glucose_time_of_day
                 where participant_id = @participantId and n0 + n1 + n2 + n3 + n4 + n5 + n6 + n7 + n8 + n9 = 0;
                """, new
            {
                participantId,
                halfHours = bins.Select(bin => (short)(bin * Bin / GlucoseDay.PerHalfHour)).ToArray(),
                fromMgDl = bins.Select(bin => (short)(bin * Bin % GlucoseDay.PerHalfHour)).ToArray(),
                counts = bins.SelectMany(bin => _times[(bin * Bin)..((bin + 1) * Bin)]).ToArray(),
            }, commandTimeout: 0, cancellationToken: cancellationToken));

        var cells = Enumerable.Range(0, 7 * 24).Where(cell => _week.AsSpan(cell * Columns, Columns).ContainsAnyExcept(0)).ToArray();
        if (cells.Length > 0)
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into openaps.glucose_week as w (participant_id, weekday, hour, n, sum_mgdl, low, in_range, high)
                select @participantId, weekday, hour, n, sum_mgdl, low, in_range, high
                  from unnest(@weekdays, @hours, @n, @sums, @low, @inRange, @high) as changed (weekday, hour, n, sum_mgdl, low, in_range, high)
                    on conflict (participant_id, weekday, hour) do update
                   set n = w.n + excluded.n, sum_mgdl = w.sum_mgdl + excluded.sum_mgdl, low = w.low + excluded.low, in_range = w.in_range + excluded.in_range, high = w.high + excluded.high;
                delete from openaps.glucose_week where participant_id = @participantId and n = 0;
                """, new
            {
                participantId,
                weekdays = cells.Select(cell => (short)(cell / 24 + 1)).ToArray(),
                hours = cells.Select(cell => (short)(cell % 24)).ToArray(),
                n = Column(0),
                sums = Column(1),
                low = Column(2),
                inRange = Column(3),
                high = Column(4),
            }, commandTimeout: 0, cancellationToken: cancellationToken));

        long[] Column(int column) => [.. cells.Select(cell => _week[cell * Columns + column])];
    }
}
