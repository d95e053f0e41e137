namespace Sandbox.Check;

/// <summary>The typed tables and what fills each column: docs/deidentification.md, types from db/migrations/0004_openaps.sql, limits from the comments of 0016.</summary>
static class Tables
{
    static readonly string[] OfDeviceStatus = ["created_at", "date", "mills"];

    public static readonly Table Entries = new("entries", Collection.Entries, "id", "date", null,
        Column.Number("sgv", "sgv").Within(0, 1000),
        Column.Text("direction", "direction"),
        new("device", ColumnType.Name, "device"),
        Column.Text("type", "type"),
        Column.Number("rssi", "rssi"),
        Column.Number("rawbg", "rawbg"),
        Column.Text("trend", "trend", "trend_arrow"),
        Column.Number("glucose", "glucose").Within(0, 1000),
        Column.Number("mbg", "mbg").Within(0, 1000),
        Column.Number("delta", "delta").Within(-1000, 1000),
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
        Column.Number("insulin", "insulin").Within(0, 300),
        Column.Number("carbs", "carbs").Within(-1000, 1000),
        Column.Number("protein", "protein").Within(0, 1000),
        Column.Number("fat", "fat").Within(0, 1000),
        Column.Number("glucose", "glucose").Within(0, 1000),
        Column.Text("glucose_type", "glucoseType"),
        new("food_type", ColumnType.Nothing),
        Column.Text("temp", "temp"),
        Column.Number("rate", "rate").Within(0, 1000),
        Column.Number("duration", "duration").Within(0, 525600),
        Column.Text("units", "units"),
        Column.Number("amount", "amount").Within(0, 1000),
        Column.Number("absolute", "absolute").Within(0, 100),
        Column.Text("medtronic", "medtronic"),
        Column.Text("type", "type"),
        Column.Number("absorption_time", "absorptionTime").Within(0, 1440),
        Column.Number("unabsorbed", "unabsorbed").Within(0, 300),
        Column.Number("ratio", "ratio"),
        Column.Number("target_top", "targetTop").Within(0, 1000),
        Column.Number("target_bottom", "targetBottom").Within(0, 1000),
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
        Column.Number("loop_cob", "loop.cob.cob").Within(-1, 1000),
        Column.Number("loop_iob", "loop.iob.iob").Within(-300, 300),
        Column.Text("loop_version", "loop.version"),
        Column.Text("loop_failure_reason", "loop.failureReason"),
        Column.Text("snooze", "snooze"),
        Column.Bool("override_active", "override.active"),
        Column.Time("created_at", OfDeviceStatus));

    public static readonly Table Metrics = new("device_status_metrics", Collection.DeviceStatus, "device_status_id", "created_at", "openaps",
        Column.Number("iob_iob", "openaps.iob.iob").Within(-300, 300),
        Column.Number("iob_activity", "openaps.iob.activity"),
        Column.Number("iob_basal_iob", "openaps.iob.basaliob").Within(-300, 300),
        Column.Number("iob_bolus_iob", "openaps.iob.bolusiob").Within(-300, 300),
        Column.Number("iob_net_basal_insulin", "openaps.iob.netbasalinsulin").Within(-300, 300),
        Column.Number("iob_bolus_insulin", "openaps.iob.bolusinsulin").Within(-300, 300),
        Column.Time("iob_timestamp", "openaps.iob.timestamp", "openaps.iob.time"),
        Column.Text("suggested_temp", "openaps.suggested.temp"),
        Column.Number("suggested_bg", "openaps.suggested.bg").Within(0, 1000),
        Column.Text("suggested_tick", "openaps.suggested.tick"),
        Column.Number("suggested_eventual_bg", "openaps.suggested.eventualBG"),
        Column.Number("suggested_insulin_req", "openaps.suggested.insulinReq").Within(-300, 300),
        Column.Number("suggested_reservoir", "openaps.suggested.reservoir").Within(0, 1000),
        Column.Number("suggested_cob", "openaps.suggested.COB").Within(-1, 1000),
        Column.Number("suggested_iob", "openaps.suggested.IOB").Within(-300, 300),
        Column.Text("enacted_temp", "openaps.enacted.temp"),
        Column.Number("enacted_bg", "openaps.enacted.bg").Within(0, 1000),
        Column.Text("enacted_tick", "openaps.enacted.tick"),
        Column.Number("enacted_eventual_bg", "openaps.enacted.eventualBG"),
        Column.Number("enacted_insulin_req", "openaps.enacted.insulinReq").Within(-300, 300),
        Column.Text("enacted_reservoir", "openaps.enacted.reservoir"),
        Column.Number("enacted_cob", "openaps.enacted.COB").Within(-1, 1000),
        Column.Number("enacted_iob", "openaps.enacted.IOB").Within(-300, 300),
        Column.Number("enacted_duration", "openaps.enacted.duration").Within(0, 1440),
        Column.Number("enacted_rate", "openaps.enacted.rate").Within(0, 100),
        Column.Time("enacted_timestamp", "openaps.enacted.timestamp"),
        Column.Time("created_at", OfDeviceStatus));

    public static readonly Table Profile = new("profile", Collection.Profile, "id", "created_at", null,
        new("default_profile", ColumnType.Pseudonym, "defaultProfile"),
        new("mills", ColumnType.Whole, "mills"),
        Column.Text("units", "units"),
        Column.Time("start_date", "startDate") with { HasAnyTime = true },
        Column.Time("created_at", "created_at", "startDate", "mills") with { HasAnyTime = true });

    public static readonly Table[] All = [Entries, Treatments, DeviceStatus, Metrics, Profile];

    /// <summary>The tables that hold the rows of one record of the collection.</summary>
    public static Table[] Of(Collection collection) => Array.FindAll(All, table => table.Collection == collection);
}
