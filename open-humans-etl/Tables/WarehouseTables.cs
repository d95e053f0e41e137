using OpenHumansEtl.AllowList;
using static OpenHumansEtl.Tables.Column;

namespace OpenHumansEtl.Tables;

/// <summary>What becomes of each collection's records: the typed tables, and the allow-list their raw lines pass (contract original §2).</summary>
/// <param name="Fields">Makes the allow-list; each call a fresh one, because slots are numbered in it.</param>
/// <param name="Tables">The first has a row for every record.</param>
/// <param name="Ignored">Text that a column leaves out on purpose, so that it is no cause for quarantine.</param>
public sealed record WarehouseTables(string Collection, Func<Field> Fields, Table[] Tables, params string[] Ignored)
{
    public static readonly WarehouseTables Entries = new("entries", AllowList.Entries.Fields,
    [
        new("entries", "id", [],
            Number("sgv", "sgv").Within(0, 1000, "mg/dL"), Text("direction", "direction"), Text("device", "device"), Text("type", "type"), Number("rssi", "rssi"), Number("rawbg", "rawbg"),
            Text("trend", "trend", "trend_arrow"), Number("glucose", "glucose").Within(0, 1000, "mg/dL or mmol/L"), Number("mbg", "mbg").Within(0, 1000, "mg/dL"), Number("delta", "delta").Within(-1000, 1000, "mg/dL"), Number("filtered", "filtered"),
            Number("unfiltered", "unfiltered"), Number("noise", "noise"), Number("scale", "scale"), Number("slope", "slope"), Number("intercept", "intercept"),
            Text("system_time", "system_time", "sysTime", "systime"), Time("date", "date", "mills", "dateString", "sysTime"), Text("date_string", "dateString"), Integer("utc_offset", "utcOffset").Within(-720, 840, "minutes")),
    ], "noise"); // "Clean", "Light", … of old uploaders

    public static readonly WarehouseTables Treatments = new("treatments", AllowList.Treatments.Fields,
    [
        new("treatments", "id", [],
            Text("event_type", "eventType"), Time("timestamp", "timestamp") with { ZeroIsNone = true }, Number("insulin", "insulin").Within(0, 300, "U"), Number("carbs", "carbs").Within(-1000, 1000, "g"), Number("protein", "protein").Within(0, 1000, "g"), Number("fat", "fat").Within(0, 1000, "g"),
            Number("glucose", "glucose").Within(0, 1000, "mg/dL or mmol/L"), Text("glucose_type", "glucoseType"), Text("food_type"), Text("temp", "temp"), Number("rate", "rate").Within(0, 1000, "U/h or %"), Number("duration", "duration").Within(0, 525600, "minutes"),
            Text("units", "units"), Number("amount", "amount").Within(0, 1000, "U"), Number("absolute", "absolute").Within(0, 100, "U/h"), Text("medtronic", "medtronic"), Text("type", "type"),
            Number("absorption_time", "absorptionTime").Within(0, 1440, "minutes"), Number("unabsorbed", "unabsorbed").Within(0, 300, "U"), Number("ratio", "ratio"), Number("target_top", "targetTop").Within(0, 1000, "mg/dL or mmol/L"),
            Number("target_bottom", "targetBottom").Within(0, 1000, "mg/dL or mmol/L"), Number("fixed", "fixed"), Text("programmed", "programmed"), Text("reason"), Text("notes"), Text("entered_by", "enteredBy"),
            Time("created_at", "created_at", "timestamp", "date", "mills"),
            Number("percent", "percent").Within(-100, 1000, "%"), Number("duration_ms", "durationInMilliseconds"), Flag("automatic", "automatic"), Flag("is_smb", "isSMB"),
            Number("entered_insulin", "enteredinsulin").Within(0, 300, "U"), Number("split_ext", "splitExt").Within(0, 100, "%"), Flag("is_emulating_temp_basal", "isEmulatingTempBasal"),
            Text("profile", "profile"), Text("original_profile", "originalProfileName"), Number("percentage", "percentage"), Number("timeshift", "timeshift"),
            Number("original_percentage", "originalPercentage"), Text("profile_json", "profileJson"), Integer("utc_offset", "utcOffset").Within(-720, 840, "minutes"),
            TreatmentGlucose.Unit, TreatmentGlucose.Evidence),
    ], "rate"); // "offset" of old uploaders

