using System.Globalization;
using Glucose;

namespace DataManagementApp.Charts;

/// <summary>What is computed of each participant's glucose, over a cohort.</summary>
static class CohortCharts
{
    const string Glucose = """
        select g.participant_id, coalesce(a.loop_type, 'unknown') as loop_type, count(*)::int as days, sum(g.n)::bigint as n, sum(g.very_low)::bigint as very_low, sum(g.low)::bigint as low,
               sum(g.in_range)::bigint as in_range, sum(g.high)::bigint as high, sum(g.very_high)::bigint as very_high, sum(g.tight)::bigint as tight, sum(g.pregnancy)::bigint as pregnancy,
               sum(g.below_pregnancy)::bigint as below_pregnancy, sum(g.sum_mgdl) as sum_mgdl, sum(g.sum_squares) as sum_squares, sum(g.low_risk) as low_risk, sum(g.high_risk) as high_risk,
               sum(g.covered_minutes) as covered_minutes
          from research.glucose_day g
          left join research.aid_day a on a.participant_id = g.participant_id and a.local_day = g.day and a.participant_id = any(@people)
         where g.participant_id = any(@people) and (@months::date[] is null or date_trunc('month', g.day)::date = any(@months))
         group by 1, 2
        """;

    static readonly string Sufficient = $"Only participants with {Sufficiency.Days} days with readings and {Sufficiency.Percent} % of {Sufficiency.Days} days of sensor time count.";

    sealed record Row(long ParticipantId, string LoopType, int Days, long N, long VeryLow, long Low, long InRange, long High, long VeryHigh, long Tight, long Pregnancy, long BelowPregnancy,
        double SumMgdl, double SumSquares, double LowRisk, double HighRisk, double CoveredMinutes)
    {
        /// <summary>Squares are kept about 120 mg/dL, so that they add up without losing digits.</summary>
        public GlucoseTotals Totals => new()
        {
            Count = N,
            Sum = SumMgdl,
            SumOfSquares = SumSquares + 240 * SumMgdl - 120.0 * 120 * N,
            LowRisk = LowRisk,
            HighRisk = HighRisk,
            Bands = new() { VeryLow = VeryLow, Low = Low, InRange = InRange, High = High, VeryHigh = VeryHigh, Tight = Tight, BelowPregnancy = BelowPregnancy, Pregnancy = Pregnancy, AbovePregnancy = N - BelowPregnancy - Pregnancy },
        };
    }

    /// <summary>A participant's readings, of all their days or those of one loop type.</summary>
    sealed record Own(Person Person, int Days, GlucoseTotals Totals, Sufficiency Sufficiency)
    {
        public GlucoseSummary Summary { get; } = GlucoseSummary.Of(Totals);

        public static Own Of(Person person, IReadOnlyCollection<Row> rows)
        {
            var (totals, days) = (rows.Select(row => row.Totals).Aggregate((one, other) => one + other), rows.Sum(row => row.Days));
            return new(person, days, totals, new(totals.Count, days, TimeSpan.FromMinutes(rows.Sum(row => row.CoveredMinutes)), double.NaN));
        }
    }

