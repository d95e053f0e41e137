using Dapper;
using Glucose;
using Npgsql;
using NpgsqlTypes;

namespace OpenHumansEtl.Derived;

/// <summary>
/// Sums sensor glucose up by local day (<c>openaps.glucose_day</c>) and keeps what is made of the days in step: months, histograms by time of day, the week.
/// </summary>
public sealed class GlucoseDays
{
    public async Task RunAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken)
    {
        var clock = await UtcOffsetTimeline.ReadAsync(connection, participantId, cancellationToken);
        var changes = new GlucoseChanges();
        await RemoveAsync(connection, participantId, days, changes, cancellationToken);
        var select = await SelectAsync(connection, participantId, cancellationToken);
        foreach (var run in days.Runs())
        {
            var made = await SumUpAsync(connection, participantId, select, run, clock, cancellationToken);
            foreach (var day in made)
                changes.Add(day.Day, day.Readings, 1);
            await StoreAsync(connection, participantId, made, cancellationToken);
        }
        await changes.ApplyAsync(connection, participantId, cancellationToken);
        await AddMonthsUpAsync(connection, participantId, days, cancellationToken);
    }

    static async Task RemoveAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, GlucoseChanges changes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from openaps.glucose_day where participant_id = $1 and day = any($2) returning day, readings", connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = participantId }, new() { Value = days.Select(day => day.Day).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            changes.Add(reader.GetFieldValue<DateOnly>(0), reader.GetFieldValue<short[]>(1), -1);
    }

    /// <summary>Readings in [$2, $3): time, mg/dL, and whether another uploader's entry stands for it. Most participants have one uploader and no mmol/L, and need no look at every entry for them.</summary>
    static async Task<string> SelectAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var (hasDuplicates, hasMmol) = await connection.QuerySingleAsync<(bool, bool)>(new CommandDefinition("""
            select exists (select from openaps.duplicate_entry where participant_id = @participantId), exists (select from openaps.mmol_day where participant_id = @participantId)
            """, new { participantId }, cancellationToken: cancellationToken));
        var value = hasMmol ? MmolDays.SgvMgDl : "e.sgv";
        return $"""
            select e.date, ({value})::float8, {(hasDuplicates ? "d.id is not null" : "false")}
              from openaps.entries e
              {(hasDuplicates ? "left join openaps.duplicate_entry d on d.participant_id = e.participant_id and d.id = e.id" : "")}
              {(hasMmol ? MmolDays.Join : "")}
             where e.participant_id = $1 and e.date >= $2 and e.date < $3 and coalesce(lower(e.type), 'sgv') = 'sgv'
               and ({value}) between {GlucoseDay.LowestMgDl} and {GlucoseDay.HighestMgDl}
             order by e.date
            """;
    }

    /// <param name="select">From <see cref="SelectAsync"/>.</param>
    /// <param name="run">Days that follow each other.</param>
    static async Task<List<GlucoseDay>> SumUpAsync(NpgsqlConnection connection, long participantId, string select, List<LocalDay> run, LocalClock clock, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(select, connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = participantId }, new() { Value = run[0].FromUtc }, new() { Value = run[^1].ToUtc } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (made, readings, at, duplicates) = (new List<GlucoseDay>(), new List<Reading>(), 0, 0);
        while (await reader.ReadAsync(cancellationToken))
        {
            var time = reader.GetDateTime(0);
            if (time >= run[at].ToUtc)
                EndDay();
            while (time >= run[at].ToUtc)
                at++;
            if (reader.GetBoolean(2))
                duplicates++;
            else
                readings.Add(new(new DateTimeOffset(time).ToOffset(TimeSpan.FromMinutes(clock.OffsetAt(time))), reader.GetDouble(1)));
        }
        EndDay();
        return made;

        void EndDay()
        {
            if (readings.Count > 0)
                made.Add(new(run[at], GlucoseSeries.From(readings), duplicates));
            readings.Clear();
            duplicates = 0;
        }
    }

    static async Task StoreAsync(NpgsqlConnection connection, long participantId, List<GlucoseDay> days, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("""
            copy openaps.glucose_day (participant_id, day, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, sum_squares, low_risk, high_risk,
                min_mgdl, max_mgdl, cadence_minutes, expected, covered_minutes, day_minutes, duplicates, readings) from stdin (format binary)
            """, cancellationToken);
        foreach (var day in days)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(participantId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(day.Day, NpgsqlDbType.Date, cancellationToken);
            foreach (var count in (ReadOnlySpan<int>)[day.N, day.VeryLow, day.Low, day.InRange, day.High, day.VeryHigh, day.Tight, day.Pregnancy, day.BelowPregnancy])
                copy.Write(count, NpgsqlDbType.Integer);
            foreach (var value in (ReadOnlySpan<double>)[day.Sum, day.SumSquares, day.LowRisk, day.HighRisk, day.MinMgDl, day.MaxMgDl])
                copy.Write(value, NpgsqlDbType.Double);
            await copy.WriteAsync(day.CadenceMinutes, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(day.Expected, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(day.CoveredMinutes, NpgsqlDbType.Double, cancellationToken);
            await copy.WriteAsync(day.DayMinutes, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(day.Duplicates, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(day.Readings, NpgsqlDbType.Array | NpgsqlDbType.Smallint, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>From the days, in their order: no difference between adding up once and adding up again.</summary>
    static async Task AddMonthsUpAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from openaps.glucose_month where participant_id = $1 and month = any($2)", connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = participantId }, new() { Value = days.Select(day => new DateOnly(day.Day.Year, day.Day.Month, 1)).Distinct().ToArray() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = """
            insert into openaps.glucose_month (participant_id, month, days, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy,
                   sum_mgdl, sum_squares, low_risk, high_risk, min_mgdl, max_mgdl, expected, covered_minutes, day_minutes, duplicates)
            select $1, month, count(*), sum(n), sum(very_low), sum(low), sum(in_range), sum(high), sum(very_high), sum(tight), sum(pregnancy), sum(below_pregnancy),
                   sum(sum_mgdl), sum(sum_squares), sum(low_risk), sum(high_risk), min(min_mgdl), max(max_mgdl), sum(expected), sum(covered_minutes), sum(day_minutes), sum(duplicates)
              from (select m.month, d.*
                      from unnest($2) as m (month) join openaps.glucose_day d on d.participant_id = $1 and d.day >= m.month and d.day < m.month + interval '1 month'
                     order by d.day) as days
             group by month
            """;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
