using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>
/// Makes <c>openaps.aid_day</c>: for local days of a participant what kind of loop ran, and how much insulin came by which way. Reads aid_cycle, treatments
/// and therapy_setting, which has to be made before.
/// </summary>
public static class AidDays
{
    /// <summary>Fewer enacted cycles on a day are no closed loop: an hour's worth of five minutes.</summary>
    const int LeastEnacted = 12;

    /// <summary>A day counts as known when no more than this is missing of it.</summary>
    static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    static readonly TimeSpan LongestTempBasal = TimeSpan.FromHours(24), LatestReport = TimeSpan.FromHours(1);

    const string Store = """
        insert into openaps.aid_day (participant_id, local_day, from_utc, to_utc, loop_type, controllers, controller_version, settings, cycles, enacted, smbs,
                                     bolus_units, smb_units, basal_units, total_units, carbs, basal_hours, temp_basal_source)
        select @participantId, * from unnest(@days, @starts, @ends, @loopTypes, @controllers, @versions, @settings::jsonb[], @cycles, @enacted, @smbs,
                                             @boluses, @smbUnits, @basals, @totals, @carbs, @basalHours, @tempSources)
        """;

    /// <summary>
    /// Makes the rows of the days anew, of those that have records; to be called under the participant's lock. Rows of the days next to them are made anew as well where they exist: temp basals
    /// run over midnight, and what is enacted just before it is reported after it. Repeating it changes nothing.
    /// </summary>
    public static async Task RunAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken)
    {
        if (days.Count == 0)
            return;
        var all = days.Where(day => !day.IsEmpty).Concat(await NeighboursAsync(connection, participantId, days, cancellationToken)).OrderBy(day => day.Day).ToList();
        await connection.ExecuteAsync(new CommandDefinition("delete from openaps.aid_day where participant_id = @participantId and local_day = any(@anew)",
            new { participantId, anew = days.Concat(all).Select(day => day.Day).ToArray() }, cancellationToken: cancellationToken));
        var schedules = await BasalSettings.ReadAsync(connection, participantId, cancellationToken);
        foreach (var run in all.Runs())
        {
            var (from, to) = (run[0].FromUtc, run[^1].ToUtc);
            var cycles = await Cycle.ReadAsync(connection, participantId, from - LongestTempBasal, to + LatestReport, cancellationToken);
            var doses = await Dose.ReadAsync(connection, participantId, from, to, cancellationToken);
            var temps = await TempBasals.ReadAsync(connection, participantId, from - LongestTempBasal, to, cancellationToken);
            var recorded = await RecordedAsync(connection, participantId, run, cancellationToken);
            var some = run.Where(day => recorded.ContainsKey(day.Day)).ToList();
            var made = some.Select(day => Make(day, cycles, doses, temps, recorded[day.Day], schedules)).ToList();
            await StoreAsync(connection, participantId, some, made, await Cycle.SettingsAsync(connection, participantId, made.Select(day => day.SettingsFrom).OfType<string>(), cancellationToken), cancellationToken);
        }
    }

    static AidDay Make(LocalDay day, TimeLine<Cycle> cycles, TimeLine<Dose> doses, TempBasals temps, bool hasPump, IReadOnlyList<BasalSettings> schedules)
    {
        var reports = cycles.Within(day.FromUtc, day.ToUtc);
        var around = cycles.Within(day.FromUtc - LongestTempBasal, day.ToUtc + LatestReport);
        var controllers = reports.GroupBy(cycle => cycle.Controller).OrderByDescending(same => same.Count()).ThenBy(same => same.Key, StringComparer.Ordinal).ToList();
        var given = doses.Within(day.FromUtc, day.ToUtc).Select(dose => (dose.Units, dose.Carbs, IsByController: dose.IsByController(cycles))).ToList();
        var (running, source) = temps.Of(day, around);
        var basal = reports.Count > 0 || hasPump || source is not null ? DayBasal.Of(day, schedules, running) : DayBasal.Unknown; // a schedule alone does not say that a pump ran it
        decimal? bolus = null, smb = null, carbs = null; // who uploads no treatments at all may have bolused all the same
        if (given.Count > 0)
            (bolus, smb, carbs) = (given.Where(dose => !dose.IsByController).Sum(dose => dose.Units), given.Where(dose => dose.IsByController).Sum(dose => dose.Units), given.Sum(dose => dose.Carbs));
        return new()
        {
            Controllers = controllers.Count == 0 ? null : string.Join(',', controllers.Select(same => same.Key)),
            ControllerVersion = controllers.FirstOrDefault()?.LastOrDefault(cycle => cycle.ControllerVersion is not null)?.ControllerVersion,
            SettingsFrom = reports.LastOrDefault(cycle => cycle.SettingsFrom is not null)?.SettingsFrom,
            IsSuggested = reports.Any(cycle => cycle.Suggested || cycle.Enacted),
            Cycles = reports.Where(cycle => cycle.Suggested || cycle.Enacted).DistinctBy(cycle => cycle.CreatedAt).Count(),
            Enacted = cycles.Within(day.FromUtc, day.ToUtc + LatestReport).Where(cycle => cycle.Enacted && cycle.At >= day.FromUtc && cycle.At < day.ToUtc).DistinctBy(cycle => cycle.At).Count(),
            Smbs = given.Count(dose => dose.IsByController && dose.Units > 0),
            Bolus = bolus,
            Smb = smb,
            Total = bolus + smb + (day.ToUtc - day.FromUtc - basal.Known <= Tolerance ? basal.Units : null),
            Carbs = carbs,
            Basal = basal,
            TempBasalSource = source,
        };
    }

    /// <summary>Those of the days that have records, and whether a pump reported itself among them.</summary>
    static async Task<IReadOnlyDictionary<DateOnly, bool>> RecordedAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<(DateOnly Day, bool HasPump)>(new CommandDefinition("""
            select d.day, exists (select from openaps.device_status
                                   where participant_id = @participantId and created_at >= d.from_utc and created_at < d.to_utc
                                     and num_nonnulls(pump_id, pump_model, pump_bolusing, pump_suspended) > 0)
              from unnest(@days, @starts, @ends) as d (day, from_utc, to_utc)
             where exists (select from openaps.device_status where participant_id = @participantId and created_at >= d.from_utc and created_at < d.to_utc)
                or exists (select from openaps.treatments where participant_id = @participantId and created_at >= d.from_utc and created_at < d.to_utc)
                or exists (select from openaps.entries where participant_id = @participantId and date >= d.from_utc and date < d.to_utc)
            """, new { participantId, days = days.Select(day => day.Day).ToArray(), starts = days.Select(day => day.FromUtc).ToArray(), ends = days.Select(day => day.ToUtc).ToArray() },
            commandTimeout: 0, cancellationToken: cancellationToken))).ToDictionary(row => row.Day, row => row.HasPump);

    static async Task<IEnumerable<LocalDay>> NeighboursAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken)
    {
        var given = days.Select(day => day.Day).ToHashSet();
        var next = days.SelectMany(day => new[] { day.Day.AddDays(-1), day.Day.AddDays(1) }).Where(day => !given.Contains(day)).Distinct().ToArray();
        return (await connection.QueryAsync<(DateOnly Day, DateTime From, DateTime To)>(new CommandDefinition(
                "select local_day, from_utc, to_utc from openaps.aid_day where participant_id = @participantId and local_day = any(@next)",
                new { participantId, next }, cancellationToken: cancellationToken)))
            .Select(row => new LocalDay(row.Day, row.From, row.To));
    }

    /// <param name="settings">By device status.</param>
    static async Task StoreAsync(NpgsqlConnection connection, long participantId, List<LocalDay> days, List<AidDay> made, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition(Store, new
        {
            participantId,
            days = days.Select(day => day.Day).ToArray(),
            starts = days.Select(day => day.FromUtc).ToArray(),
            ends = days.Select(day => day.ToUtc).ToArray(),
            loopTypes = made.Select(day => day.LoopType).ToArray(),
            controllers = made.Select(day => day.Controllers).ToArray(),
            versions = made.Select(day => day.ControllerVersion).ToArray(),
            settings = made.Select(day => day.SettingsFrom is { } id ? settings[id] : null).ToArray(),
            cycles = made.Select(day => day.Cycles).ToArray(),
            enacted = made.Select(day => day.Enacted).ToArray(),
            smbs = made.Select(day => day.Smbs).ToArray(),
            boluses = made.Select(day => day.Bolus).ToArray(),
            smbUnits = made.Select(day => day.Smb).ToArray(),
            basals = made.Select(day => day.Basal.Units).ToArray(),
            totals = made.Select(day => day.Total).ToArray(),
            carbs = made.Select(day => day.Carbs).ToArray(),
            basalHours = made.Select(day => Math.Round((decimal)day.Basal.Known.TotalHours, 4)).ToArray(),
            tempSources = made.Select(day => day.TempBasalSource).ToArray(),
        }, commandTimeout: 0, cancellationToken: cancellationToken));

    /// <summary>What the records of a day say.</summary>
    sealed record AidDay
    {
        public string? Controllers { get; init; }
        public string? ControllerVersion { get; init; }
        public string? SettingsFrom { get; init; }
        public bool IsSuggested { get; init; }
        public int Cycles { get; init; }
        public int Enacted { get; init; }
        public int Smbs { get; init; }
        public decimal? Bolus { get; init; }
        public decimal? Smb { get; init; }
        public decimal? Total { get; init; }
        public decimal? Carbs { get; init; }
        public required DayBasal Basal { get; init; }
        public string? TempBasalSource { get; init; }

        public string LoopType => Enacted >= LeastEnacted ? "closed" : IsSuggested || Enacted > 0 ? "open" : "unknown";
    }
}
