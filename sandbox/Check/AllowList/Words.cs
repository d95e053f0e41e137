namespace Sandbox.Check;

/// <summary>The words that may be written where free text could be: docs/deidentification.md.</summary>
static class Words
{
    public static readonly Kind Direction = Listed("""
        TripleUp, DoubleUp, SingleUp, FortyFiveUp, Flat, FortyFiveDown, SingleDown, DoubleDown, TripleDown, NONE, NOT COMPUTABLE, NOT_COMPUTABLE,
        NotComputable, RATE OUT OF RANGE, RateOutOfRange, OUT_OF_RANGE, ⇈, ↑, ↗, →, ↘, ↓, ⇊, ↗︎, ↘︎, ↑↑, ↓↓, ↑↑↑, ↓↓↓, -, --
        """);

    public static readonly Kind EntryType = Listed("sgv, mbg, cal, pumpdata, etc");

    public static readonly Kind Units = Listed("mg/dl, mmol, mmol/l");

    public static readonly Kind Temp = Listed("absolute, percent, %");

    public static readonly Kind DurationType = Listed("indefinite, finite");

    public static readonly Kind GlucoseType = Listed("Sensor, Finger, Manual, BG, CGM");

    public static readonly Kind EventType = Listed("""
        <none>, BG Check, Snack Bolus, Meal Bolus, Correction Bolus, Carb Correction, Combo Bolus, Bolus, SMB, Bolus Wizard, Carbs, External Insulin,
        Announcement, Note, Question, Exercise, Site Change, Sensor Start, Sensor Change, Sensor Stop, Pump Battery Change, Insulin Change,
        Insulin Cartridge Change, Insulin Reservoir Change, Temp Basal, Temp Basal Start, Temp Basal End, Profile Switch, Effective Profile Switch,
        D.A.D. Alert, Temporary Target, Temporary Target Cancel, Temporary Override, Temporary Override Cancel, Remote Carbs Entry, Remote Bolus Entry,
        Remote Override, OpenAPS Offline, Suspend Pump, Resume Pump, Suspend, Resume, Prime, Basal Injection, TBR, Nightscout, Pump Event,
        Blood Glucose, APS Offline
        """);

    public static readonly Kind BolusType = Listed("""
        normal, SMB, square, dual, dual wave, extended, PRIMING, Correction, Meal, External, superbolus, NORMAL_TEMP, EMULATED_PUMP_SUSPEND,
        PUMP_SUSPEND, FAKE_EXTENDED, TempBasal, TempBasalDuration, Bolus, BolusWizard, JournalEntryMealMarker, CalBGForPH, BGReceived,
        Rewind, Prime, PumpSuspend, PumpResume, automatic
        """);

    public static readonly Kind InsulinType = Listed("""
        Novolog, NovoRapid, Humalog, Fiasp, Lyumjev, Apidra, Admelog, Insulin Aspart, Insulin Lispro, Afrezza, Tresiba, Lantus, Levemir, Toujeo, Basaglar
        """);

    public static readonly Kind Medtronic = Kind.OneOf([.. Split("""
        Temp Basal, Temp Basal Start, Temp Basal End, Bolus, Bolus Wizard, Meal Bolus, Correction Bolus, Snack Bolus, Carb Correction, PumpSuspend,
        PumpResume, Suspend Pump, Resume Pump, Prime, Rewind, BG Check, Site Change, Note
        """).Select(word => $"mm://openaps/mm-format-ns-treatments/{word}")]);

    public static readonly Kind PumpMaker = Listed("""
        Medtronic, Minimed, Insulet, Omnipod, Omnipod-Dash, Dana, DanaR, DanaRS, Dana-i, SOOIL, Roche, Accu-Chek, Combo, Insight, Medtrum, Nano,
        Ypsomed, YpsoPump, Tandem, Animas, Diaconn, Equil, Virtual Pump, Eros, Dash, Simulator, Eversense
        """);

    public static readonly Kind PumpModel = Listed("""
        508, 511, 512, 515, 522, 523, 530, 540, 551, 554, 712, 715, 722, 723, 730, 740, 751, 754, 640G, 670G, 770G, 780G, Eros, Dash, Omnipod, DanaRS,
        Dana-i, DanaR, Nano, Virtual Pump, Simulator, 300U, 200U
        """);

    public static readonly Kind PumpStatus = Listed("""
        normal, bolusing, suspended, busy, error, low, Closed Loop, Open Loop, Disconnected, LGS, Loop disabled
        """);

    public static readonly Kind LoopFailure = Kind.OneOfBeforeBracket(Split("""
        bluetoothDisabled, configurationError, connectionError, missingDataError, glucoseTooOld, invalidFutureGlucose, pumpDataTooOld, pumpInoperable,
        recommendationExpired, pumpSuspended, pumpManagerError, loopInProgress, invalidData, unknownError
        """));

    public static readonly Kind Curve = Listed("bilinear, rapid-acting, ultra-rapid, exponential");

    public static readonly Kind DosingStrategy = Listed("tempBasalOnly, automaticBolus");

    public static readonly Kind Snooze = Listed("low, high, urgent, none");

    static Kind Listed(string words) => Kind.OneOf(Split(words));

    static string[] Split(string words) => words.Split(',', StringSplitOptions.TrimEntries);
}
