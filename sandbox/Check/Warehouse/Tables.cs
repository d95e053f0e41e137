namespace Sandbox.Check;

/// <summary>The typed tables and what fills each column: docs/deidentification.md, types from db/migrations/0004_openaps.sql.</summary>
static class Tables
{
    static readonly string[] OfDeviceStatus = ["created_at", "date", "mills"];

    public static readonly Table Entries = new("entries", Collection.Entries, "id", "date", null,
        Column.Number("sgv", "sgv"),
        Column.Text("direction", "direction"),
        new("device", ColumnType.Name, "device"),
        Column.Text("type", "type"),
        Column.Number("rssi", "rssi"),
        Column.Number("rawbg", "rawbg"),
        Column.Text("trend", "trend", "trend_arrow"),
        Column.Number("glucose", "glucose"),
        Column.Number("mbg", "mbg"),
        Column.Number("delta", "delta"),
        Column.Number("filtered", "filtered"),
        Column.Number("unfiltered", "unfiltered"),
        Column.Number("noise", "noise"),
        Column.Number("scale", "scale"),
        Column.Number("slope", "slope"),
        Column.Number("intercept", "intercept"),
        Column.Text("system_time", "system_time", "sysTime", "systime"),
        Column.Time("date", "date", "mills", "dateString", "sysTime"),
        Column.Text("date_string", "dateString"));

    public static readonly Table Treatments = new("treatments", Collection.Treatments, "id", "created_at", null,
        Column.Text("event_type", "eventType"),
        Column.Time("timestamp", "timestamp") with { ZeroMeansNone = true },
        Column.Number("insulin", "insulin"),
        Column.Number("carbs", "carbs"),
        Column.Number("protein", "protein"),
        Column.Number("fat", "fat"),
        Column.Number("glucose", "glucose"),
        Column.Text("glucose_type", "glucoseType"),
        new("food_type", ColumnType.Nothing),
        Column.Text("temp", "temp"),
        Column.Number("rate", "rate"),
        Column.Number("duration", "duration"),
        Column.Text("units", "units"),
        Column.Number("amount", "amount"),
        Column.Number("absolute", "absolute"),
        Column.Text("medtronic", "medtronic"),
        Column.Text("type", "type"),
        Column.Number("absorption_time", "absorptionTime"),
        Column.Number("unabsorbed", "unabsorbed"),
        Column.Number("ratio", "ratio"),
        Column.Number("target_top", "targetTop"),
        Column.Number("target_bottom", "targetBottom"),
        Column.Number("fixed", "fixed"),
        Column.Text("programmed", "programmed"),
        new("reason", ColumnType.Nothing),
        new("notes", ColumnType.Nothing),
        new("entered_by", ColumnType.Name, "enteredBy"),
        Column.Time("created_at", "created_at", "timestamp", "date", "mills"));

    public static readonly Table DeviceStatus = new("device_status", Collection.DeviceStatus, "id", "created_at", null,
        new("device", ColumnType.Name, "device"),
        new("pump_id", ColumnType.Pseudonym, "pump.pumpID"),
        Column.Bool("pump_bolusing", "pump.bolusing", "pump.status.bolusing"),
        Column.Bool("pump_suspended", "pump.suspended", "pump.status.suspended"),
        Column.Text("pump_model", "pump.model"),
        Column.Number("loop_cob", "loop.cob.cob"),
        Column.Number("loop_iob", "loop.iob.iob"),
        Column.Text("loop_version", "loop.version"),
        Column.Text("loop_failure_reason", "loop.failureReason"),
        Column.Text("snooze", "snooze"),
        Column.Bool("override_active", "override.active"),
        Column.Time("created_at", OfDeviceStatus));

    public static readonly Table Metrics = new("device_status_metrics", Collection.DeviceStatus, "device_status_id", "created_at", "openaps",
        Column.Number("iob_iob", "openaps.iob.iob"),
        Column.Number("iob_activity", "openaps.iob.activity"),
        Column.Number("iob_basal_iob", "openaps.iob.basaliob"),
        Column.Number("iob_bolus_iob", "openaps.iob.bolusiob"),
        Column.Number("iob_net_basal_insulin", "openaps.iob.netbasalinsulin"),
        Column.Number("iob_bolus_insulin", "openaps.iob.bolusinsulin"),
        Column.Time("iob_timestamp", "openaps.iob.timestamp", "openaps.iob.time"),
        Column.Text("suggested_temp", "openaps.suggested.temp"),
        Column.Number("suggested_bg", "openaps.suggested.bg"),
        Column.Text("suggested_tick", "openaps.suggested.tick"),
        Column.Number("suggested_eventual_bg", "openaps.suggested.eventualBG"),
        Column.Number("suggested_insulin_req", "openaps.suggested.insulinReq"),
        Column.Number("suggested_reservoir", "openaps.suggested.reservoir"),
        Column.Number("suggested_cob", "openaps.suggested.COB"),
        Column.Number("suggested_iob", "openaps.suggested.IOB"),
        Column.Text("enacted_temp", "openaps.enacted.temp"),
        Column.Number("enacted_bg", "openaps.enacted.bg"),
        Column.Text("enacted_tick", "openaps.enacted.tick"),
        Column.Number("enacted_eventual_bg", "openaps.enacted.eventualBG"),
        Column.Number("enacted_insulin_req", "openaps.enacted.insulinReq"),
        Column.Text("enacted_reservoir", "openaps.enacted.reservoir"),
        Column.Number("enacted_cob", "openaps.enacted.COB"),
        Column.Number("enacted_iob", "openaps.enacted.IOB"),
        Column.Number("enacted_duration", "openaps.enacted.duration"),
        Column.Number("enacted_rate", "openaps.enacted.rate"),
        Column.Time("enacted_timestamp", "openaps.enacted.timestamp"),
        Column.Time("created_at", OfDeviceStatus));

    public static readonly Table Profile = new("profile", Collection.Profile, "id", "created_at", null,
        new("default_profile", ColumnType.Pseudonym, "defaultProfile"),
        new("mills", ColumnType.Whole, "mills"),
        Column.Text("units", "units"),
        Column.Time("start_date", "startDate"),
        Column.Time("created_at", "created_at", "startDate", "mills"));

    public static readonly Table[] All = [Entries, Treatments, DeviceStatus, Metrics, Profile];

    /// <summary>The tables that hold the rows of one record of the collection.</summary>
    public static Table[] Of(Collection collection) => Array.FindAll(All, table => table.Collection == collection);
}
