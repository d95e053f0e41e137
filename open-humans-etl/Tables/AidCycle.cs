using System.Text;
using Glucose;
using OpenHumansEtl.AllowList;
using static OpenHumansEtl.Tables.Column;

namespace OpenHumansEtl.Tables;

/// <summary>
/// What a closed loop reported of one of its cycles, of all controllers in the same columns: a row for each device status that holds <c>openaps</c> or
/// <c>loop</c>. Glucose in mg/dL, insulin in U, carbs in g, rates in U/h, durations in minutes.
/// </summary>
static class AidCycle
{
    /// <summary>Loop sets temp basals of half an hour. What is far more cannot be minutes, and as seconds it is half an hour again.</summary>
    const decimal LongestOfLoop = 120;

    static readonly string[] Iob = ["loop.iob.iob", "openaps.iob.iob", "openaps.suggested.IOB", "openaps.enacted.IOB"];
    static readonly string[] Cob = ["loop.cob.cob", "openaps.suggested.COB", "openaps.enacted.COB"];
    static readonly string[] Reasons = ["openaps.suggested.reason", "openaps.suggested.eventualBG", "openaps.enacted.reason", "openaps.enacted.eventualBG"];
    static readonly string[] Received = ["loop.enacted.received", "openaps.enacted.received", "openaps.enacted.recieved"];

    public static readonly Table Table = new("aid_cycle", "device_status_id", ["openaps", "loop"],
    [
        WorkedOutText("controller", "loop: `loop` is there; trio: the device is Trio, iAPS or FreeAPS X; aaps: AAPS's own fields are there; else openaps", Controller,
            "loop", "device", "app", "configuration", "pump.extended"),
        WorkedOutText("controller_version", "the first that is there", First, "loop.version", "openaps.version", "configuration.version", "pump.extended.Version"),
        WorkedOutFlag("suggested", "whether one is there", IsAnyThere,
            "openaps.suggested", "loop.predicted", "loop.automaticDoseRecommendation", "loop.recommendedTempBasal", "loop.recommendedBolus"),
        WorkedOutFlag("enacted", "whether one is true: the pump has taken it", IsEnacted, Received),
        Time("enacted_at", "loop.enacted.timestamp", "openaps.enacted.timestamp"),
        WorkedOutNumber("iob", "the first that is there", values => values.FirstNumber(), Iob),
        WorkedOutText("iob_source", "name of the first that is there", values => Source(values, Iob), Iob),
        WorkedOutNumber("cob", "the first that is there, else COB of a reason", values => values[..Cob.Length].FirstNumber() ?? Reason(values[Cob.Length..], "COB"), [.. Cob, .. Reasons]),
        WorkedOutText("cob_source", "name of the field cob is from", values => Source(values, Cob) ?? ReasonSource(values[Cob.Length..], "COB"), [.. Cob, .. Reasons]),
        Number("eventual_bg", "openaps.suggested.eventualBG", "openaps.enacted.eventualBG", "loop.predicted.values"),
        WorkedOutNumber("target", "Target of a reason in mg/dL, else the first in mg/dL",
            values => Glucose(values, "Target", 60, 300) ?? InRange(values[4..].FirstNumber(), 60, 300), [.. Reasons, "openaps.suggested.targetBG", "openaps.enacted.targetBG"]),
        WorkedOutNumber("isf", "ISF of a reason in mg/dL, else the first in mg/dL",
            values => Glucose(values, "ISF", 1, 1000) ?? InRange(values[4..].FirstNumber(), 1, 1000), [.. Reasons, "openaps.suggested.variable_sens", "openaps.enacted.variable_sens"]),
        WorkedOutNumber("cr", "CR of a reason, else the first", values => InRange(Reason(values, "CR") ?? values[4..].FirstNumber(), 0.5m, 500), [.. Reasons, "openaps.suggested.CR", "openaps.enacted.CR"]),
        WorkedOutNumber("dev", "Dev of a reason in mg/dL", values => Glucose(values, "Dev", -999, 999), Reasons),
        WorkedOutNumber("bgi", "BGI of a reason in mg/dL", values => Glucose(values, "BGI", -999, 999), Reasons),
        WorkedOutNumber("min_pred_bg", "minPredBG of a reason in mg/dL", values => Glucose(values, "minPredBG", -999, 999), Reasons),
        WorkedOutNumber("min_guard_bg", "minGuardBG of a reason in mg/dL", values => Glucose(values, "minGuardBG", -999, 999), Reasons),
        WorkedOutText("reason_unit", "mg/dL or mmol/L, as the reason was written", values => Unit(values)?.Unit switch { GlucoseUnit.MgDl => "mg/dL", GlucoseUnit.MmolL => "mmol/L", _ => null }, Reasons),
        WorkedOutText("reason_unit_evidence", "eventual BG: the reason against the record's own field; range: predictions and target fit one unit only", values => Unit(values)?.Evidence, Reasons),
        WorkedOutNumber("insulin_req", "the first, else insulinReq of a reason", values => values[4..].FirstNumber() ?? Reason(values, "insulinReq") ?? Reason(values, "Insulin req"),
            [.. Reasons, "openaps.suggested.insulinReq", "openaps.enacted.insulinReq"]),
        WorkedOutNumber("sensitivity_ratio", "the first, else Autosens ratio of a reason", values => values[4..].FirstNumber() ?? Reason(values, "Autosens ratio"),
            [.. Reasons, "openaps.suggested.sensitivityRatio", "openaps.enacted.sensitivityRatio"]),
        WorkedOutNumber("temp_basal_rate", "of an enacted cycle the first, 0 to 60 U/h", values => InRange(OfEnacted(values), 0, 60), [.. Received, "loop.enacted.rate", "openaps.enacted.rate"]),
        WorkedOutNumber("temp_basal_duration", "of an enacted cycle the first, 0 to 1440 minutes; Loop's in seconds when it is more than 120", TempBasalMinutes,
            [.. Received, "loop.enacted.duration", "openaps.enacted.duration"]),
        WorkedOutNumber("smb", "of an enacted cycle the first", values => InRange(OfEnacted(values), 0, 100), [.. Received, "openaps.enacted.smb", "openaps.enacted.units"]),
        WorkedOutNumber("bolus_volume", "of an enacted cycle", values => InRange(OfEnacted(values), 0, 100), [.. Received, "loop.enacted.bolusVolume"]),
        Flag("override_active", "override.active"),
        Number("override_multiplier", "override.multiplier"),
        Text("failure", "loop.failureReason"),
        Number("reservoir", "pump.reservoir", "openaps.suggested.reservoir", "openaps.enacted.reservoir"),
        Number("max_iob", "preferences.max_iob", "preferences.maxIOB"),
        Number("max_cob", "preferences.maxCOB"),
        Number("autosens_min", "preferences.autosens_min", "preferences.autosensMin"),
        Number("autosens_max", "preferences.autosens_max", "preferences.autosensMax"),
        Number("max_smb_basal_minutes", "preferences.maxSMBBasalMinutes"),
        Number("max_uam_smb_basal_minutes", "preferences.maxUAMSMBBasalMinutes"),
        Flag("enable_uam", "preferences.enableUAM"),
        Flag("enable_smb_always", "preferences.enableSMB_always", "preferences.enableSMBAlways"),
        Flag("enable_smb_with_cob", "preferences.enableSMB_with_COB", "preferences.enableSMBWithCOB"),
        Flag("enable_smb_after_carbs", "preferences.enableSMB_after_carbs", "preferences.enableSMBAfterCarbs"),
        Flag("dynamic_isf", "preferences.useNewFormula"),
        Number("adjustment_factor", "preferences.adjustmentFactor"),
        Text("insulin_curve", "preferences.curve"),
        Time("created_at", "created_at", "date", "mills"),
    ]);