    public static async Task<IReadOnlyList<Chart>> MakeAsync(Selection selection)
    {
        var rows = (await selection.QueryAsync<Row>(Glucose, "entries")).ToLookup(row => row.ParticipantId);
        var people = selection.People.Where(person => rows.Contains(person.ParticipantId)).ToList();
        var everybody = people.Select(person => Own.Of(person, [.. rows[person.ParticipantId]])).ToList();
        var sufficient = everybody.Where(own => own.Sufficiency.ForGmi).ToList();
        var tellsMean = !SmallCells.IsSmall(everybody.Count - sufficient.Count);
        return
        [
            Ranges(selection, everybody, loop => [.. people.Where(person => rows[person.ParticipantId].Any(row => row.LoopType == loop)).Select(person => Own.Of(person, [.. rows[person.ParticipantId].Where(row => row.LoopType == loop)]))]),
            Bars.Histogram("time-in-range", "Time in range by participant", "Time in range", "%", [.. sufficient.Select(own => own.Summary.Bands.InRange)], 0, 100, 5, 0,
                new($"Of each participant, the share of their readings from {GlucoseThresholds.MgDl.Low} to {GlucoseThresholds.MgDl.High} mg/dL; then participants are counted by steps of 5 %. {Sufficient} {Joined}",
                    "100 × in_range / n", "glucose_day.in_range", "glucose_day.n", "glucose_day.covered_minutes"), tellsMean),
            Bars.Histogram("gmi", "Glucose management indicator by participant", "GMI", "%", [.. sufficient.Select(own => own.Summary.Gmi)], 5, 10, 0.25, 2,
                new($"Of each participant, the GMI of the mean of their readings; then participants are counted by steps of 0.25 %. {Sufficient} {Joined}", GmiFormula, "glucose_day.sum_mgdl", "glucose_day.n"), tellsMean),
            Bars.Histogram("variation", "Variation (CV) by participant", "CV", "%", [.. sufficient.Select(own => own.Summary.CoefficientOfVariation)], 14, 60, 2, 0,
                new($"Of each participant, the standard deviation of their readings (of a sample, n − 1) over their mean; then participants are counted by steps of 2 %. 36 % and less is called stable. {Sufficient} {Joined}",
                    "CV = 100 × SD / mean", "glucose_day.sum_squares", "glucose_day.sum_mgdl", "glucose_day.n"), tellsMean),
            Bars.Histogram("days", "Days of data by participant", "Days with readings", "days", [.. everybody.Select(own => (double)own.Days)], 0, 1830, 30, 0,
                new($"Of each participant, the local days with at least one reading; then participants are counted by steps of 30 days. {Joined}", "", "glucose_day.day")),
            Grid(sufficient, tellsMean),
        ];
    }

    /// <summary>Steps of a histogram are joined where they are too small.</summary>
    static readonly string Joined = $"Neighbouring steps are joined until each bar has at least {SmallCells.Least} participants.";

    /// <summary>Told by the function itself: what it adds to a mean of 0, and for each mg/dL.</summary>
    static readonly string GmiFormula = string.Create(CultureInfo.InvariantCulture, $"GMI = {GlucoseSummary.GmiOf(0):0.##} + {GlucoseSummary.GmiOf(1) - GlucoseSummary.GmiOf(0):0.#####} × mean in mg/dL (doi:10.2337/dc18-1581)");

    static Chart Ranges(Selection selection, List<Own> everybody, Func<string, List<Own>> ofLoop)
    {
        var groups = new List<(string Name, List<Own> Own, bool IsShown)> { ("All", everybody, everybody.Count >= SmallCells.Least) };
        if (selection.Commons.Count > 1)
            groups.AddRange(Apart(everybody, [("OpenAPS Data Commons", [.. everybody.Where(own => own.Person.OpenAps)]), ("Nightscout Data Commons", [.. everybody.Where(own => own.Person.Nsf)])], own => own.Person.ParticipantId));
        groups.AddRange(Apart(everybody, [.. LoopTypes.Select(loop => (LoopWords(loop), ofLoop(loop)))], own => own.Person.ParticipantId));

        var mean = everybody.Count == 0 ? double.NaN : everybody.Average(own => own.Summary.Bands.InRange);
        return new("ranges", "Time in ranges", "ranges",
            $"On average, participants are in range (70 to 180 mg/dL, 3.9 to 10.0 mmol/L) {mean:0.0} % of their readings, below it {(everybody.Count == 0 ? double.NaN : everybody.Average(own => own.Summary.Bands.BelowRange)):0.0} % and above it {(everybody.Count == 0 ? double.NaN : everybody.Average(own => own.Summary.Bands.AboveRange)):0.0} %.",
            [new("Group"), new("Participants"), new("Days"), new("Very low", "%", 1), new("Low", "%", 1), new("In range", "%", 1), new("High", "%", 1), new("Very high", "%", 1), new("In range, of all readings", "%", 1)],
            [.. groups.Select(group => group.IsShown ? Shares(group.Name, group.Own) : [group.Name, null, null, null, null, null, null, null, null])],
            new($"Very low is below {GlucoseThresholds.MgDl.VeryLow} mg/dL, low below {GlucoseThresholds.MgDl.Low}, high above {GlucoseThresholds.MgDl.High}, very high above {GlucoseThresholds.MgDl.VeryHigh} "
                + $"({GlucoseThresholds.MmolL.VeryLow:0.0}, {GlucoseThresholds.MmolL.Low:0.0}, {GlucoseThresholds.MmolL.High:0.0} and {GlucoseThresholds.MmolL.VeryHigh:0.0} mmol/L). Of each participant the share of their readings in each band; the bars are the mean of these shares, so that everybody weighs the same. "
                + "The last column is the share of all readings together. A day belongs to the loop type it was run with, so a participant may be in several.",
                "mean over participants of 100 × band / n (doi:10.2337/dci19-0028)", "glucose_day.very_low", "glucose_day.low", "glucose_day.in_range", "glucose_day.high", "glucose_day.very_high", "aid_day.loop_type"))
        {
            Hidden = groups.Index().Where(group => !group.Item.IsShown).Select(group => group.Index).ToHashSet(),
            Empty = everybody.Count < SmallCells.Least ? Bars.Nothing : null,
        };
    }

