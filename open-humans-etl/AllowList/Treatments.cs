using static OpenHumansEtl.AllowList.Field;

namespace OpenHumansEtl.AllowList;

/// <summary>Notes, reasons, foods, profile names and JSON inside text (but for a profile's schedules) are not on the list: people type into them.</summary>
static class Treatments
{
    /// <summary>Which of oref0's formatters made the treatment.</summary>
    static readonly Rule Medtronic = Rule.OneOf([.. ((string[])["Temp Basal", "Temp Basal Start", "Temp Basal End", "Bolus", "Bolus Wizard", "Meal Bolus", "Correction Bolus", "Snack Bolus",
        "Carb Correction", "PumpSuspend", "PumpResume", "Suspend Pump", "Resume Pump", "Prime", "Rewind", "BG Check", "Site Change", "Note"])
        .Select(kind => $"mm://openaps/mm-format-ns-treatments/{kind}")]);

    public static Field Fields() => Group("",
    [
        .. Times("created_at", "timestamp", "date", "mills", "eventTime", "userEnteredAt", "userLastModifiedAt", "srvCreated", "srvModified", "started_at"),
        new("eventType", Words.EventType),
        .. Numbers("insulin", "carbs", "protein", "fat", "fiber", "glucose", "duration", "durationInMilliseconds", "absolute", "rate", "percent", "amount", "programmed",
            "unabsorbed", "absorptionTime", "targetTop", "targetBottom", "correctionRange", "insulinNeedsScaleFactor", "ratio", "fixed", "preBolus", "splitNow", "splitExt",
            "relative", "utcOffset", "percentage", "timeshift", "originalDuration", "originalPercentage", "originalTimeshift", "enteredinsulin", "boluscalcIOB", "carbRatio",
            "insulinSensitivity", "CircadianPercentageProfile", "rapid", "long", "DIA", "peak"),
        new("glucoseType", Words.GlucoseType),
        new("units", Words.Units),
        new("temp", Words.Temp),
        new("type", Words.BolusType),
        new("insulinType", Words.InsulinType),
        new("durationType", Rule.OneOf("indefinite", "finite")),
        new("medtronic", Medtronic),
        new("enteredBy", Rule.Name),
        new("device", Rule.Name),
        new("app", Rule.Name),
        .. Codes("identifier", "syncIdentifier", "uuid", "id", "NSCLIENT_ID", "pumpId", "pumpSerial", "profile", "originalProfileName", "bolusId", "endId"),
        new("profileJson", Profile.Json),
        new("pumpType", Words.PumpMaker),
        .. Flags("isValid", "isReadOnly", "isSMB", "isBasalInsulin", "isFakeExtended", "isEmulatingTempBasal", "automatic", "isAnnouncement", "cutting"),
        Group("raw_duration", PumpRecord()), Group("raw_rate", PumpRecord()), Group("bolus", PumpRecord()), Group("wizard", PumpRecord()),
        Group("boluscalc", [.. Numbers("target_low", "target_high", "iob", "bolusiob", "basaliob", "bg", "insulin", "carbs", "foodcarbs", "gi", "insulinbg", "insulinbgused",
            "bgdiff", "insulincarbs", "carbsused", "ic", "cob", "insulincob", "cobused", "othercorrection", "insulintrend", "isf", "trend", "iobused", "percentageCorrection", "diffcarbs"),
            .. Flags("wizard", "superbolusused", "trendused", "ttused", "bolusiobused", "basaliobused")]),
    ]);

    /// <summary>A record of the pump's history as oref0 copies it into a treatment.</summary>
    static Field[] PumpRecord() =>
    [
        .. Times("timestamp", "date", "started_at"),
        new("_type", Words.BolusType),
        new("type", Words.BolusType),
        new("temp", Words.Temp),
        .. Numbers("amount", "programmed", "unabsorbed", "duration", "duration (min)", "rate", "raw_rate", "carb_input", "bg", "bg_input", "food_estimate", "correction_estimate",
            "bolus_estimate", "unabsorbed_insulin_total", "unabsorbed_insulin_count", "carb_ratio", "sensitivity", "bg_target_low", "bg_target_high", "ratio"),
    ];
}