    static string Controller(FieldValues values) =>
        values.IsThere(0) ? "loop"
        : Names(values.Text(1), "trio"u8) || Names(values.Text(1), "iaps"u8) || Names(values.Text(1), "freeaps"u8) ? "trio"
        : values.IsThere(3) || values.IsThere(4) || Names(values.Text(2), "aaps"u8) || Names(values.Text(2), "androidaps"u8) || Names(values.Text(1), "androidaps"u8) || Names(values.Text(1), "aaps"u8) ? "aaps"
        : "openaps";

    /// <summary>Names are families with or without a pseudonym behind: "Trio", "iAPS-x3…", "openaps://x3…".</summary>
    static bool Names(ReadOnlySpan<byte> device, ReadOnlySpan<byte> family) =>
        device.Length >= family.Length && Ascii.EqualsIgnoreCase(device[..family.Length], family) && (device.Length == family.Length || device[family.Length] < 0x80 && !char.IsAsciiLetterOrDigit((char)device[family.Length]));

    static string? First(FieldValues values)
    {
        for (var path = 0; path < values.Length; path++)
            if (values.Text(path) is { IsEmpty: false } text)
                return Encoding.UTF8.GetString(text);
        return null;
    }

    static bool IsAnyThere(FieldValues values)
    {
        for (var path = 0; path < values.Length; path++)
            if (values.IsThere(path))
                return true;
        return false;
    }

    static bool IsEnacted(FieldValues values)
    {
        for (var path = 0; path < values.Length; path++)
            if (values.IsTrue(path))
                return true;
        return false;
    }

    static string? Source(FieldValues values, string[] paths) => values[..paths.Length].FirstWithNumber() is var path and >= 0 ? paths[path] : null;

    static decimal? InRange(decimal? number, decimal least, decimal most) => number >= least && number <= most ? number : null;

    /// <summary>Of the suggestion's reason, else of that of what was enacted.</summary>
    /// <param name="values">Starts with <see cref="Reasons"/>.</param>
    static decimal? Reason(FieldValues values, string label) => values.Reason(0)?.Number(label) ?? values.Reason(2)?.Number(label);

    static string? ReasonSource(FieldValues values, string label) => values.Reason(0)?.Number(label) is not null ? Reasons[0] : values.Reason(2)?.Number(label) is not null ? Reasons[2] : null;

    static (GlucoseUnit Unit, string Evidence)? Unit(FieldValues values) => values.Reason(0)?.UnitOf(values.Number(1)) ?? values.Reason(2)?.UnitOf(values.Number(3));

    /// <summary>mg/dL; null when the reason does not tell its unit, or for what no body has.</summary>
    static decimal? Glucose(FieldValues values, string label, decimal least, decimal most) => Reason(values, label) is { } written && Unit(values) is { } unit
        ? InRange(unit.Unit is GlucoseUnit.MgDl ? written : Math.Round(written * (decimal)GlucoseUnits.MgDlPerMmolL, 2), least, most) : null;

    /// <param name="values">Starts with <see cref="Received"/>.</param>
    static decimal? OfEnacted(FieldValues values) => IsEnacted(values[..Received.Length]) ? values[Received.Length..].FirstNumber() : null;

    static decimal? TempBasalMinutes(FieldValues values)
    {
        var fromLoop = values.Number(Received.Length) is not null;
        var number = OfEnacted(values);
        return fromLoop && number > LongestOfLoop ? InRange(number / 60, 0, LongestOfLoop) : InRange(number, 0, 1440);
    }
}
