using static OpenHumansEtl.AllowList.Field;

namespace OpenHumansEtl.AllowList;

/// <summary>What loops, pumps and phones reported of themselves. oref0's "reason" is machine-written text: what follows its grammar stays.</summary>
static class DeviceStatus
{
    public static Field Fields() => Group("",
    [
        .. Times("created_at", "date", "mills", "timestamp", "srvCreated", "srvModified"),
        .. Numbers("utcOffset", "uploaderBattery"),
        .. Flags("isValid", "isReadOnly", "isCharging"),
        new("device", Rule.Name),
        new("app", Rule.Name),
        .. Codes("identifier"),
        new("snooze", Words.Snooze.OrNumbers()),
        Group("openaps", Iob("iob"), Group("suggested", Determination()), Group("enacted", Determination()), Group("mmtune", [.. Times("timestamp"), .. Numbers("setFreq", "usedDefault")]),
            Group("temptargets", [.. Times("created_at"), .. Numbers("targetTop", "targetBottom", "duration")]), new("version", Rule.Version)),
        Group("loop", Loop()),
        Group("override", [.. Times("timestamp"), .. Flags("active"), .. Numbers("multiplier", "duration"), Group("currentCorrectionRange", Numbers("minValue", "maxValue"))]),
        Group("pump", Pump()),
        new("uploader", Rule.Number, [.. Numbers("battery", "batteryVoltage"), .. Times("timestamp"), .. Flags("isCharging")]),
        Group("preferences", Preferences()),
        Group("connect", Times("sensorReading")),
        Group("configuration", new Field("version", Rule.Version)), // of AAPS since 3.0
    ]);

    /// <summary>An object, or an array of predictions of which the first is now.</summary>
    static Field Iob(string name) => Group(name,
    [
        .. Numbers("iob", "activity", "basaliob", "bolusiob", "netbasalinsulin", "bolusinsulin", "bolussnooze", "microBolusInsulin", "microBolusIOB", "hightempinsulin"),
        .. Times("time", "timestamp", "lastBolusTime"),
        Group("lastTemp", [.. Numbers("rate", "duration"), .. Times("timestamp", "started_at", "date")]),
        Group("iobWithZeroTemp", [.. Numbers("iob", "activity", "basaliob", "bolusiob", "netbasalinsulin", "bolusinsulin", "microBolusInsulin", "microBolusIOB"), .. Times("time")]),
    ]);

    static Field[] Determination() =>
    [
        .. Numbers("bg", "tick", "eventualBG", "snoozeBG", "insulinReq", "carbsReq", "carbsReqWithin", "minGuardBG", "minPredBG", "targetBG", "current_target", "threshold",
            "sensitivityRatio", "variable_sens", "ISF", "CR", "TDD", "reservoir", "COB", "IOB", "rate", "duration", "units", "minDelta", "expectedDelta", "insulinForManualBolus", "smb", "bolus"),
        .. Times("timestamp", "deliverAt", "mills"),
        new("reason", Rule.Reason),
        new("temp", Words.Temp),
        .. Flags("received", "recieved", "isSMBAlwaysAllowed"),
        new("predBGs", Rule.Number, Numbers("IOB", "ZT", "COB", "UAM", "aCOB")),
    ];

    static Field[] Loop()
    {
        Field[] basal = [.. Numbers("rate", "duration"), .. Times("timestamp")];
        return
        [
            .. Times("timestamp"),
            new("version", Rule.Version),
            new("failureReason", Words.LoopFailure),
            Group("iob", [.. Times("timestamp"), .. Numbers("iob")]),
            Group("cob", [.. Times("timestamp"), .. Numbers("cob")]),
            Group("predicted", [.. Times("startDate"), new("values", Rule.Number) { TakesLast = true }]),
            Group("enacted", [.. basal, .. Flags("received"), .. Numbers("bolusVolume")]),
            Group("recommendedTempBasal", basal),
            .. Numbers("recommendedBolus"),
            Group("automaticDoseRecommendation", [.. Times("timestamp"), Group("tempBasalAdjustment", basal), .. Numbers("bolusVolume")]),
            Group("currentCorrectionRange", Numbers("minValue", "maxValue")),
        ];
    }

    static Field[] Pump() =>
    [
        .. Times("clock"),
        .. Numbers("reservoir", "secondsFromGMT"),
        .. Flags("bolusing", "suspended"),
        .. Codes("pumpID", "pumpSerial"),
        new("model", Words.PumpModel),
        new("manufacturer", Words.PumpMaker),
        Group("battery", [new("status", Words.PumpStatus), .. Numbers("voltage", "percent")]),
        new("status", Words.PumpStatus, [new("status", Words.PumpStatus), .. Flags("bolusing", "suspended"), .. Times("timestamp")]),
        Group("iob", [.. Times("timestamp"), .. Numbers("bolusiob", "iob")]),
        Group("extended", new Field("Version", Rule.Version)), // AAPS writes its version here
    ];

    /// <summary>oref0's settings, as Trio, iAPS and rigs upload them.</summary>
    static Field[] Preferences() =>
    [
        .. Numbers("max_iob", "maxIOB", "max_daily_safety_multiplier", "maxDailySafetyMultiplier", "current_basal_safety_multiplier", "currentBasalSafetyMultiplier", "autosens_max", "autosensMax",
            "autosens_min", "autosensMin", "half_basal_exercise_target", "halfBasalExerciseTarget", "maxCOB", "bolussnooze_dia_divisor", "min_5m_carbimpact", "min5mCarbimpact",
            "autotune_isf_adjustmentFraction", "autotuneISFAdjustmentFraction", "remainingCarbsFraction", "remainingCarbsCap", "enableSMB_high_bg_target", "maxSMBBasalMinutes",
            "maxUAMSMBBasalMinutes", "SMBInterval", "smbInterval", "bolus_increment", "bolusIncrement", "maxDelta_bg_threshold", "insulinPeakTime", "carbsReqThreshold",
            "noisyCGMTargetMultiplier", "adjustmentFactor", "weightPercentage", "threshold_setting", "smbDeliveryRatio", "updateInterval"),
        .. Flags("rewind_resets_autosens", "rewindResetsAutosens", "high_temptarget_raises_sensitivity", "highTemptargetRaisesSensitivity", "low_temptarget_lowers_sensitivity",
            "lowTemptargetLowersSensitivity", "sensitivity_raises_target", "sensitivityRaisesTarget", "resistance_lowers_target", "resistanceLowersTarget", "exercise_mode",
            "skip_neutral_temps", "skipNeutralTemps", "unsuspend_if_no_temp", "unsuspendIfNoTemp", "adv_target_adjustments", "enableUAM", "A52_risk_enable", "a52RiskEnable", "enableSMB_with_COB",
            "enableSMBWithCOB", "enableSMB_with_bolus", "enableSMB_with_temptarget", "enableSMBWithTemptarget", "enableSMB_always", "enableSMBAlways", "enableSMB_after_carbs",
            "enableSMBAfterCarbs", "enableSMB_high_bg", "allowSMB_with_high_temptarget", "allowSMBWithHighTemptarget", "useCustomPeakTime", "suspend_zeros_iob", "suspendZerosIOB", "useNewFormula",
            "enableDynamicCR", "sigmoid", "tddAdjBasal"),
        new("curve", Rule.OneOf("bilinear", "rapid-acting", "ultra-rapid", "exponential")),
    ];
}
