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
        new("entries", "id", null,
            Number("sgv", "sgv"), Text("direction", "direction"), Text("device", "device"), Text("type", "type"), Number("rssi", "rssi"), Number("rawbg", "rawbg"),
            Text("trend", "trend", "trend_arrow"), Number("glucose", "glucose"), Number("mbg", "mbg"), Number("delta", "delta"), Number("filtered", "filtered"),
            Number("unfiltered", "unfiltered"), Number("noise", "noise"), Number("scale", "scale"), Number("slope", "slope"), Number("intercept", "intercept"),
            Text("system_time", "system_time", "sysTime", "systime"), Time("date", "date", "mills", "dateString", "sysTime"), Text("date_string", "dateString")),
    ], "noise"); // "Clean", "Light", … of old uploaders

    public static readonly WarehouseTables Treatments = new("treatments", AllowList.Treatments.Fields,
    [
        new("treatments", "id", null,
            Text("event_type", "eventType"), Time("timestamp", "timestamp") with { ZeroIsNone = true }, Number("insulin", "insulin"), Number("carbs", "carbs"), Number("protein", "protein"), Number("fat", "fat"),
            Number("glucose", "glucose"), Text("glucose_type", "glucoseType"), Text("food_type"), Text("temp", "temp"), Number("rate", "rate"), Number("duration", "duration"),
            Text("units", "units"), Number("amount", "amount"), Number("absolute", "absolute"), Text("medtronic", "medtronic"), Text("type", "type"),
            Number("absorption_time", "absorptionTime"), Number("unabsorbed", "unabsorbed"), Number("ratio", "ratio"), Number("target_top", "targetTop"),
            Number("target_bottom", "targetBottom"), Number("fixed", "fixed"), Text("programmed", "programmed"), Text("reason"), Text("notes"), Text("entered_by", "enteredBy"),
            Time("created_at", "created_at", "timestamp", "date", "mills")),
    ], "rate"); // "offset" of old uploaders

    public static readonly WarehouseTables DeviceStatus = new("devicestatus", AllowList.DeviceStatus.Fields,
    [
        new("device_status", "id", null,
            Text("device", "device"), Text("pump_id", "pump.pumpID"), Flag("pump_bolusing", "pump.bolusing", "pump.status.bolusing"),
            Flag("pump_suspended", "pump.suspended", "pump.status.suspended"), Text("pump_model", "pump.model"), Number("loop_cob", "loop.cob.cob"), Number("loop_iob", "loop.iob.iob"),
            Text("loop_version", "loop.version"), Text("loop_failure_reason", "loop.failureReason"), Text("snooze", "snooze"), Flag("override_active", "override.active"),
            Time("created_at", "created_at", "date", "mills")),
        new("device_status_metrics", "device_status_id", "openaps",
            Number("iob_iob", "openaps.iob.iob"), Number("iob_activity", "openaps.iob.activity"), Number("iob_basal_iob", "openaps.iob.basaliob"), Number("iob_bolus_iob", "openaps.iob.bolusiob"),
            Number("iob_net_basal_insulin", "openaps.iob.netbasalinsulin"), Number("iob_bolus_insulin", "openaps.iob.bolusinsulin"),
            Time("iob_timestamp", "openaps.iob.timestamp", "openaps.iob.time"),
            Text("suggested_temp", "openaps.suggested.temp"), Number("suggested_bg", "openaps.suggested.bg"), Text("suggested_tick", "openaps.suggested.tick"),
            Number("suggested_eventual_bg", "openaps.suggested.eventualBG"), Number("suggested_insulin_req", "openaps.suggested.insulinReq"),
            Number("suggested_reservoir", "openaps.suggested.reservoir"), Number("suggested_cob", "openaps.suggested.COB"), Number("suggested_iob", "openaps.suggested.IOB"),
            Text("enacted_temp", "openaps.enacted.temp"), Number("enacted_bg", "openaps.enacted.bg"), Text("enacted_tick", "openaps.enacted.tick"),
            Number("enacted_eventual_bg", "openaps.enacted.eventualBG"), Number("enacted_insulin_req", "openaps.enacted.insulinReq"), Text("enacted_reservoir", "openaps.enacted.reservoir"),
            Number("enacted_cob", "openaps.enacted.COB"), Number("enacted_iob", "openaps.enacted.IOB"), Number("enacted_duration", "openaps.enacted.duration"),
            Number("enacted_rate", "openaps.enacted.rate"), Time("enacted_timestamp", "openaps.enacted.timestamp"), Time("created_at", "created_at", "date", "mills")),
    ], "loop.failureReason", "openaps.enacted.timestamp"); // text behind Loop's error; "false" when nothing was enacted

    public static readonly WarehouseTables Profile = new("profile", AllowList.Profile.Fields,
    [
        new("profile", "id", null,
            Text("default_profile", "defaultProfile"), Integer("mills", "mills"), Text("units", "units"), Time("start_date", "startDate"),
            Time("created_at", "created_at", "startDate", "mills")),
    ]);

    public static readonly IReadOnlyList<WarehouseTables> All = [Entries, Treatments, DeviceStatus, Profile];

    /// <summary>Paths that columns take their values from, and <c>isValid</c>: the slots of the allow-list.</summary>
    public IReadOnlyList<string> Paths { get; } =
        [.. Tables.SelectMany(table => table.Columns.SelectMany(column => column.Paths).Concat(table.Present is null ? [] : [table.Present])).Append("isValid").Distinct()];

    public static WarehouseTables Of(string collection) => All.Single(tables => tables.Collection == collection);
}
