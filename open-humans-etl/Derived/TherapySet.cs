using System.Globalization;
using System.Text.Json;
using Glucose;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl.Derived;

/// <summary>A setting that holds from a time of day on.</summary>
/// <param name="Seconds">Of the day.</param>
/// <param name="Value">In <paramref name="Unit"/>; null when it is not known which unit of glucose was sent.</param>
/// <param name="Sent">The number as sent.</param>
/// <param name="SentUnit">The profile's unit of glucose, as it names it.</param>
/// <param name="UnitEvidence">How the unit of glucose is known.</param>
public sealed record TherapyValue(string Kind, int Seconds, decimal? Value, string Unit, decimal Sent, string? SentUnit = null, string? UnitEvidence = null);

/// <summary>The settings of one profile.</summary>
/// <param name="TimeZone">Whose clock the times of day are of, as the profile names it.</param>
public sealed record TherapySet(string? TimeZone, IReadOnlyList<TherapyValue> Values)
{
    /// <summary>Field of a profile, kind of setting, unit, and what a body and a pump can have of it.</summary>
    static readonly (string Field, string Kind, string Unit, decimal Least, decimal Most)[] Kinds =
    [
        ("basal", "basal", "U/h", 0, 50), ("sens", "isf", "mg/dL per U", 1, 1000), ("carbratio", "carb_ratio", "g/U", 0.5m, 500),
        ("target_low", "target_low", "mg/dL", 40, 400), ("target_high", "target_high", "mg/dL", 40, 400), ("dia", "dia", "h", 0.5m, 24),
    ];

    public bool IsSameAs(TherapySet? other) => other is not null && TimeZone == other.TimeZone && Values.SequenceEqual(other.Values);

    /// <summary>Reads an entry of a profile's store, the profile of a switch, or a document of the years before there was a store.</summary>
    /// <param name="documentUnits">Unit of glucose of the whole document, when the entry names none.</param>
    /// <param name="problem">Told the field and the reason when a schedule cannot be used.</param>
    /// <returns>Null when nothing of it is a setting.</returns>
    public static TherapySet? Read(JsonElement profile, string? documentUnits, Action<string, string> problem)
    {
        var sent = Kinds.ToDictionary(kind => kind.Field, kind => Schedule(profile, kind.Field, problem));
        var named = Text(profile, "units") ?? documentUnits;
        var (perUnit, evidence) = GlucoseUnitOf(named, [.. sent["target_low"].Values, .. sent["target_high"].Values]);
        var values = new List<TherapyValue>();
        foreach (var (field, kind, unit, least, most) in Kinds)
        {
            var isGlucose = unit.StartsWith("mg/dL", StringComparison.Ordinal);
            var read = sent[field].OrderBy(step => step.Key).Select(step => isGlucose
                ? new TherapyValue(kind, step.Key, perUnit is { } factor ? Math.Round(step.Value * factor, 2) : null, unit, step.Value, named, evidence)
                : new TherapyValue(kind, step.Key, step.Value, unit, step.Value)).ToList();
            if (read.TrueForAll(value => value.Value is null || value.Value >= least && value.Value <= most))
                values.AddRange(read);
            else
                problem(field, Reason.NotWithin((double)least, (double)most, unit)); // all of the schedule: what is left would seem to hold all day
        }
        return values.Count == 0 ? null : new(Text(profile, "timezone"), values);
    }

    /// <summary>What Loop adds to a profile document: its limits, and whether it may dose.</summary>
    public TherapySet With(JsonElement loopSettings)
    {
        var values = Values.ToList();
        if (Number(loopSettings, "maximumBasalRatePerHour") is { } maxBasal)
            values.Add(new("max_basal", 0, maxBasal, "U/h", maxBasal));
        if (Number(loopSettings, "maximumBolus") is { } maxBolus)
            values.Add(new("max_bolus", 0, maxBolus, "U", maxBolus));
        if (Number(loopSettings, "minimumBGGuard") is { } guard)
        {
            var (factor, evidence) = GlucoseUnitOf(null, [guard]);
            values.Add(new("suspend_threshold", 0, factor is null ? null : Math.Round(guard * factor.Value, 2), "mg/dL", guard, null, evidence));
        }
        if (loopSettings.TryGetProperty("dosingEnabled", out var dosing) && dosing.ValueKind is JsonValueKind.True or JsonValueKind.False)
            values.Add(new("dosing_enabled", 0, dosing.GetBoolean() ? 1 : 0, "", dosing.GetBoolean() ? 1 : 0));
        return this with { Values = values };
    }

