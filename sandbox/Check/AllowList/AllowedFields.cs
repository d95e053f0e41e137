namespace Sandbox.Check;

/// <summary>What of a record enters the warehouse: docs/deidentification.md, of the smaller collections.</summary>
static class AllowedFields
{
    public static readonly Allowed Entries = Allowed.Of(
        (Kind.App, "app"),
        (Kind.Name, "device"),
        (Kind.Plain, "identifier"),
        (Kind.Time, "created_at, date, dateString, mills, srvCreated, srvModified, sysTime, system_time, systime"),
        (Kind.Number, "delta, filtered, glucose, intercept, mbg, noise, rawbg, rssi, scale, sgv, slope, trend, unfiltered, utcOffset"),
        (Kind.Bool, "isCalibration, isReadOnly, isValid"),
        (Words.Direction, "direction, trend, trend_arrow"),
        (Words.EntryType, "type"),
        (Words.Units, "units"));

    static readonly Allowed Schedule = Allowed.Of(
        (Kind.Number, "basal, carbratio, sens, target_high, target_low"),
        (Kind.Number, "basal.value, carbratio.value, sens.value, target_high.value, target_low.value"),
        (Kind.Number, "basal.timeAsSeconds, carbratio.timeAsSeconds, sens.timeAsSeconds, target_high.timeAsSeconds, target_low.timeAsSeconds"),
        (Kind.TimeOfDay, "basal.time, carbratio.time, sens.time, target_high.time, target_low.time"),
        (Kind.Number, "carbs_hr, delay, dia"),
        (Kind.Time, "startDate"),
        (Kind.Zone, "timezone"),
        (Words.Units, "units"));

    /// <summary>A document of the first years holds one schedule itself, a later one several by name.</summary>
    public static readonly Allowed Profile = Allowed.Of(
        (Kind.Plain, "defaultProfile, identifier"),
        (Kind.Name, "enteredBy"),
        (Kind.App, "app"),
        (Kind.Time, "created_at, date, mills, srvCreated, srvModified"),
        (Kind.Bool, "isReadOnly, isValid, loopSettings.dosingEnabled"),
        (Kind.Number, "loopSettings.maximumBasalRatePerHour, loopSettings.maximumBolus, loopSettings.minimumBGGuard"),
        (Kind.Number, "loopSettings.preMealTargetRange, loopSettings.workoutTargetRange, utcOffset"),
        (Words.DosingStrategy, "loopSettings.dosingStrategy"))
        .With("", Schedule)
        .With("store.*", Schedule);

    public static Allowed Of(Collection collection) =>
        collection == Collection.Entries ? Entries
        : collection == Collection.Treatments ? AllowedTreatments.Fields
        : collection == Collection.DeviceStatus ? AllowedDeviceStatus.Fields
        : Profile;
}
