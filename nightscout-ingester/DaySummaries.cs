using System.Globalization;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Register;

namespace NightscoutIngester;

/// <summary>What a UTC day holds of a local day: a row of <c>ingest.day_part</c>.</summary>
/// <param name="Source">Records the site serves; null: it was not read.</param>
/// <param name="Copied">Records in our file, without those marked as deleted.</param>
/// <param name="Bands">Readings below 54, 54–69, 70–180, 181–250, above 250 mg/dL (contract metrics 4.1); null: no entries.</param>
/// <param name="Glucose">The values that occur, mg/dL, ascending; <paramref name="Readings"/> tells how often each.</param>
/// <param name="Quarters">Mean of the readings in each of the 96 quarters of an hour of the local day, mg/dL; null where there is none.</param>
public sealed record DayPart(DateOnly Day, DateOnly LocalDay, int? Source, int Copied, int[]? Bands, short[]? Glucose, short[]? Readings, short?[]? Quarters)
{
    const int QuartersOfADay = 96;

    /// <param name="readings">mg/dL, with the time that the participant's clock showed; null: no entries.</param>
    public static DayPart Of(DateOnly day, DateOnly localDay, int? source, int copied, IEnumerable<(TimeOnly Time, short Glucose)>? readings)
    {
        if (readings?.ToList() is not { } all)
            return new(day, localDay, source, copied, null, null, null, null);
        var values = all.CountBy(reading => reading.Glucose).OrderBy(value => value.Key).ToList();
        var bands = new int[5];
        foreach (var (glucose, count) in values)
            bands[glucose switch { < 54 => 0, < 70 => 1, <= 180 => 2, <= 250 => 3, _ => 4 }] += count;
        return new(day, localDay, source, copied, bands, [.. values.Select(value => value.Key)], [.. values.Select(value => (short)Math.Min(value.Value, short.MaxValue))], Means(all));
    }

    static short?[] Means(List<(TimeOnly Time, short Glucose)> readings)
    {
        var quarters = new short?[QuartersOfADay];
        foreach (var quarter in readings.GroupBy(reading => reading.Time.Hour * 4 + reading.Time.Minute / 15))
            quarters[quarter.Key] = (short)Math.Round(quarter.Average(reading => reading.Glucose), MidpointRounding.AwayFromZero);
        return quarters;
    }
}

/// <summary>The table <c>ingest.day_part</c>, written in the transaction that makes a file current.</summary>
public static class DaySummaries
{
    /// <param name="parts">All parts of the period's days; where the site was not read, the source's count stays.</param>
    public static async Task StoreAsync(long participantId, string collection, Period period, IReadOnlyList<DayPart> parts, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (first, last) = period.Days ?? (Period.NoDay, Period.NoDay);
        await using var command = new NpgsqlCommand("""
            delete from ingest.day_part d
             where participant_id = @p1 and collection = @p2 and day between @p10 and @p11 and not exists (select from unnest(@p3, @p4) as now (day, local_day) where now.day = d.day and now.local_day = d.local_day);
            insert into ingest.day_part as d (participant_id, collection, day, local_day, source, copied, bands, glucose, readings, quarters)
            select @p1, @p2, day, local_day, source, copied, case when bands = '' then null else bands::int[] end, case when glucose = '' then null else glucose::smallint[] end,
                   case when readings = '' then null else readings::smallint[] end, case when quarters = '' then null else quarters::smallint[] end
              from unnest(@p3, @p4, @p5, @p6, @p7, @p8, @p9, @p12) as part (day, local_day, source, copied, bands, glucose, readings, quarters)
                on conflict (participant_id, collection, day, local_day) do update
               set source = coalesce(excluded.source, d.source), copied = excluded.copied, bands = excluded.bands, glucose = excluded.glucose, readings = excluded.readings, quarters = excluded.quarters
            """, connection);
        Add(1, participantId, NpgsqlDbType.Bigint);
        Add(2, collection, NpgsqlDbType.Text);
        Add(3, parts.Select(part => part.Day).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Date);
        Add(4, parts.Select(part => part.LocalDay).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Date);
        Add(5, parts.Select(part => part.Source).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer);
        Add(6, parts.Select(part => part.Copied).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer);
        Add(7, parts.Select(part => Text(part.Bands)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text); // as text: PostgreSQL has no arrays of arrays of different lengths
        Add(8, parts.Select(part => Text(part.Glucose)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        Add(9, parts.Select(part => Text(part.Readings)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        Add(10, first, NpgsqlDbType.Date);
        Add(11, last, NpgsqlDbType.Date);
        Add(12, parts.Select(part => part.Quarters is null ? "" : $"{{{string.Join(',', part.Quarters.Select(mean => mean?.ToString(CultureInfo.InvariantCulture) ?? "null"))}}}").ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        await command.ExecuteNonQueryAsync(cancellationToken);

        void Add(int number, object value, NpgsqlDbType type) => command.Parameters.Add(new($"p{number}", type) { Value = value });
    }

    /// <summary>Days of which the site has nothing any more.</summary>
    public static Task EmptyAsync(long participantId, string collection, DateOnly[] days, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update ingest.day_part set source = 0 where participant_id = @participantId and collection = @collection and day = any(@days)",
            new { participantId, collection, days }, cancellationToken: cancellationToken));

    static string Text<T>(T[]? values) => values is null ? "" : $"{{{string.Join(',', values)}}}";
}