    /// <summary>Groups with somebody in them, who may be in several, and whether they may be shown.</summary>
    public static IEnumerable<(string Name, List<T> Own, bool IsShown)> Apart<T>(IReadOnlyList<T> everybody, IReadOnlyList<(string Name, List<T> Own)> groups, Func<T, long> participant)
    {
        var members = groups.Select(group => group.Own.Select(participant).ToHashSet()).ToList();
        var shown = SmallCells.ShownOverlapping([.. everybody.Select(own => Enumerable.Range(0, groups.Count).Where(group => members[group].Contains(participant(own))).ToHashSet())], groups.Count);
        return groups.Select((group, i) => (group.Name, group.Own, shown[i])).Where(group => group.Own.Count > 0);
    }

    /// <summary>As <c>aid_day.loop_type</c> has them.</summary>
    public static IReadOnlyList<string> LoopTypes { get; } = ["closed", "open", "unknown"];

    public static string LoopWords(string loop) => loop switch
    {
        "closed" => "Closed loop",
        "open" => "Open loop",
        _ => "No loop known",
    };

    static object?[] Shares(string name, List<Own> group)
    {
        double Mean(Func<BandShares, double> share) => group.Average(own => share(own.Summary.Bands));
        return [name, group.Count, group.Sum(own => own.Days), Mean(bands => bands.VeryLow), Mean(bands => bands.Low), Mean(bands => bands.InRange), Mean(bands => bands.High), Mean(bands => bands.VeryHigh),
            group.Select(own => own.Totals).Aggregate((one, other) => one + other).Bands.Shares.InRange];
    }

    /// <summary>The GRI grid as fields of 5 by 10 %, because a point would be a person.</summary>
    static Chart Grid(List<Own> sufficient, bool tellsMean)
    {
        const int Wide = 5, High = 10;
        var fields = sufficient.GroupBy(own => (Hypo: Math.Min((int)(own.Summary.Gri.Hypo / Wide), 5) * Wide, Hyper: Math.Min((int)(own.Summary.Gri.Hyper / High), 5) * High))
            .OrderBy(field => field.Key).Select(field => (field.Key.Hypo, field.Key.Hyper, Own: field.ToList())).ToList();
        var shown = SmallCells.Shown([.. fields.Select(field => field.Own.Count)]);
        var rows = fields.Where((_, i) => shown[i]).Select(field => new object?[]
        {
            $"{field.Hypo} to {field.Hypo + Wide}{(field.Hypo == 25 ? " and more" : "")} × {field.Hyper} to {field.Hyper + High}{(field.Hyper == 50 ? " and more" : "")}", field.Hypo, field.Hyper, field.Own.Count,
        }).ToList();
        var rest = sufficient.Count - rows.Sum(row => (int)row[3]!);
        if (rest > 0)
            rows.Add([Bars.Together, null, null, rest]);
        return new("gri", "Glycemia risk index (GRI) grid", "grid",
            sufficient.Count == 0 ? "" : $"{(tellsMean ? $"The mean GRI of {sufficient.Count:N0} participants is {sufficient.Average(own => own.Summary.Gri.Score):0.0} of 100; less is better." : $"{sufficient.Count:N0} participants.")} {(rest > 0 ? $"{rest:N0} of them are in fields too small to show." : "")}",
            [new("Field"), new("Lows from", "%"), new("Highs from", "%"), new("Participants")], rows,
            new($"Of each participant, lows weigh very low + 0.8 × low, highs very high + 0.5 × high, each in % of their readings. Participants are counted by fields of {Wide} by {High} %; a field of 1 to 4 is joined with others. {Sufficient}",
                "GRI = 3.0 × lows + 1.6 × highs, at most 100; zones A to E of 20 points each (doi:10.1177/19322968221085273)", "glucose_participant.gri_hypo", "glucose_participant.gri_hyper", "glucose_participant.gri"))
        {
            Empty = sufficient.Count < SmallCells.Least ? Bars.Nothing : null,
        };
    }
}
