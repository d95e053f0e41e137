using System.Globalization;
using Glucose;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>When readings come, what they are, and what sends them.</summary>
static class EntriesCharts
{
    const string TimeOfDay = """
        select half_hour::int, from_mgdl::int, sum(n0)::bigint as n0, sum(n1)::bigint as n1, sum(n2)::bigint as n2, sum(n3)::bigint as n3, sum(n4)::bigint as n4,
               sum(n5)::bigint as n5, sum(n6)::bigint as n6, sum(n7)::bigint as n7, sum(n8)::bigint as n8, sum(n9)::bigint as n9
          from research.glucose_time_of_day
         where participant_id = any(@people)
         group by 1, 2
        """;

    const string TimeOfDayParticipants = """
        select half_hour::int as place, count(distinct participant_id)::int as participants from research.glucose_time_of_day where participant_id = any(@people) group by 1
        """;

    const string Week = """
        select weekday::int, hour::int, count(*)::int as participants, sum(n)::bigint as n, sum(sum_mgdl)::float8 as sum_mgdl, sum(in_range)::bigint as in_range
          from research.glucose_week
         where participant_id = any(@people)
         group by 1, 2
        """;

    // Summaries by time of day are of all time: of some months, the readings kept with each day are counted here; unnesting them in SQL takes ten times as long.
    const string ReadingsOfMonths = """
        select participant_id, extract(isodow from day)::int, readings from research.glucose_day where participant_id = any($1) and date_trunc('month', day)::date = any($2)
        """;

    const string Days = """
        select day::timestamp, count(*)::int as participants, sum(n)::bigint as n, 100 * sum(covered_minutes) / sum(day_minutes) as covered_percent
          from research.glucose_day
         where participant_id = any(@people) and (@months::date[] is null or date_trunc('month', day)::date = any(@months))
         group by day
        having count(*) >= 5
         order by day desc
         limit 366
        """;

    const string Months = """
        select month::timestamp, count(*)::int as participants,
               case when count(entries) >= 5 then sum(entries)::bigint end as entries, case when count(treatments) >= 5 then sum(treatments)::bigint end as treatments,
               case when count(devicestatus) >= 5 then sum(devicestatus)::bigint end as device_status
          from (select date_trunc('month', day) as month, participant_id, sum(records) filter (where collection = 'entries') as entries, sum(records) filter (where collection = 'treatments') as treatments,
                       sum(records) filter (where collection = 'devicestatus') as devicestatus
                  from research.record_day
                 where participant_id = any(@people) and (@months::date[] is null or date_trunc('month', day)::date = any(@months))
                 group by 1, 2) as of_each
         group by month
         order by month
        """;

    const string Devices = """
        select kind, count(distinct participant_id)::int as participants, sum(records)::bigint as records
          from research.record_day
         where collection = 'entries' and participant_id = any(@people) and (@months::date[] is null or date_trunc('month', day)::date = any(@months))
         group by kind
        """;

    sealed record TimeOfDayRow(int HalfHour, int FromMgdl, long N0, long N1, long N2, long N3, long N4, long N5, long N6, long N7, long N8, long N9)
    {
        public IEnumerable<long> Counts => [N0, N1, N2, N3, N4, N5, N6, N7, N8, N9];
    }

    sealed record PlaceRow(int Place, int Participants);

    sealed record WeekRow(int Weekday, int Hour, int Participants, long N, double SumMgdl, long InRange);

    sealed record DayRow(DateTime Day, int Participants, long N, double CoveredPercent);

    sealed record MonthRow(DateTime Month, int Participants, long? Entries, long? Treatments, long? DeviceStatus);

    public sealed record KindRow(string Kind, int Participants, long Records);

    public static async Task<IReadOnlyList<Chart>> MakeAsync(Selection selection)
    {
        var (histograms, participants, week) = selection.Months("entries") is null ? await OfAllTimeAsync(selection) : await OfMonthsAsync(selection);
        var devices = await selection.QueryAsync<KindRow>(Devices, "entries");
        return
        [
            Profile(selection, histograms, participants),
            OfWeek(selection, week),
            Calendar(await selection.QueryAsync<DayRow>(Days, "entries")),
            Bars.Overlapping("devices", "What sends the readings", "Group of device or app", new("Entries"), devices.Select(row => (row.Kind, row.Participants, (double)row.Records)), selection.People.Count,
                new("Each entry names the device or app that sent it; names are put into groups, and participants counted in each. Somebody who changed, or uses two, is in several. Entries are all that were sent, duplicates and calibrations too.", "", "record_day.kind", "record_day.records")),
            Growth(await selection.QueryAsync<MonthRow>(Months, People.Collections)),
        ];
    }

