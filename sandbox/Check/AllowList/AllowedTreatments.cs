namespace Sandbox.Check;

/// <summary>What of a treatment enters the warehouse: docs/deidentification.md.</summary>
static class AllowedTreatments
{
    static readonly Allowed PumpEvent = Allowed.Of(
        (Words.BolusType, "_type, type"),
        (Words.Temp, "temp"),
        (Kind.Time, "date, started_at, timestamp"),
        (Kind.Number, "amount, bg, bg_input, bg_target_high, bg_target_low, bolus_estimate, carb_input, carb_ratio, correction_estimate, duration"),
        (Kind.Number, "duration (min), food_estimate, programmed, rate, ratio, raw_rate, sensitivity, unabsorbed, unabsorbed_insulin_count"),
        (Kind.Number, "unabsorbed_insulin_total"));

    static readonly Allowed BolusCalculation = Allowed.Of(
        (Kind.Bool, "basaliobused, bolusiobused, superbolusused, trendused, ttused, wizard"),
        (Kind.Number, "basaliob, bg, bgdiff, bolusiob, carbs, carbsused, cob, cobused, diffcarbs, foodcarbs, gi, ic, insulin, insulinbg, insulinbgused"),
        (Kind.Number, "insulincarbs, insulincob, insulintrend, iob, iobused, isf, othercorrection, percentageCorrection, target_high, target_low, trend"));

    public static readonly Allowed Fields = Allowed.Of(
        (Kind.App, "app"),
        (Kind.Name, "device, enteredBy"),
        (Kind.Plain, "NSCLIENT_ID, bolusId, endId, id, identifier, originalProfileName, profile, pumpId, pumpSerial, syncIdentifier, uuid"),
        (Kind.Time, "created_at, date, eventTime, mills, srvCreated, srvModified, started_at, timestamp, userEnteredAt, userLastModifiedAt"),
        (Kind.Bool, "automatic, cutting, isAnnouncement, isBasalInsulin, isEmulatingTempBasal, isFakeExtended, isReadOnly, isSMB, isValid"),
        (Kind.Number, "CircadianPercentageProfile, DIA, absolute, absorptionTime, amount, boluscalcIOB, carbRatio, carbs, correctionRange, duration"),
        (Kind.Number, "durationInMilliseconds, enteredinsulin, fat, fiber, fixed, glucose, insulin, insulinNeedsScaleFactor, insulinSensitivity, long"),
        (Kind.Number, "originalDuration, originalPercentage, originalTimeshift, peak, percent, percentage, preBolus, programmed, protein, rapid, rate"),
        (Kind.Number, "ratio, relative, splitExt, splitNow, targetBottom, targetTop, timeshift, unabsorbed, utcOffset"),
        (Kind.ProfileJson, "profileJson"),
        (Words.BolusType, "type"),
        (Words.Temp, "temp"),
        (Words.DurationType, "durationType"),
        (Words.EventType, "eventType"),
        (Words.GlucoseType, "glucoseType"),
        (Words.InsulinType, "insulinType"),
        (Words.Medtronic, "medtronic"),
        (Words.PumpMaker, "pumpType"),
        (Words.Units, "units"))
        .With("bolus, raw_duration, raw_rate, wizard", PumpEvent)
        .With("boluscalc", BolusCalculation);
}
