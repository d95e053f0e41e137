using System.Globalization;

namespace DataManagementApp.Exports;

/// <summary>How dates choose rows.</summary>
public enum Dates
{
    /// <summary>By an instant, in UTC.</summary>
    Time,

    /// <summary>By the participant's own day.</summary>
    LocalDay,

    /// <summary>What was in force on a day: also the newest that began before the first.</summary>
    InForce,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>A file of an export: a view of schema research, one row a record.</summary>
/// <param name="Name">In file names; also that of the view, unless <see cref="View"/> says otherwise.</param>
/// <param name="Collection">What record codes are computed for; null: its rows are no records and have no code.</param>
/// <param name="Id">Column that holds the record's identifier; exported as a code.</param>
/// <param name="Time">Column that dates choose by, and rows are sorted by.</param>
/// <param name="Columns">Exported after participant and record, as they are, in the view's order.</param>
public sealed record ExportEntity(string Name, string? Collection, string? Id, string Time, params string[] Columns)
{
    static readonly ExportEntity Entries = new("entries", "entries", "id", "date",
        "sgv", "direction", "device", "type", "rssi", "rawbg", "trend", "glucose", "mbg", "delta", "filtered", "unfiltered", "noise", "scale", "slope", "intercept",
        "system_time", "date", "date_string", "source_entity",
        "sgv_mgdl", "mbg_mgdl", "glucose_unit", "glucose_unit_evidence")
    { HasRaw = true };

    static readonly ExportEntity Treatments = new("treatments", "treatments", "id", "created_at",
        "event_type", "timestamp", "insulin", "carbs", "protein", "fat", "glucose", "glucose_type", "food_type", "temp", "rate", "duration", "units", "amount", "absolute", "medtronic",
        "type", "absorption_time", "unabsorbed", "ratio", "target_top", "target_bottom", "fixed", "programmed", "reason", "notes", "entered_by", "created_at", "source_entity",
        "glucose_mgdl", "target_top_mgdl", "target_bottom_mgdl", "glucose_unit", "glucose_unit_evidence")
    { HasRaw = true };

    static readonly ExportEntity DeviceStatus = new("device_status", "devicestatus", "id", "created_at",
        "device", "pump_id", "pump_bolusing", "pump_suspended", "pump_model", "loop_cob", "loop_iob", "loop_version", "loop_failure_reason", "snooze", "override_active", "created_at", "source_entity")
    { HasRaw = true };

    static readonly ExportEntity DeviceStatusMetrics = new("device_status_metrics", "devicestatus", "device_status_id", "created_at",
        "iob_iob", "iob_activity", "iob_basal_iob", "iob_bolus_iob", "iob_net_basal_insulin", "iob_bolus_insulin", "iob_timestamp", "suggested_temp", "suggested_bg", "suggested_tick",
        "suggested_eventual_bg", "suggested_insulin_req", "suggested_reservoir", "suggested_cob", "suggested_iob", "enacted_temp", "enacted_bg", "enacted_tick", "enacted_eventual_bg",
        "enacted_insulin_req", "enacted_reservoir", "enacted_cob", "enacted_iob", "enacted_duration", "enacted_rate", "enacted_timestamp", "created_at", "source_entity");

    static readonly ExportEntity Profile = new("profile", "profile", "id", "created_at",
        "default_profile", "mills", "units", "start_date", "created_at", "source_entity")
    { HasRaw = true };

    static readonly ExportEntity Demographics = new("demographics", null, null, "participant_id",
        "answered_year", "gender", "ethnicity", "country", "country_code", "diy_closed_loop_type", "who_uses_the_closed_loop_system", "cleaned_height_cm", "cleaned_weight_kg", "age_bracket",
        "years_since_diagnosed_bracket", "years_since_first_insulin_pump_bracket", "years_since_first_glucose_monitor_bracket", "years_since_first_diy_closed_loop_bracket",
        "insulin_units_per_day", "basal_insulin_units_per_day", "carb_grams_per_day", "last_lab_reported_a1c", "last_lab_reported_a1c_year", "source_entity")
    { View = "member_demographics", Dates = Dates.None };

    static readonly ExportEntity DailyMetrics = new("daily_metrics", null, null, "day",
        "day", "n", "covered_minutes", "covered_percent", "duplicates", "mean_mgdl", "sd_mgdl", "cv_percent", "min_mgdl", "max_mgdl", "very_low_percent", "low_percent", "in_range_percent",
        "high_percent", "very_high_percent", "tight_percent", "pregnancy_percent", "lbgi", "hbgi", "source_entity")
    { Dates = Dates.LocalDay };