    static async Task<(GlucoseHistogram[] Histograms, IReadOnlyDictionary<int, int> Participants, IReadOnlyList<WeekRow> Week)> OfAllTimeAsync(Selection selection)
    {
        var histograms = NewHistograms();
        foreach (var row in await selection.QueryAsync<TimeOfDayRow>(TimeOfDay, "entries"))
            foreach (var (step, count) in row.Counts.Index())
                if (count > 0)
                    histograms[row.HalfHour].Add(row.FromMgdl + step, count);
        var participants = (await selection.QueryAsync<PlaceRow>(TimeOfDayParticipants, "entries")).ToDictionary(row => row.Place, row => row.Participants);
        return (histograms, participants, await selection.QueryAsync<WeekRow>(Week, "entries"));
    }

    static async Task<(GlucoseHistogram[] Histograms, IReadOnlyDictionary<int, int> Participants, IReadOnlyList<WeekRow> Week)> OfMonthsAsync(Selection selection)
    {
        const int Hours = 7 * 24, Scale = 600;
        var (counts, people) = (new long[Hours * 2, Scale], Enumerable.Range(0, Hours * 2).Select(_ => new HashSet<long>()).ToArray()); // by weekday and half hour
        await using var command = new NpgsqlCommand(ReadingsOfMonths, selection.Connection)
        {
            Parameters = { new() { Value = selection.People.Select(person => person.ParticipantId).ToArray() }, new() { Value = selection.Months("entries")! } },
            CommandTimeout = 120,
        };
        await using (var reader = await command.ExecuteReaderAsync(selection.CancellationToken))
            while (await reader.ReadAsync(selection.CancellationToken))
            {
                var (person, weekday, last) = (reader.GetInt64(0), reader.GetInt32(1), -1);
                foreach (var reading in reader.GetFieldValue<short[]>(2))
                {
                    var place = (weekday - 1) * 48 + reading / Scale;
                    counts[place, reading % Scale]++;
                    if (place != last) // they come in order
                        people[last = place].Add(person);
                }
            }

        var histograms = NewHistograms();
        for (var place = 0; place < Hours * 2; place++)
            for (var mgDl = 0; mgDl < Scale; mgDl++)
                if (counts[place, mgDl] > 0)
                    histograms[place % 48].Add(mgDl, counts[place, mgDl]);
        var participants = Enumerable.Range(0, 48).ToDictionary(halfHour => halfHour, halfHour => Enumerable.Range(0, 7).SelectMany(day => people[day * 48 + halfHour]).Distinct().Count());
        return (histograms, participants, [.. Enumerable.Range(0, Hours).Select(hour => OfHour(hour / 24 + 1, hour % 24)).Where(row => row.N > 0)]);

        WeekRow OfHour(int weekday, int hour)
        {
            var first = (weekday - 1) * 48 + hour * 2;
            var (n, sum, inRange) = (0L, 0.0, 0L);
            for (var place = first; place < first + 2; place++)
                for (var mgDl = 0; mgDl < Scale; mgDl++)
                {
                    n += counts[place, mgDl];
                    sum += (double)counts[place, mgDl] * mgDl;
                    inRange += GlucoseThresholds.MgDl.BandOf(mgDl) == GlucoseBand.InRange ? counts[place, mgDl] : 0;
                }
            return new(weekday, hour, people[first].Union(people[first + 1]).Count(), n, sum, inRange);
        }
    }

    static GlucoseHistogram[] NewHistograms() => [.. Enumerable.Range(0, 48).Select(_ => new GlucoseHistogram())];

    static Chart Profile(Selection selection, GlucoseHistogram[] histograms, IReadOnlyDictionary<int, int> participants)
    {
        var unit = selection.Unit;
        var hidden = Enumerable.Range(0, 48).Where(place => participants.GetValueOrDefault(place) < SmallCells.Least).ToHashSet();
        var percentiles = histograms.Select(Percentiles.Of).ToList();
        var shown = Enumerable.Range(0, 48).Where(place => !hidden.Contains(place)).ToList();
        var lowest = shown.Count == 0 ? 0 : shown.MinBy(place => percentiles[place].P50);
        var highest = shown.Count == 0 ? 0 : shown.MaxBy(place => percentiles[place].P50);
        return new("profile", "Daily glucose pattern (percentile profile)", unit.IsMmol ? "profile-mmol" : "profile",
            shown.Count == 0 ? "" : $"The median is lowest about {Clock(lowest)} ({Bars.Number(unit.From(percentiles[lowest].P50)!.Value, unit.Decimals)} {unit.Words}) and highest about {Clock(highest)} ({Bars.Number(unit.From(percentiles[highest].P50)!.Value, unit.Decimals)} {unit.Words}).",
            [new("Local time"), new("Participants"), new("Readings"), new("5 %", unit.Words, unit.Decimals), new("25 %", unit.Words, unit.Decimals), new("Median", unit.Words, unit.Decimals), new("75 %", unit.Words, unit.Decimals), new("95 %", unit.Words, unit.Decimals)],
            [.. Enumerable.Range(0, 48).Select(place => hidden.Contains(place) ? new object?[] { Clock(place), null, null, null, null, null, null, null }
                : [Clock(place), participants[place], histograms[place].Count, unit.From(percentiles[place].P5), unit.From(percentiles[place].P25), unit.From(percentiles[place].P50), unit.From(percentiles[place].P75), unit.From(percentiles[place].P95)])],
            new("All readings of all participants are put into the half hours of the day by the clock each participant lived by, rounded to whole mg/dL. Of each half hour the percentiles are taken: half of the readings are below the median, 5 % below the lowest line, 95 % below the highest.",
                "Percentiles by linear interpolation (type 7, doi:10.1080/00031305.1996.10473566)", "glucose_time_of_day.half_hour", "glucose_day.readings"))
        {
            Hidden = hidden,
            Empty = shown.Count == 0 ? Bars.Nothing : null,
        };
    }