    /// <summary>As AAPS runs a profile: more insulin by a percentage, everything later by a number of hours.</summary>
    /// <param name="percentage">100: as the profile says.</param>
    public TherapySet Switched(decimal percentage, decimal hoursLater)
    {
        var seconds = (int)(hoursLater * 3600 % 86400 + 86400);
        return this with
        {
            Values = [.. Values.Select(value => value with
            {
                Seconds = value.Kind == "dia" ? 0 : (value.Seconds + seconds) % 86400,
                Value = value.Kind switch
                {
                    "basal" => value.Value * percentage / 100,
                    "isf" or "carb_ratio" => value.Value is { } factor ? Math.Round(factor * 100 / percentage, 4) : null,
                    _ => value.Value,
                },
            }).OrderBy(value => Array.FindIndex(Kinds, kind => kind.Kind == value.Kind)).ThenBy(value => value.Seconds)],
        };
    }

    /// <summary>Targets below 30 are mmol/L and from 40 on mg/dL: nobody's targets are 2 mg/dL or 40 mmol/L. Sensitivities of the two overlap and tell nothing.</summary>
    static (decimal? MgDlPerUnit, string Evidence) GlucoseUnitOf(string? named, IReadOnlyCollection<decimal> targets)
    {
        const decimal MmolL = (decimal)GlucoseUnits.MgDlPerMmolL;
        decimal? byName = named is null ? null : named.Trim().StartsWith("mmol", StringComparison.OrdinalIgnoreCase) ? MmolL : 1;
        var set = targets.Where(target => target != 0).ToList();
        decimal? byRange = set.Count == 0 ? null : set.TrueForAll(target => target is >= 2 and < 30) ? MmolL : set.TrueForAll(target => target >= 40) ? 1 : null;
        return (byRange ?? byName, (byName, byRange) switch
        {
            (null, null) => "unknown",
            (_, null) => "units",
            (null, _) => "range",
            _ when byName == byRange => "units and range",
            _ => "range against units",
        });
    }

    /// <summary>By second of the day; of two values for one time the last. Empty when there is none or one cannot be read.</summary>
    static Dictionary<int, decimal> Schedule(JsonElement profile, string field, Action<string, string> problem)
    {
        var steps = new Dictionary<int, decimal>();
        if (!profile.TryGetProperty(field, out var schedule) || schedule.ValueKind is JsonValueKind.Null)
            return steps;
        if (schedule.ValueKind is not JsonValueKind.Array)
            return Number(schedule) is { } all ? new() { [0] = all } : steps;
        foreach (var step in schedule.EnumerateArray())
        {
            if (step.ValueKind is not JsonValueKind.Object || Number(step, "value") is not { } value || Seconds(step) is not { } seconds)
            {
                problem(field, Reason.NoSchedule);
                return [];
            }
            steps[seconds] = value;
        }
        return steps;
    }

    static int? Seconds(JsonElement step) =>
        Number(step, "timeAsSeconds") is { } seconds ? seconds is >= 0 and < 86400 ? (int)seconds : null
        : TimeOnly.TryParseExact(Text(step, "time"), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? (int)time.ToTimeSpan().TotalSeconds : null;

    static string? Text(JsonElement from, string field) =>
        from.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    static decimal? Number(JsonElement from, string field) => from.TryGetProperty(field, out var value) ? Number(value) : null;

    static decimal? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? number : null,
        JsonValueKind.String => decimal.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };
}