    static readonly ExportEntity AidCycle = new("aid_cycle", "devicestatus", "device_status_id", "created_at",
        "controller", "controller_version", "suggested", "enacted", "enacted_at", "iob", "iob_source", "cob", "cob_source", "eventual_bg", "target", "isf", "cr", "dev", "bgi", "min_pred_bg",
        "min_guard_bg", "reason_unit", "reason_unit_evidence", "insulin_req", "sensitivity_ratio", "temp_basal_rate", "temp_basal_duration", "smb", "bolus_volume", "override_active",
        "override_multiplier", "failure", "reservoir", "max_iob", "max_cob", "autosens_min", "autosens_max", "max_smb_basal_minutes", "max_uam_smb_basal_minutes", "enable_uam",
        "enable_smb_always", "enable_smb_with_cob", "enable_smb_after_carbs", "dynamic_isf", "adjustment_factor", "insulin_curve", "created_at", "source_entity");

    static readonly ExportEntity AidDay = new("aid_day", null, null, "local_day",
        "local_day", "from_utc", "to_utc", "loop_type", "controllers", "controller_version", "settings", "cycles", "enacted", "smbs", "bolus_units", "smb_units", "basal_units", "total_units",
        "carbs", "basal_hours", "temp_basal_source", "source_entity")
    { Dates = Dates.LocalDay };

    static readonly ExportEntity TherapySetting = new("therapy_setting", null, null, "valid_from",
        "valid_from", "kind", "seconds", "value", "unit", "sent_value", "sent_unit", "unit_evidence", "timezone", "source", "source_entity")
    { Dates = Dates.InForce };

    /// <summary>What can be chosen, and the files each choice gives.</summary>
    public static readonly IReadOnlyDictionary<string, ExportEntity[]> Choices = new Dictionary<string, ExportEntity[]>
    {
        ["all"] = [Entries, Treatments, DeviceStatus, DeviceStatusMetrics, Profile, Demographics, DailyMetrics, AidCycle, AidDay, TherapySetting],
        ["entries"] = [Entries],
        ["treatments"] = [Treatments],
        ["device_status"] = [DeviceStatus, DeviceStatusMetrics],
        ["device_status_metrics"] = [DeviceStatusMetrics],
        ["profile"] = [Profile],
        ["demographics"] = [Demographics],
        ["daily_metrics"] = [DailyMetrics],
        ["aid_signals"] = [AidCycle, AidDay, TherapySetting],
    };

    /// <summary>In schema research.</summary>
    public string View { get; private init; } = Name;

    public Dates Dates { get; private init; } = Dates.Time;

    /// <summary>Its rows are the records of <see cref="Collection"/>, which can be had as they were sent.</summary>
    public bool HasRaw { get; private init; }

    /// <summary>In words, for people.</summary>
    public static string Title(string choice) => choice switch
    {
        "all" => "Everything",
        "entries" => "Entries (glucose)",
        "treatments" => "Treatments",
        "device_status" => "Device status and its metrics",
        "device_status_metrics" => "Metrics of device status",
        "profile" => "Profiles",
        "demographics" => "Demographics (brackets and years)",
        "daily_metrics" => "Daily metrics (glucose days)",
        "aid_signals" => "AID signals (cycles, days, therapy settings)",
        _ => choice,
    };

    /// <summary>Those of <see cref="Columns"/> that a request asks for.</summary>
    public string[] ColumnsOf(ExportRequest request)
    {
        var asked = Columns.Where(column => request.Columns.Contains($"{Name}.{column}")).ToArray();
        return asked.Length > 0 ? asked : Columns;
    }

    /// <summary>The columns as the database has them: the identifier first if there is one, then those asked for.</summary>
    public string Select(ExportRequest request) =>
        $"select {(Id is null ? "" : $"{Id}, ")}{string.Join(", ", ColumnsOf(request).Select(column => $"\"{column}\""))} from research.{View}";

    /// <summary>Rows of one participant, sorted as the index that finds them. COPY takes no parameters: what is written into it are numbers and days.</summary>
    public string Copy(ExportRequest request, long participantId)
    {
        var days = request is not { From: { } from, To: { } to } ? "" : Dates switch
        {
            Dates.Time => $" and {Time} >= '{Written(from)}Z'{Before(to)}",
            Dates.LocalDay => $" and {Time} >= '{Written(from)}' and {Time} <= '{Written(to)}'",
            Dates.InForce => $" and {Time} >= coalesce((select max({Time}) from research.{View} where participant_id = {participantId} and {Time} <= '{Written(from)}Z'), '-infinity'){Before(to)}",
            _ => "",
        };
        return $"copy ({Select(request)} where participant_id = {participantId}{days} order by participant_id, {Time}) to stdout";
    }

    string Before(DateOnly last) => last == DateOnly.MaxValue ? "" : $" and {Time} < '{Written(last.AddDays(1))}Z'";

    static string Written(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
