namespace OpenHumansEtl.AllowList;

/// <summary>The words that Nightscout and its uploaders use; a text that is none of them may be anything and is dropped.</summary>
static class Words
{
    public static readonly Rule Units = Rule.OneOf("mg/dl", "mmol", "mmol/l");

    public static readonly Rule EntryType = Rule.OneOf("sgv", "mbg", "cal", "pumpdata", "etc");

    /// <summary>Direction of change; trend as text is the same list.</summary>
    public static readonly Rule Direction = Rule.OneOf("TripleUp", "DoubleUp", "SingleUp", "FortyFiveUp", "Flat", "FortyFiveDown", "SingleDown", "DoubleDown", "TripleDown",
        "NONE", "NOT COMPUTABLE", "NOT_COMPUTABLE", "NotComputable", "RATE OUT OF RANGE", "RateOutOfRange", "OUT_OF_RANGE",
        "⇈", "↑", "↗", "→", "↘", "↓", "⇊", "↗︎", "↘︎", "↑↑", "↓↓", "↑↑↑", "↓↓↓", "-", "--");

    /// <summary>Nightscout's care portal, and what loops and uploaders write besides.</summary>
    public static readonly Rule EventType = Rule.OneOf("<none>", "BG Check", "Snack Bolus", "Meal Bolus", "Correction Bolus", "Carb Correction", "Combo Bolus", "Bolus", "SMB",
        "Bolus Wizard", "Carbs", "External Insulin", "Announcement", "Note", "Question", "Exercise", "Site Change", "Sensor Start", "Sensor Change", "Sensor Stop", "Pump Battery Change",
        "Insulin Change", "Insulin Cartridge Change", "Insulin Reservoir Change", "Temp Basal", "Temp Basal Start", "Temp Basal End", "Profile Switch", "Effective Profile Switch",
        "D.A.D. Alert", "Temporary Target", "Temporary Target Cancel", "Temporary Override", "Temporary Override Cancel", "Remote Carbs Entry", "Remote Bolus Entry",
        "Remote Override", "OpenAPS Offline", "Suspend Pump", "Resume Pump", "Suspend", "Resume", "Prime", "Basal Injection", "TBR", "Nightscout", "Pump Event", "Blood Glucose", "APS Offline");

    public static readonly Rule GlucoseType = Rule.OneOf("Sensor", "Finger", "Manual", "BG", "CGM");

    public static readonly Rule Temp = Rule.OneOf("absolute", "percent", "%");

    public static readonly Rule BolusType = Rule.OneOf("normal", "SMB", "square", "dual", "dual wave", "extended", "PRIMING", "Correction", "Meal", "External", "superbolus",
        "NORMAL_TEMP", "EMULATED_PUMP_SUSPEND", "PUMP_SUSPEND", "FAKE_EXTENDED", "TempBasal", "TempBasalDuration", "Bolus", "BolusWizard", "JournalEntryMealMarker", "CalBGForPH",
        "BGReceived", "Rewind", "Prime", "PumpSuspend", "PumpResume", "automatic");

    public static readonly Rule InsulinType = Rule.OneOf("Novolog", "NovoRapid", "Humalog", "Fiasp", "Lyumjev", "Apidra", "Admelog", "Insulin Aspart", "Insulin Lispro", "Afrezza", "Tresiba",
        "Lantus", "Levemir", "Toujeo", "Basaglar");

    public static readonly Rule PumpStatus = Rule.OneOf("normal", "bolusing", "suspended", "busy", "error", "low", "Closed Loop", "Open Loop", "Disconnected", "LGS", "Loop disabled");

    /// <summary>Cases of Loop's error type; the details behind them are dropped.</summary>
    public static readonly Rule LoopFailure = Rule.OneOf("bluetoothDisabled", "configurationError", "connectionError", "missingDataError", "glucoseTooOld", "invalidFutureGlucose", "pumpDataTooOld",
        "pumpInoperable", "recommendationExpired", "pumpSuspended", "pumpManagerError", "loopInProgress", "invalidData", "unknownError").BeforeBracket();

    public static readonly Rule PumpMaker = Rule.OneOf("Medtronic", "Minimed", "Insulet", "Omnipod", "Omnipod-Dash", "Dana", "DanaR", "DanaRS", "Dana-i", "SOOIL", "Roche", "Accu-Chek", "Combo", "Insight",
        "Medtrum", "Nano", "Ypsomed", "YpsoPump", "Tandem", "Animas", "Diaconn", "Equil", "Virtual Pump", "Eros", "Dash", "Simulator", "Eversense");

    public static readonly Rule PumpModel = Rule.OneOf("508", "511", "512", "515", "522", "523", "530", "540", "551", "554", "712", "715", "722", "723", "730", "740", "751", "754", "640G", "670G", "770G", "780G",
        "Eros", "Dash", "Omnipod", "DanaRS", "Dana-i", "DanaR", "Nano", "Virtual Pump", "Simulator", "300U", "200U");

    public static readonly Rule Snooze = Rule.OneOf("low", "high", "urgent", "none");
}
