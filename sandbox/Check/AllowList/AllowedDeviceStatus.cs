namespace Sandbox.Check;

/// <summary>What of a devicestatus enters the warehouse: docs/deidentification.md.</summary>
static class AllowedDeviceStatus
{
    static readonly Allowed Suggestion = Allowed.Of(
        (Words.Temp, "temp"),
        (Kind.Reason, "reason"),
        (Kind.Time, "deliverAt, mills, timestamp"),
        (Kind.Bool, "isSMBAlwaysAllowed, received, recieved"),
        (Kind.Number, "COB, CR, IOB, ISF, TDD, bg, bolus, carbsReq, carbsReqWithin, current_target, duration, eventualBG, expectedDelta"),
        (Kind.Number, "insulinForManualBolus, insulinReq, minDelta, minGuardBG, minPredBG, rate, reservoir, sensitivityRatio, smb, snoozeBG, targetBG"),
        (Kind.Number, "threshold, tick, units, variable_sens"),
        (Kind.Number, "predBGs, predBGs.COB, predBGs.IOB, predBGs.UAM, predBGs.ZT, predBGs.aCOB"));

    static readonly Allowed InsulinOnBoard = Allowed.Of(
        (Kind.Time, "iobWithZeroTemp.time, lastBolusTime, lastTemp.date, lastTemp.started_at, lastTemp.timestamp, time, timestamp"),
        (Kind.Number, "activity, basaliob, bolusinsulin, bolusiob, bolussnooze, hightempinsulin, iob, microBolusIOB, microBolusInsulin, netbasalinsulin"),
        (Kind.Number, "iobWithZeroTemp.activity, iobWithZeroTemp.basaliob, iobWithZeroTemp.bolusinsulin, iobWithZeroTemp.bolusiob, iobWithZeroTemp.iob"),
        (Kind.Number, "iobWithZeroTemp.microBolusIOB, iobWithZeroTemp.microBolusInsulin, iobWithZeroTemp.netbasalinsulin"),
        (Kind.Number, "lastTemp.duration, lastTemp.rate"));

    static readonly Allowed OpenAps = Allowed.Of(
        (Kind.Version, "version"),
        (Kind.Time, "mmtune.timestamp, temptargets.created_at"),
        (Kind.Number, "mmtune.setFreq, mmtune.usedDefault, temptargets.duration, temptargets.targetBottom, temptargets.targetTop"))
        .With("suggested, enacted", Suggestion)
        .With("iob", InsulinOnBoard);

    static readonly Allowed Loop = Allowed.Of(
        (Kind.Version, "version"),
        (Words.LoopFailure, "failureReason"),
        (Kind.Bool, "enacted.received"),
        (Kind.Time, "automaticDoseRecommendation.tempBasalAdjustment.timestamp, automaticDoseRecommendation.timestamp, cob.timestamp"),
        (Kind.Time, "enacted.timestamp, iob.timestamp, predicted.startDate, recommendedTempBasal.timestamp, timestamp"),
        (Kind.Number, "automaticDoseRecommendation.bolusVolume, automaticDoseRecommendation.tempBasalAdjustment.duration"),
        (Kind.Number, "automaticDoseRecommendation.tempBasalAdjustment.rate, cob.cob, currentCorrectionRange.maxValue, currentCorrectionRange.minValue"),
        (Kind.Number, "enacted.bolusVolume, enacted.duration, enacted.rate, iob.iob, predicted.values, recommendedBolus"),
        (Kind.Number, "recommendedTempBasal.duration, recommendedTempBasal.rate"));

    static readonly Allowed Preferences = Allowed.Of(
        (Words.Curve, "curve"),
        (Kind.Bool, "A52_risk_enable, a52RiskEnable, adv_target_adjustments, allowSMBWithHighTemptarget, allowSMB_with_high_temptarget, enableDynamicCR"),
        (Kind.Bool, "enableSMBAfterCarbs, enableSMBAlways, enableSMBWithCOB, enableSMBWithTemptarget, enableSMB_after_carbs, enableSMB_always"),
        (Kind.Bool, "enableSMB_high_bg, enableSMB_with_COB, enableSMB_with_bolus, enableSMB_with_temptarget, enableUAM, exercise_mode"),
        (Kind.Bool, "highTemptargetRaisesSensitivity, high_temptarget_raises_sensitivity, lowTemptargetLowersSensitivity"),
        (Kind.Bool, "low_temptarget_lowers_sensitivity, resistanceLowersTarget, resistance_lowers_target, rewindResetsAutosens"),
        (Kind.Bool, "rewind_resets_autosens, sensitivityRaisesTarget, sensitivity_raises_target, sigmoid, skipNeutralTemps, skip_neutral_temps"),
        (Kind.Bool, "suspendZerosIOB, suspend_zeros_iob, tddAdjBasal, unsuspendIfNoTemp, unsuspend_if_no_temp, useCustomPeakTime, useNewFormula"),
        (Kind.Number, "SMBInterval, adjustmentFactor, autosensMax, autosensMin, autosens_max, autosens_min, autotuneISFAdjustmentFraction"),
        (Kind.Number, "autotune_isf_adjustmentFraction, bolusIncrement, bolus_increment, bolussnooze_dia_divisor, carbsReqThreshold"),
        (Kind.Number, "currentBasalSafetyMultiplier, current_basal_safety_multiplier, enableSMB_high_bg_target, halfBasalExerciseTarget"),
        (Kind.Number, "half_basal_exercise_target, insulinPeakTime, maxCOB, maxDailySafetyMultiplier, maxDelta_bg_threshold, maxIOB"),
        (Kind.Number, "maxSMBBasalMinutes, maxUAMSMBBasalMinutes, max_daily_safety_multiplier, max_iob, min5mCarbimpact, min_5m_carbimpact"),
        (Kind.Number, "noisyCGMTargetMultiplier, remainingCarbsCap, remainingCarbsFraction, smbDeliveryRatio, smbInterval, threshold_setting"),
        (Kind.Number, "updateInterval, weightPercentage"));

    static readonly Allowed Pump = Allowed.Of(
        (Kind.Plain, "pumpID, pumpSerial"),
        (Kind.Version, "extended.Version"),
        (Words.PumpMaker, "manufacturer"),
        (Words.PumpModel, "model"),
        (Words.PumpStatus, "battery.status, status, status.status"),
        (Kind.Bool, "bolusing, status.bolusing, status.suspended, suspended"),
        (Kind.Time, "clock, iob.timestamp, status.timestamp"),
        (Kind.Number, "battery.percent, battery.voltage, iob.bolusiob, iob.iob, reservoir, secondsFromGMT"));

    public static readonly Allowed Fields = Allowed.Of(
        (Kind.App, "app"),
        (Kind.Version, "configuration.version"),
        (Kind.Name, "device"),
        (Kind.Plain, "identifier"),
        (Kind.Time, "connect.sensorReading, created_at, date, mills, override.timestamp, srvCreated, srvModified, timestamp, uploader.timestamp"),
        (Kind.Bool, "isCharging, isReadOnly, isValid, override.active, uploader.isCharging"),
        (Kind.Number, "override.currentCorrectionRange.maxValue, override.currentCorrectionRange.minValue, override.duration, override.multiplier"),
        (Kind.Number, "snooze, uploader, uploader.battery, uploader.batteryVoltage, uploaderBattery, utcOffset"),
        (Words.Snooze, "snooze"))
        .With("openaps", OpenAps)
        .With("loop", Loop)
        .With("preferences", Preferences)
        .With("pump", Pump);
}
