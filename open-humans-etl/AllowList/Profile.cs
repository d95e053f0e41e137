using static OpenHumansEtl.AllowList.Field;

namespace OpenHumansEtl.AllowList;

static class Profile
{
    static readonly Rule TimeOfDay = Rule.OneOf([.. from hour in Enumerable.Range(0, 24) from minute in Enumerable.Range(0, 60) select $"{hour:00}:{minute:00}"])
        with
    { Says = "time of day" };

    public static Field Fields() => Group("",
    [
        .. Times("startDate", "created_at", "mills", "date", "srvCreated", "srvModified"),
        .. Codes("defaultProfile", "identifier"),
        .. Flags("isValid", "isReadOnly"),
        .. Numbers("utcOffset"),
        .. Therapy(), // documents of before 2016 have no store, the schedules stand at the top
        new("enteredBy", Rule.Name),
        new("app", Rule.Name),
        Group("store", Group("*", [.. Therapy(), .. Times("startDate")])),
        Group("loopSettings", [.. Numbers("maximumBolus", "maximumBasalRatePerHour", "minimumBGGuard", "preMealTargetRange", "workoutTargetRange"), .. Flags("dosingEnabled"),
            new("dosingStrategy", Rule.OneOf("tempBasalOnly", "automaticBolus"))]),
    ]);

    /// <summary>One profile without a name, as AAPS writes it into a treatment.</summary>
    public static readonly Rule Json = Rule.JsonOf("JSON of one profile, reduced to `dia`, `carbs_hr`, `delay`, `timezone`, `units` and the schedules as in collection profile", Group("", Therapy()));

    static Field[] Therapy() =>
    [
        .. Numbers("dia", "carbs_hr", "delay"),
        Schedule("carbratio"), Schedule("sens"), Schedule("basal"), Schedule("target_low"), Schedule("target_high"),
        new("timezone", Rule.Zone),
        new("units", Words.Units),
    ];

    /// <summary>A list of times and values, or in old documents one number.</summary>
    static Field Schedule(string name) => new(name, Rule.Number, [new("time", TimeOfDay), .. Numbers("value", "timeAsSeconds")]);
}
