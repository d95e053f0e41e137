using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>OpenAPS (oref0) on a rig with a Medtronic pump; readings come from the rig, care events from the web page.</summary>
sealed class OpenApsUploader : IUploader
{
    const string Pump = "openaps://medtronic/722";

    static string Rig(Person person) => $"openaps://{person.Name.ToLowerInvariant()}-edison";

    public SiteOptions Options(Person person) => new() { Version = "14.2.6", Title = $"{person.Name}'s loop" };

    public JsonObject Entry(Person person, Reading reading) => new()
    {
        ["device"] = Rig(person),
        ["date"] = reading.At.ToUnixTimeMilliseconds(),
        ["dateString"] = MomentText.Iso(reading.At),
        ["sgv"] = reading.Glucose,
        ["direction"] = reading.Direction,
        ["type"] = "sgv",
        ["filtered"] = reading.Glucose * 1000 + 512,
        ["unfiltered"] = reading.Glucose * 1000 - 256,
        ["rssi"] = 180,
        ["noise"] = 1,
        ["glucose"] = reading.Glucose,
        ["sysTime"] = MomentText.Iso(reading.At),
        ["utcOffset"] = (int)person.Offset.TotalMinutes,
    };

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) => person.Events(day).Select(item =>
        Event(person, item)).Concat(TempBasals(person, day));

    static JsonObject Event(Person person, LifeEvent item)
    {
        var local = Shapes.Local(item.At, person.Offset);
        var record = new JsonObject { ["created_at"] = MomentText.Iso(item.At), ["utcOffset"] = (int)person.Offset.TotalMinutes };
        return item.Kind switch
        {
            LifeEventKind.Meal => record.And(("eventType", "Meal Bolus"), ("carbs", item.Carbs), ("insulin", item.Insulin), ("enteredBy", Pump),
                ("timestamp", local),
                ("notes", $"Normal bolus with wizard.\nProgrammed bolus {item.Insulin}\nDelivered bolus {item.Insulin}\nPercent delivered:  100%"),
                ("bolus", Bolus(local, item.Insulin)), ("wizard", Wizard(local, item))),
            LifeEventKind.Correction => record.And(("eventType", "Correction Bolus"), ("insulin", item.Insulin), ("enteredBy", Pump),
                ("timestamp", local), ("bolus", Bolus(local, item.Insulin))),
            LifeEventKind.LowTreatment => record.And(("eventType", "Carb Correction"), ("carbs", item.Carbs), ("enteredBy", person.FullName)),
            LifeEventKind.Exercise => record.And(("eventType", "Temporary Target"), ("targetTop", 140), ("targetBottom", 140),
                ("duration", item.Minutes), ("reason", "Exercise"), ("enteredBy", "Mum")),
            LifeEventKind.SiteChange => record.And(("eventType", "Site Change"), ("enteredBy", person.FullName), ("notes", "left thigh")),
            LifeEventKind.SensorStart => record.And(("eventType", "Sensor Start"), ("enteredBy", person.FullName), ("notes", "sensor 0INVENTED7")),
            LifeEventKind.FingerStick => record.And(("eventType", "BG Check"), ("glucose", person.Read(item.At).Glucose), ("glucoseType", "Finger"),
                ("units", "mg/dl"), ("enteredBy", "Mum")),
            _ => record.And(("eventType", "Note"), ("notes", item.Text), ("enteredBy", person.FullName)),
        };
    }

    static JsonObject Bolus(string local, double units) => new()
    {
        ["timestamp"] = local,
        ["_type"] = "Bolus",
        ["amount"] = units,
        ["programmed"] = units,
        ["unabsorbed"] = 0,
        ["duration"] = 0,
        ["type"] = "normal",
    };

    static JsonObject Wizard(string local, LifeEvent meal) => new()
    {
        ["timestamp"] = local,
        ["_type"] = "BolusWizard",
        ["carb_input"] = meal.Carbs,
        ["carb_ratio"] = Person.CarbRatio,
        ["sensitivity"] = Person.Sensitivity,
        ["bolus_estimate"] = meal.Insulin,
        ["id"] = "W1QSTlZFTlRFRA==",
    };

    static IEnumerable<JsonObject> TempBasals(Person person, DateOnly day)
    {
        for (var minute = 4; minute < 24 * 60; minute += 30)
        {
            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddMinutes(minute);
            var (local, rate) = (Shapes.Local(at, person.Offset), person.LoopRate(at));
            yield return new()
            {
                ["eventType"] = "Temp Basal",
                ["created_at"] = MomentText.Iso(at),
                ["timestamp"] = local,
                ["duration"] = 30,
                ["rate"] = rate,
                ["absolute"] = rate,
                ["raw_duration"] = new JsonObject
                {
                    ["timestamp"] = local,
                    ["_type"] = "TempBasalDuration",
                    ["duration (min)"] = 30,
                    ["id"] = "FgESTlZFTlRFRA=="
                },
                ["raw_rate"] = new JsonObject
                {
                    ["timestamp"] = local,
                    ["_type"] = "TempBasal",
                    ["temp"] = "absolute",
                    ["rate"] = rate,
                    ["id"] = "MwASTlZFTlRFRA=="
                },
                ["enteredBy"] = Pump,
                ["medtronic"] = "mm://openaps/mm-format-ns-treatments/Temp Basal",
                ["utcOffset"] = (int)person.Offset.TotalMinutes,
            };
        }
    }

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at)
    {
        var suggested = Oref.Suggested(person, at);
        JsonNode iob = person.Roll("iob-list", at).Chance(0.1) ? new JsonArray(Oref.Iob(person, at), Oref.Iob(person, at.AddMinutes(5)))
            : Oref.Iob(person, at);
        var openaps = new JsonObject { ["iob"] = iob, ["suggested"] = suggested };
        if (person.Roll("enacted", at).Chance(0.7))
            openaps["enacted"] = Oref.Enacted(suggested, at);
        return new()
        {
            ["device"] = Rig(person),
            ["openaps"] = openaps,
            ["pump"] = new JsonObject
            {
                ["clock"] = Shapes.Local(at, person.Offset),
                ["battery"] = new JsonObject { ["status"] = "normal", ["voltage"] = 1.48 },
                ["reservoir"] = 123.4,
                ["status"] = new JsonObject { ["status"] = "normal", ["bolusing"] = false, ["suspended"] = false, ["timestamp"] = MomentText.Iso(at) },
            },
            ["preferences"] = new JsonObject
            {
                ["max_iob"] = 4,
                ["pump_serial"] = "SYN999",
                ["bt_mac"] = "00:00:5E:00:53:01",
                ["pushover_token"] = "not-a-real-token"
            },
            ["uploader"] = new JsonObject { ["batteryVoltage"] = 3907, ["battery"] = 87 },
            ["created_at"] = MomentText.Iso(at),
            ["utcOffset"] = 0,
        };
    }

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        yield return new()
        {
            ["defaultProfile"] = $"{person.Name}'s default",
            ["store"] = new JsonObject { [$"{person.Name}'s default"] = Shapes.Profile("America/Los_Angeles", "mg/dl", asText: true) },
            ["startDate"] = "1970-01-01T00:00:00.000Z",
            ["mills"] = "0",
            ["units"] = "mg/dl",
        };
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-5);
        var (ms, iso) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at));
        yield return new(RecordKind.Entries, $$"""{"type":"pumpdata","date":{{ms + 7}},"glucose":131,"device":"{{Pump}}"}""");
        yield return new(RecordKind.Entries, $$"""{"type":"cal","date":{{ms + 9}},"slope":756.5,"intercept":31432,"scale":1}""");
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":5,"date":{{ms + 11}},"direction":"NOT COMPUTABLE"}"""); // an error code of the sensor
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Temp Basal","created_at":"{{iso}}","rate":"offset","duration":"30","enteredBy":"{{Pump}}"}
            """);
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Meal Bolus","created_at":"{{iso}}","carbs":"","insulin":"1.5","protein":"","enteredBy":"Mum"}
            """);
        yield return new(RecordKind.DeviceStatus, $$"""
            {"device":"{{Rig(person)}}","created_at":"{{iso}}","mmtune":{"scanDetails":[["916.540",4,-64]],"setFreq":916.54} }
            """);
    }
}
