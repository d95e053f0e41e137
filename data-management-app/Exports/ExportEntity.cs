namespace DataManagementApp.Exports;

/// <summary>A file of an export: a view of schema research, one row a record.</summary>
/// <param name="Name">Of the view, and in file names.</param>
/// <param name="Collection">What record codes are computed for.</param>
/// <param name="Id">Column that holds the record's identifier; exported as a code.</param>
/// <param name="Time">Column that dates choose by.</param>
/// <param name="Columns">Exported after participant and record, as they are, in the view's order.</param>
public sealed record ExportEntity(string Name, string Collection, string Id, string Time, params string[] Columns)
{
    static readonly ExportEntity Entries = new("entries", "entries", "id", "date",
        "sgv", "direction", "device", "type", "rssi", "rawbg", "trend", "glucose", "mbg", "delta", "filtered", "unfiltered", "noise", "scale", "slope", "intercept",
        "system_time", "date", "date_string", "source_entity",
        "sgv_mgdl", "mbg_mgdl", "glucose_unit", "glucose_unit_evidence");

    static readonly ExportEntity Treatments = new("treatments", "treatments", "id", "created_at",
        "event_type", "timestamp", "insulin", "carbs", "protein", "fat", "glucose", "glucose_type", "food_type", "temp", "rate", "duration", "units", "amount", "absolute", "medtronic",
        "type", "absorption_time", "unabsorbed", "ratio", "target_top", "target_bottom", "fixed", "programmed", "reason", "notes", "entered_by", "created_at", "source_entity",
        "glucose_mgdl", "target_top_mgdl", "target_bottom_mgdl", "glucose_unit", "glucose_unit_evidence");

    static readonly ExportEntity DeviceStatus = new("device_status", "devicestatus", "id", "created_at",
        "device", "pump_id", "pump_bolusing", "pump_suspended", "pump_model", "loop_cob", "loop_iob", "loop_version", "loop_failure_reason", "snooze", "override_active", "created_at", "source_entity");

    static readonly ExportEntity DeviceStatusMetrics = new("device_status_metrics", "devicestatus", "device_status_id", "created_at",
        "iob_iob", "iob_activity", "iob_basal_iob", "iob_bolus_iob", "iob_net_basal_insulin", "iob_bolus_insulin", "iob_timestamp", "suggested_temp", "suggested_bg", "suggested_tick",
        "suggested_eventual_bg", "suggested_insulin_req", "suggested_reservoir", "suggested_cob", "suggested_iob", "enacted_temp", "enacted_bg", "enacted_tick", "enacted_eventual_bg",
        "enacted_insulin_req", "enacted_reservoir", "enacted_cob", "enacted_iob", "enacted_duration", "enacted_rate", "enacted_timestamp", "created_at", "source_entity");

    static readonly ExportEntity Profile = new("profile", "profile", "id", "created_at",
        "default_profile", "mills", "units", "start_date", "created_at", "source_entity");

    /// <summary>What can be chosen, and the files each choice gives.</summary>
    public static readonly IReadOnlyDictionary<string, ExportEntity[]> Choices = new Dictionary<string, ExportEntity[]>
    {
        ["all"] = [Entries, Treatments, DeviceStatus, DeviceStatusMetrics, Profile],
        ["entries"] = [Entries],
        ["treatments"] = [Treatments],
        ["device_status"] = [DeviceStatus, DeviceStatusMetrics],
        ["profile"] = [Profile],
    };

    /// <summary>Rows of one participant between two times, in the order of the index that finds them.</summary>
    public string Query { get; } = $"""
        select {Id}, {string.Join(", ", Columns.Select(column => $"\"{column}\""))}
          from research.{Name}
         where participant_id = $1 and {Time} >= $2 and {Time} < $3
         order by participant_id, {Time}
        """;
}