    public static readonly WarehouseTables DeviceStatus = new("devicestatus", AllowList.DeviceStatus.Fields,
    [
        new("device_status", "id", [],
            Text("device", "device"), Text("pump_id", "pump.pumpID"), Flag("pump_bolusing", "pump.bolusing", "pump.status.bolusing"),
            Flag("pump_suspended", "pump.suspended", "pump.status.suspended"), Text("pump_model", "pump.model"), Number("loop_cob", "loop.cob.cob").Within(-1, 1000, "g"), Number("loop_iob", "loop.iob.iob").Within(-300, 300, "U"),
            Text("loop_version", "loop.version"), Text("loop_failure_reason", "loop.failureReason"), Text("snooze", "snooze"), Flag("override_active", "override.active"),
            Time("created_at", "created_at", "date", "mills"), Integer("utc_offset", "utcOffset").Within(-720, 840, "minutes")),
        new("device_status_metrics", "device_status_id", ["openaps"],
            Number("iob_iob", "openaps.iob.iob").Within(-300, 300, "U"), Number("iob_activity", "openaps.iob.activity"), Number("iob_basal_iob", "openaps.iob.basaliob").Within(-300, 300, "U"), Number("iob_bolus_iob", "openaps.iob.bolusiob").Within(-300, 300, "U"),
            Number("iob_net_basal_insulin", "openaps.iob.netbasalinsulin").Within(-300, 300, "U"), Number("iob_bolus_insulin", "openaps.iob.bolusinsulin").Within(-300, 300, "U"),
            Time("iob_timestamp", "openaps.iob.timestamp", "openaps.iob.time"),
            Text("suggested_temp", "openaps.suggested.temp"), Number("suggested_bg", "openaps.suggested.bg").Within(0, 1000, "mg/dL"), Text("suggested_tick", "openaps.suggested.tick"),
            Number("suggested_eventual_bg", "openaps.suggested.eventualBG"), Number("suggested_insulin_req", "openaps.suggested.insulinReq").Within(-300, 300, "U"),
            Number("suggested_reservoir", "openaps.suggested.reservoir").Within(0, 1000, "U"), Number("suggested_cob", "openaps.suggested.COB").Within(-1, 1000, "g"), Number("suggested_iob", "openaps.suggested.IOB").Within(-300, 300, "U"),
            Text("enacted_temp", "openaps.enacted.temp"), Number("enacted_bg", "openaps.enacted.bg").Within(0, 1000, "mg/dL"), Text("enacted_tick", "openaps.enacted.tick"),
            Number("enacted_eventual_bg", "openaps.enacted.eventualBG"), Number("enacted_insulin_req", "openaps.enacted.insulinReq").Within(-300, 300, "U"), Text("enacted_reservoir", "openaps.enacted.reservoir"),
            Number("enacted_cob", "openaps.enacted.COB").Within(-1, 1000, "g"), Number("enacted_iob", "openaps.enacted.IOB").Within(-300, 300, "U"), Number("enacted_duration", "openaps.enacted.duration").Within(0, 1440, "minutes"),
            Number("enacted_rate", "openaps.enacted.rate").Within(0, 100, "U/h"), Time("enacted_timestamp", "openaps.enacted.timestamp"), Time("created_at", "created_at", "date", "mills")),
        AidCycle.Table,
    ], "loop.failureReason", "openaps.enacted.timestamp"); // errors of Loop that are none of the known; "false" when nothing was enacted

    public static readonly WarehouseTables Profile = new("profile", AllowList.Profile.Fields,
    [
        new("profile", "id", [],
            Text("default_profile", "defaultProfile"), Integer("mills", "mills"), Text("units", "units"), Time("start_date", "startDate") with { HasAnyTime = true },
            Time("created_at", "created_at", "startDate", "mills") with { HasAnyTime = true }), // 1970 is how Nightscout writes "since ever"
    ]);

    public static readonly IReadOnlyList<WarehouseTables> All = [Entries, Treatments, DeviceStatus, Profile];

    /// <summary>Paths that columns take their values from, and <c>isValid</c>: the slots of the allow-list.</summary>
    public IReadOnlyList<string> Paths { get; } =
        [.. Tables.SelectMany(table => table.Columns.SelectMany(column => column.Paths).Concat(table.Present)).Append("isValid").Distinct()];

    /// <summary>The column, in all of its tables, that tells the day of a record.</summary>
    public string Time => Collection == "entries" ? "date" : "created_at";

    public static WarehouseTables Of(string collection) => All.Single(tables => tables.Collection == collection);
}