    static Chart OfWeek(Selection selection, IReadOnlyList<WeekRow> week)
    {
        var unit = selection.Unit;
        var cells = week.Where(row => row.Participants >= SmallCells.Least).OrderBy(row => row.Weekday).ThenBy(row => row.Hour).ToList();
        var best = cells.MaxBy(row => (double)row.InRange / row.N);
        return new("week", "Hours of the week", "week",
            best is null ? "" : $"Most in range on {Weekday(best.Weekday)} from {best.Hour:00}:00: {100.0 * best.InRange / best.N:0.0} % of readings.",
            [new("Weekday"), new("Hour"), new("Participants"), new("Readings"), new("Mean", unit.Words, unit.Decimals), new("In range", "%", 1)],
            [.. cells.Select(row => new object?[] { Weekday(row.Weekday), row.Hour, row.Participants, row.N, unit.From(row.SumMgdl / row.N), 100.0 * row.InRange / row.N })],
            new($"All readings, in whole mg/dL, by the local weekday and hour of each participant. Hours with readings of {SmallCells.Words} participants are left out.", "mean = sum / n; in range = 100 × in_range / n", "glucose_week.sum_mgdl", "glucose_week.in_range", "glucose_week.n"))
        {
            Empty = cells.Count == 0 ? Bars.Nothing : null,
        };
    }

    static Chart Calendar(IReadOnlyList<DayRow> days) => new("calendar", "Days with readings", "calendar",
        days.Count == 0 ? "" : $"On {days.Count:N0} days up to {days[0].Day:d MMM yyyy}, readings came from up to {days.Max(day => day.Participants):N0} participants a day.",
        [new("Day"), new("Participants"), new("Readings"), new("Time covered", "%", 1)],
        [.. days.Reverse().Select(day => new object?[] { day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), day.Participants, day.N, day.CoveredPercent })],
        new($"Of each local day, the participants with at least one reading, and the share of their day that readings cover: each reading stands for the time to the next one, for at most its sensor's interval. The latest 366 days; days of {SmallCells.Words} participants are left out.",
            "100 × covered_minutes / day_minutes", "glucose_day.day", "glucose_day.n", "glucose_day.covered_minutes", "glucose_day.day_minutes"))
    {
        Empty = days.Count == 0 ? Bars.Nothing : null,
    };

    static Chart Growth(IReadOnlyList<MonthRow> months)
    {
        var shown = months.Where(month => month.Participants >= SmallCells.Least).ToList();
        var most = shown.MaxBy(month => month.Participants);
        return new("growth", "Growth over time", "growth",
            most is null ? "" : $"Since {shown[0].Month:MMMM yyyy}; most participants sent records in {most.Month:MMMM yyyy}: {most.Participants:N0}.",
            [new("Month"), new("Participants"), new("Entries"), new("Treatments"), new("Device status")],
            [.. shown.Select(month => new object?[] { month.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture), month.Participants, month.Entries, month.Treatments, month.DeviceStatus })],
            new($"By the month (UTC) that records are of, not when they were loaded: participants with a record, and records of each kind. Months, and kinds of records in a month, of {SmallCells.Words} participants are left out.", "", "record_day.day", "record_day.records"))
        {
            Empty = shown.Count == 0 ? Bars.Nothing : null,
        };
    }

    static string Clock(int halfHour) => $"{halfHour / 2:00}:{halfHour % 2 * 30:00}";

    static string Weekday(int weekday) => CultureInfo.InvariantCulture.DateTimeFormat.GetDayName((DayOfWeek)(weekday % 7));
}
