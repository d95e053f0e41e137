namespace DataManagementApp.Charts;

/// <summary>Insulin, carbs and what delivers them.</summary>
static class TreatmentCharts
{
    const string Days = """
        select participant_id, loop_type, coalesce(split_part(controllers, ',', 1), '') as controller, count(*)::int as days, count(total_units)::int as insulin_days,
               coalesce(sum(bolus_units) filter (where total_units is not null), 0)::float8 as bolus, coalesce(sum(smb_units) filter (where total_units is not null), 0)::float8 as smb,
               coalesce(sum(basal_units) filter (where total_units is not null), 0)::float8 as basal, coalesce(sum(total_units), 0)::float8 as total,
               count(carbs)::int as carb_days, coalesce(sum(carbs), 0)::float8 as carbs
          from research.aid_day
         where participant_id = any(@people) and (@months::date[] is null or date_trunc('month', local_day)::date = any(@months))
         group by 1, 2, 3
        """;

    const string Types = """
        select kind, count(distinct participant_id)::int as participants, sum(records)::bigint as records
          from research.record_day
         where collection = 'treatments' and participant_id = any(@people) and (@months::date[] is null or date_trunc('month', day)::date = any(@months))
         group by kind
        """;

    sealed record Row(long ParticipantId, string LoopType, string Controller, int Days, int InsulinDays, double Bolus, double Smb, double Basal, double Total, int CarbDays, double Carbs);

    public static async Task<IReadOnlyList<Chart>> MakeAsync(Selection selection)
    {
        var rows = await selection.QueryAsync<Row>(Days, "treatments", "devicestatus");
        var ofEach = rows.GroupBy(row => row.ParticipantId).Select(same => same.ToList()).ToList();
        var types = await selection.QueryAsync<EntriesCharts.KindRow>(Types, "treatments");
        const string Known = "Only days count whose basal is known for all 24 hours and that have treatment records.";
        return
        [
            Insulin(ofEach),
            Bars.Histogram("total-daily-dose", "Insulin a day by participant", "Total daily dose", "U/day", [.. ofEach.Where(own => own.Sum(row => row.InsulinDays) > 0).Select(own => own.Sum(row => row.Total) / own.Sum(row => row.InsulinDays))], 0, 150, 10, 0,
                new($"Of each participant the mean insulin of a local day, bolus, automatic bolus and basal together; then participants are counted by steps of 10 U. {Known} Neighbouring steps are joined until each bar has at least {SmallCells.Least} participants.", "sum of total_units / days", "aid_day.total_units")),
            Bars.Histogram("carbs", "Carbohydrates a day by participant", "Carbohydrates", "g/day", [.. ofEach.Where(own => own.Sum(row => row.CarbDays) > 0).Select(own => own.Sum(row => row.Carbs) / own.Sum(row => row.CarbDays))], 0, 400, 25, 0,
                new($"Of each participant the mean carbohydrates entered a local day, of the days that have treatment records; then participants are counted by steps of 25 g. Who enters no carbs has 0. Neighbouring steps are joined until each bar has at least {SmallCells.Least} participants.", "sum of carbs / days", "aid_day.carbs")),
            Bars.Overlapping("treatment-types", "Treatments by type", "Type", new("Treatments"), types.Select(row => (row.Kind == "<none>" ? "without a type" : row.Kind, row.Participants, (double)row.Records)), selection.People.Count,
                new($"Treatments as apps wrote them, by their event type; each participant who has one counts once. Types of {SmallCells.Words} participants are left out.", "", "record_day.kind", "record_day.records")),
            Bars.Overlapping("loop-types", "How insulin was delivered", "Loop", new("Days"), rows.GroupBy(row => row.LoopType).Select(same => (CohortCharts.LoopWords(same.Key), same.Select(row => row.ParticipantId).Distinct().Count(), (double)same.Sum(row => row.Days))), selection.People.Count,
                new("Each local day with records has one loop type, whatever the system: a participant who used several is counted in each.", "", "aid_day.loop_type")),
            Bars.Overlapping("systems", "Systems in use", "System", new("Days"), rows.Where(row => row.Controller.Length > 0).GroupBy(row => row.Controller).Select(same => (System(same.Key), same.Select(row => row.ParticipantId).Distinct().Count(), (double)same.Sum(row => row.Days))), selection.People.Count,
                new("The automated insulin delivery (AID) system that reported most of a local day, of the device's name and of fields that only one system writes. A participant who changed is counted in each.", "", "aid_day.controllers")),
        ];
    }

    static Chart Insulin(List<List<Row>> ofEach)
    {
        static List<Own> Of(IEnumerable<List<Row>> people, string? loop) => [.. people.Select(own => own.Where(row => row.InsulinDays > 0 && (loop is null || row.LoopType == loop)).ToList()).Where(own => own.Count > 0).Select(own =>
        {
            var days = own.Sum(row => row.InsulinDays);
            return new Own(own[0].ParticipantId, days, own.Sum(row => row.Bolus) / days, own.Sum(row => row.Smb) / days, own.Sum(row => row.Basal) / days, own.Sum(row => row.Total) / days);
        })];
        var all = Of(ofEach, null);
        var groups = CohortCharts.Apart(all, [.. CohortCharts.LoopTypes.Select(loop => (CohortCharts.LoopWords(loop), Of(ofEach, loop)))], own => own.ParticipantId)
            .Prepend((Name: "All", Own: all, IsShown: all.Count >= SmallCells.Least)).ToList();
        return new("insulin", "Insulin a day: bolus, automatic bolus, basal", "insulin",
            all.Count == 0 ? "" : $"On average {all.Average(own => own.Total):0.0} U a day: {all.Average(own => own.Bolus):0.0} U bolus, {all.Average(own => own.Smb):0.0} U automatic bolus and {all.Average(own => own.Basal):0.0} U basal.",
            [new("Group"), new("Participants"), new("Days"), new("Bolus", "U/day", 1), new("Automatic bolus (SMB)", "U/day", 1), new("Basal", "U/day", 1), new("Total", "U/day", 1)],
            [.. groups.Select(group => group.IsShown
                ? new object?[] { group.Name, group.Own.Count, group.Own.Sum(own => own.Days), group.Own.Average(own => own.Bolus), group.Own.Average(own => own.Smb), group.Own.Average(own => own.Basal), group.Own.Average(own => own.Total) }
                : [group.Name, null, null, null, null, null, null])],
            new("Of each participant the mean of their local days, then the mean of the participants, so that everybody weighs the same. Only days count whose basal is known for all 24 hours and that have treatment records. Automatic bolus is what the controller gave (SMB, Loop's automatic bolus). "
                + "A day belongs to the loop type it was run with, so a participant may be in several.", "total = bolus + automatic bolus + basal", "aid_day.bolus_units", "aid_day.smb_units", "aid_day.basal_units", "aid_day.total_units", "aid_day.loop_type"))
        {
            Hidden = groups.Index().Where(group => !group.Item.IsShown).Select(group => group.Index).ToHashSet(),
            Empty = all.Count < SmallCells.Least ? Bars.Nothing : null,
        };
    }

    static string System(string controller) => controller switch
    {
        "openaps" => "OpenAPS",
        "aaps" => "AndroidAPS",
        "loop" => "Loop",
        "trio" => "Trio or iAPS",
        _ => controller,
    };

    /// <summary>A participant's mean day, U.</summary>
    sealed record Own(long ParticipantId, int Days, double Bolus, double Smb, double Basal, double Total);
}
